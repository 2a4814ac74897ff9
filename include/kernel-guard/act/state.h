/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_STATE_H
#define KERNEL_GUARD_ACT_STATE_H

#include <stdint.h>

#include "kernel-guard/act/clearing.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/* Files of the guard's own memory, in /var/lib/kernel-guard below the root. */
#define KG_STATE_RECORD "record.json"   /* what was there before the transaction */
#define KG_STATE_VERDICT "verdict.json" /* the last verdict */
#define KG_STATE_SKIP "skip-once"      /* the next transaction passes unguarded */
#define KG_STATE_JOURNAL "journal.json" /* what is being changed */

/*
 * Replaces the state file by the size bytes at data: written beside it, fsynced, renamed,
 * and the directory fsynced, so that after a power cut either the old or the new one is
 * there. The directory is made where it is missing; everybody may read both, whatever the
 * umask. 0, or -1: ENOSPC, EROFS, EACCES and what else the file system says; the old file
 * is then as it was.
 */
int kg_state_write(const struct kg_root *root, const char *name, const void *data, size_t size,
		   struct kg_error *err);

/* Reads the state file to the end of out. 0, or -1: ENOENT; EFBIG over 64 MiB. */
int kg_state_read(const struct kg_root *root, const char *name, struct kg_buffer *out,
		  struct kg_error *err);

/* Removes the state file; one that is not there is fine. 0, or -1 as kg_state_write(). */
int kg_state_remove(const struct kg_root *root, const char *name, struct kg_error *err);

/*
 * Sets a damaged state file aside, as kg_put_aside() does, with a sentence in notes, which may be
 * NULL. One that is not there is fine. 0, or -1 as kg_state_write().
 */
int kg_state_set_aside(const struct kg_root *root, const char *name, struct kg_strings *notes,
		       struct kg_error *err);

/*
 * Removes what processes have left that were killed while they wrote a state file. 0, or -1 as
 * kg_state_write().
 */
int kg_state_clear(const struct kg_root *root, const struct kg_clearing *clearing,
		   struct kg_error *err);

/*
 * Takes the lock under which files of the system are changed, waiting for another process where it
 * has to: as long as kg_state_set_patience() says, in all. The descriptor, which the caller closes
 * to release it, or -1: EBUSY, or as kg_state_write().
 */
int kg_state_lock(const struct kg_root *root, struct kg_error *err);

/* For how many seconds this process waits for locks from now on, in all; 300 unless it is told. */
void kg_state_set_patience(unsigned int seconds);

#endif
