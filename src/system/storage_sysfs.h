/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_SYSTEM_STORAGE_SYSFS_H
#define KERNEL_GUARD_SRC_SYSTEM_STORAGE_SYSFS_H

#include <stdbool.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/*
 * A machine's proc and sys below a root. What is not there or cannot be read is NULL,
 * false or empty. Only failed is an error: memory ran out, and from then on nothing is
 * answered, so that it has to be looked at once, at the end.
 */
struct kg_sysfs {
	const struct kg_root *root;
	bool failed;
};

/* A formatted string that the caller frees, or NULL. */
char *kg_sysfs_format(struct kg_sysfs *sysfs, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A copy that the caller frees, or NULL; NULL of NULL. */
char *kg_sysfs_copy(struct kg_sysfs *sysfs, const char *text);

/* Adds text to the list, unless it is NULL or there already. */
void kg_sysfs_add(struct kg_sysfs *sysfs, struct kg_strings *list, const char *text);

/* The first line of a file, which tells no size, up to 4096 bytes; the caller frees it. */
char *kg_sysfs_text(struct kg_sysfs *sysfs, const char *directory, const char *name);

/* Reads a whole file of at most limit bytes to the end of out. False where that fails. */
bool kg_sysfs_read(struct kg_sysfs *sysfs, const char *path, size_t limit, struct kg_buffer *out);

/* The last component of what the symbolic link DIRECTORY/NAME points to; the caller frees it. */
char *kg_sysfs_link_name(struct kg_sysfs *sysfs, const char *directory, const char *name);

/* The path of a directory below the root, without links; the caller frees it. */
char *kg_sysfs_real_path(struct kg_sysfs *sysfs, const char *path);

/* The same of a path that is freed here; NULL of NULL. */
char *kg_sysfs_resolve(struct kg_sysfs *sysfs, char *path);

/* Adds the real path of each directory that the names in a directory stand for. */
void kg_sysfs_add_links(struct kg_sysfs *sysfs, const char *directory, struct kg_strings *list);

/* Whether DIRECTORY/NAME is there as a directory, or as a file. */
bool kg_sysfs_has_directory(struct kg_sysfs *sysfs, const char *directory, const char *name);
bool kg_sysfs_has_file(struct kg_sysfs *sysfs, const char *directory, const char *name);

/* Adds the names in a directory, sorted, to names. */
void kg_sysfs_list(struct kg_sysfs *sysfs, const char *path, struct kg_strings *names);

/* The path without its last component; NULL for one of a single component. The caller frees it. */
char *kg_sysfs_parent(struct kg_sysfs *sysfs, const char *path);

#endif
