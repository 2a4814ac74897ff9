/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_PLACE_H
#define KERNEL_GUARD_ACT_PLACE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"

/* Where a file is or will be: its directory, held open, and its name in it. */
struct kg_place {
	int directory;
	char *name;
};

/*
 * Finds the place of a path below root. 0, or -1: ENOMEM, EINVAL where the path has no name
 * at its end, or as kg_root_open_directory(). kg_place_close() releases it.
 */
int kg_place_open(const struct kg_root *root, const char *path, struct kg_place *place,
		  struct kg_error *err);

/*
 * Makes the directory of path, and those above it that are not there (0755), each fsynced into the
 * one above. 0, or -1 with what the file system says; ELOOP and the like where a part of the path
 * is a link that leads nowhere.
 */
int kg_place_make_directory(const struct kg_root *root, const char *path, struct kg_error *err);

/*
 * Whether anything lies at the path below root, a link being one whatever it leads to; then *status
 * is what lstat(2) says of it. False also where that cannot be told.
 */
bool kg_place_look(const struct kg_root *root, const char *path, struct stat *status);

/* Releases it. */
void kg_place_close(struct kg_place *place);

#endif
