/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_LIBRARY_PATH_H
#define KERNEL_GUARD_SYSTEM_LIBRARY_PATH_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/initrd_tree.h"

/* Where the dynamic linker of an initramfs looks for libraries (ld.so(8)). */
struct kg_library_path {
	struct kg_strings directories; /* of /etc/ld.so.conf and its parts */
	bool cached;                   /* /etc/ld.so.cache is there, and may know others */
};

/* Reads the configuration in tree. 0, or -1: ENOMEM. kg_library_path_free() releases it. */
int kg_library_path_read(const struct kg_initrd_tree *tree, struct kg_library_path *path,
			 struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_library_path_free(struct kg_library_path *path);

/*
 * Sets *found to the path of the library name in tree, for file, a path without links, which is
 * program; the caller frees it. NULL where no directory has it. 0, or -1 with ENOMEM. The
 * directories are those of the program itself, the configuration's, the linker's own, and
 * glibc-hwcaps in each.
 */
int kg_library_path_find(const struct kg_library_path *path, const struct kg_initrd_tree *tree,
			 const char *name, const char *file, const struct kg_program *program,
			 char **found, struct kg_error *err);

/* Whether the linker's cache, which is not read, may know a library that was not found. */
bool kg_library_path_may_have(const struct kg_library_path *path,
			      const struct kg_initrd_tree *tree, const char *name);

#endif
