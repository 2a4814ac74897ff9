/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_MODULE_TREE_H
#define KERNEL_GUARD_SYSTEM_MODULE_TREE_H

#include <stdbool.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/*
 * Where module trees are kept, below the root: on the file system of /usr/lib/modules, so that
 * they share its files, and under a name that no other tool takes for a release.
 */
#define KG_KEPT_TREES "/usr/lib/modules/.kernel-guard"

/* A module tree, /usr/lib/modules/RELEASE below a root, through libkmod. */
struct kg_module_tree;

/* Where the tree has a module. */
enum kg_module_presence {
	KG_MODULE_ABSENT,
	KG_MODULE_BUILTIN, /* in modules.builtin */
	KG_MODULE_FILE,    /* in modules.dep, and the file is there */
};

/*
 * Opens the tree of release: where it is not installed, the kept one, which appears in its
 * place when the release runs. 0 with *tree, or -1: ENOENT where there is none;
 * otherwise as the tree's directory cannot be read. root must outlive it.
 * kg_module_tree_free() releases it.
 */
int kg_module_tree_open(const struct kg_root *root, const char *release,
			struct kg_module_tree **tree, struct kg_error *err);

/*
 * Whether the tree of the release is installed: it is there, and more than the empty directory in
 * which a kept tree appears.
 */
bool kg_module_tree_is_installed(const struct kg_root *root, const char *release);

/* Whether KG_KEPT_TREES/NAME is there. */
bool kg_module_tree_is_kept(const struct kg_root *root, const char *name);

/* Releases it; NULL is fine. */
void kg_module_tree_free(struct kg_module_tree *tree);

/* The release it was opened for, and its path below the root. */
const char *kg_module_tree_release(const struct kg_module_tree *tree);
const char *kg_module_tree_path(const struct kg_module_tree *tree);

/* Paths of all module files, relative to the tree, sorted bytewise. */
const struct kg_strings *kg_module_tree_files(const struct kg_module_tree *tree);

/*
 * Why depmod's indexes cannot be used, or NULL where they can: ENOENT where depmod
 * has not run, EBADMSG where one is damaged. Then nothing is found by the
 * functions below.
 */
const struct kg_error *kg_module_tree_index_error(const struct kg_module_tree *tree);

/*
 * What a name or alias stands for, as modprobe resolves it without configuration:
 * *presence, and for KG_MODULE_FILE the paths relative to the tree, added to
 * paths. 0, or -1 with err.
 */
int kg_module_tree_find(const struct kg_module_tree *tree, const char *name,
			enum kg_module_presence *presence, struct kg_strings *paths,
			struct kg_error *err);

/*
 * Adds the names of all module files of the tree that a name or alias stands for to
 * names, and sets *builtin where something built in has it as well. 0, or -1 with ENOMEM.
 */
int kg_module_tree_candidates(const struct kg_module_tree *tree, const char *name,
			      struct kg_strings *names, bool *builtin, struct kg_error *err);

/*
 * Adds the modules that a module file, given by its path relative to the tree, needs
 * according to modules.dep, in loading order, and the file itself last, to paths. What
 * paths holds already is not added again. 0, or -1 with err.
 */
int kg_module_tree_closure(const struct kg_module_tree *tree, const char *path,
			   struct kg_strings *paths, struct kg_error *err);

/*
 * The path relative to the tree of the module file of this name, "-" and "_" being
 * one, whether depmod knows it or not; NULL where there is none.
 */
const char *kg_module_tree_file_of_name(const struct kg_module_tree *tree, const char *name);

/* What modules.dep says of a module file that is there. */
enum kg_module_indexed {
	KG_MODULE_NOT_INDEXED,   /* nothing of that name: depmod has not seen it */
	KG_MODULE_INDEXED,       /* this file is the one that modprobe takes */
	KG_MODULE_INDEXED_OTHER, /* modprobe takes another file of the same name */
};

/*
 * Looks up the module file at a path relative to the tree. Without a usable index every
 * file counts as indexed. 0, or -1 with ENOMEM.
 */
int kg_module_tree_indexed(const struct kg_module_tree *tree, const char *path,
			   enum kg_module_indexed *indexed, struct kg_error *err);

/*
 * Counts the in-tree modules that modules.dep names, and those of them whose files are
 * not there. *first is the path of the first such file, which the caller frees, or NULL.
 * Both are 0 where there is no modules.dep. 0, or -1 with ENOMEM.
 */
int kg_module_tree_count(const struct kg_module_tree *tree, size_t *named, size_t *missing,
			 char **first, struct kg_error *err);

/*
 * Whether a path relative to a tree is that of an out-of-tree module: not below
 * kernel/, which a kernel's own modules_install fills (Makefile, Linux 6.12).
 */
bool kg_module_path_is_out_of_tree(const char *path);

/*
 * Adds every module file of the tree to paths, each once, and those that it needs
 * according to modules.dep before it. 0, or -1 with ENOMEM.
 */
int kg_module_tree_loading_order(const struct kg_module_tree *tree, struct kg_strings *paths,
				 struct kg_error *err);

/* Reads a module file of the tree to the end of out. 0, or -1 as kg_root_read_file(). */
int kg_module_tree_read(const struct kg_module_tree *tree, const char *path, struct kg_buffer *out,
			struct kg_error *err);

#endif
