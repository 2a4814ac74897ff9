/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_PLAN_H
#define KERNEL_GUARD_ACT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "kernel-guard/act/clearing.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

/* One change of one file. */
struct kg_plan_step {
	char *path;  /* below the root */
	bool remove; /* else it gets this content, or is a copy of source */
	struct kg_buffer content;
	char *source;            /* a file below the root, or NULL */
	uint64_t size;           /* of source, in bytes */
	bool large;              /* not read to before: told apart by its status */
	struct kg_buffer before; /* what was there when it was planned, */
	bool existed;            /* if anything was */
	bool replace_link;       /* a symbolic link there gives way */
	struct stat status;
	mode_t mode;
};

/*
 * What is to be changed below a root, in this order: whoever plans puts data before the
 * entries that name it, and the removal of entries before that of data. The only code that
 * changes files of the system is kg_plan_apply().
 */
struct kg_plan {
	const struct kg_root *root;
	struct kg_plan_step *steps;
	size_t count;
	size_t capacity;
};

/* An empty plan for root, which must outlive it. */
struct kg_plan kg_plan_new(const struct kg_root *root);

/*
 * Plans that the file at path holds content; nothing where it does already. A file that is there
 * keeps its mode, else it gets mode. 0, or -1: ENOMEM; ELOOP where a symbolic link is
 * there, which is never replaced; EINVAL where it is no regular file; EFBIG over 16 MiB; or
 * why it, or its directory, cannot be read.
 */
int kg_plan_write(struct kg_plan *plan, const char *path, struct kg_span content, mode_t mode,
		  struct kg_error *err);

/* Plans that there is no file at path; nothing where there is none. As kg_plan_write(). */
int kg_plan_remove(struct kg_plan *plan, const char *path, struct kg_error *err);

/*
 * Plans that the file at path, whose directory is made where it is missing, is a copy of the file
 * source below the root, which has this SHA-256
 * digest in hexadecimal; nothing where path does already. For boot files, which are large: what is
 * there is not read to memory. With replace_link a symbolic link at path may give way to the copy;
 * what it leads to stays as it is. 0, or -1: as kg_plan_write(); EBADMSG where source has
 * another digest, or why it cannot be read.
 */
int kg_plan_copy(struct kg_plan *plan, const char *path, const char *source, const char *digest,
		 mode_t mode, bool replace_link, struct kg_error *err);

/* As kg_plan_remove(), for a boot file. */
int kg_plan_discard(struct kg_plan *plan, const char *path, struct kg_error *err);

/*
 * Moves the steps of another plan for the same root, which were planned of other files, to the end
 * of this one; more is then to be freed only. 0, or -1 with ENOMEM.
 */
int kg_plan_append(struct kg_plan *plan, struct kg_plan *more, struct kg_error *err);

/*
 * Prints the plan as patch(1) reads it, below the root, with a line for what is copied or
 * discarded, which patch(1) skips: for --dry-run. 0, or -1 with EIO.
 */
int kg_plan_print(const struct kg_plan *plan, FILE *out, struct kg_error *err);

/*
 * Whether what the plan changes lies where the system has it: 0, or -1 with ENODEV where it is to
 * be on a file system of fstab's that is not mounted, so that it would lie beneath; ENOMEM. Asked
 * of a root that is a mount itself: what a directory holds, such as an image that is built, is all
 * there is.
 */
int kg_plan_check_mounts(const struct kg_plan *plan, struct kg_error *err);

/*
 * Carries the plan out, each step with kg_replace_file() or kg_remove_file(). What is copied is
 * staged first, all of it, if there is room for that: kg_replace_stage(). While it does, it holds
 * the lock, and a journal in the state directory names every path, so that kg_plan_recover() finds
 * what a killed one has left; what an earlier one has left is cleared first. Only where there is no
 * room for a journal there is none. An empty plan does nothing at all. 0, or -1: as
 * kg_plan_check_mounts(), before anything is done, also of what is to be cleared first; EBUSY as
 * kg_state_lock(); ESTALE where a file has changed since it was planned; what the file system says.
 * The steps before the one that failed are done, and the message says which it was.
 */
int kg_plan_apply(const struct kg_plan *plan, struct kg_error *err);

/*
 * Adds "wrote PATH" or "removed PATH" for each step, in their order, of a plan that was carried
 * out, or would be. 0, or -1 with ENOMEM.
 */
int kg_plan_tell(const struct kg_plan *plan, struct kg_strings *changes, struct kg_error *err);

/*
 * Removes what a killed kg_plan_apply() has left below root: temporary files, empty files where
 * new ones were to be, and its journal; none is fine. Otherwise every step is whole or has not
 * happened, so that nothing has to be undone: whoever planned it plans again. Where a file system
 * that they lie on is not mounted, as at early boot, nothing is removed, and the journal stays for
 * the next one who asks. A damaged journal is set aside, with a sentence in notes. 0, or -1: EBUSY
 * as above; ENOTSUP for a journal of another version; and what the file system says. A dry run
 * takes no lock.
 */
int kg_plan_recover(const struct kg_root *root, const struct kg_clearing *clearing,
		    struct kg_strings *notes, struct kg_error *err);

/* Takes the steps behind the first count out again. */
void kg_plan_cut(struct kg_plan *plan, size_t count);

/* Releases it; a zeroed one is left alone. */
void kg_plan_free(struct kg_plan *plan);

#endif
