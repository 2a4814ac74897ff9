/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_DIRECTORY_H
#define KERNEL_GUARD_SRC_ACT_KEEP_DIRECTORY_H

#include <stdbool.h>

#include "kernel-guard/act/clearing.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/* Names that a directory or its removal has until it is whole or gone. */
#define KG_MAKING ".new"
#define KG_REMOVING ".gone"

/* No tree of ours is deeper. */
enum { kg_max_depth = 32 };

/* Fills err with errno and "DIRECTORY/NAME". Returns -1. */
int kg_fail_at(struct kg_error *err, const char *directory, const char *name);

/*
 * Opens the directory at path below root, which is made (0755) where it is missing; a link in its
 * place is not followed. The descriptor, or -1.
 */
int kg_directory_make(const struct kg_root *root, const char *parent, const char *name,
		      struct kg_error *err);

/*
 * Removes name in the open directory and what is below it; links are not followed. 0, or -1 with
 * errno. One that is not there is fine.
 */
int kg_directory_remove(int fd, const char *name);

/*
 * Removes the directory name at once for everybody who looks for it, by another name first, and
 * then for good. 0, or -1 with errno.
 */
int kg_directory_discard(int fd, const char *name);

/* Removes all in the open directory that has a name of KG_MAKING or KG_REMOVING. 0, or -1. */
int kg_directory_clear(const struct kg_clearing *clearing, int fd, const char *path,
		       struct kg_error *err);

#endif
