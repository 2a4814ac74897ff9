/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_INITRD_TREE_H
#define KERNEL_GUARD_SYSTEM_INITRD_TREE_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/system/initrd.h"

struct kg_initrd_tree_entry;

/* What several images together unpack to. The images must outlive it. */
struct kg_initrd_tree {
	struct kg_initrd_tree_entry *entries; /* sorted by path */
	size_t count;
	size_t capacity;
};

/* Adds an image's members, which hide those of the same path added before. 0, or -1: ENOMEM. */
int kg_initrd_tree_add(struct kg_initrd_tree *tree, const struct kg_initrd *initrd,
		       struct kg_error *err);

/* Sorts it, after the last image was added and before the first question. */
void kg_initrd_tree_sort(struct kg_initrd_tree *tree);

/* The member of exactly this path, without a slash in front or at its end; NULL for none. */
const struct kg_initrd_member *kg_initrd_tree_find(const struct kg_initrd_tree *tree,
						   const char *path);

/*
 * Follows path, and the symbolic links of it, as the kernel would with the tree as its root. NULL,
 * and err: ENOENT where it or what a link points to is not there; ELOOP over 40 links
 * (MAXSYMLINKS); ENAMETOOLONG over 4096 bytes. Else *resolved is the path without links, which the
 * caller frees. That a directory on the way is not there by itself is no failure.
 */
const struct kg_initrd_member *kg_initrd_tree_resolve(const struct kg_initrd_tree *tree,
						      const char *path, char **resolved,
						      struct kg_error *err);

/* Whether the tree holds a regular file or link of this name in any directory. */
bool kg_initrd_tree_has_name(const struct kg_initrd_tree *tree, const char *name);

/* Calls each() for the members whose paths begin so, until it returns -1, which is handed on. */
int kg_initrd_tree_each(const struct kg_initrd_tree *tree, const char *start,
			int (*each)(void *context, const struct kg_initrd_member *member,
				    struct kg_error *err),
			void *context, struct kg_error *err);

/* What a program of the tree says it needs; NULL where that is not known. */
const struct kg_program *kg_initrd_tree_program(const struct kg_initrd_tree *tree,
						const struct kg_initrd_member *member);

/* Releases it; a zeroed one is left alone. */
void kg_initrd_tree_free(struct kg_initrd_tree *tree);

#endif
