/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_REMAINS_H
#define KERNEL_GUARD_SRC_ACT_KEEP_REMAINS_H

#include <stdbool.h>

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/system/system.h"

/*
 * Sets *remains to whether the installed tree of the running release is what is left of the one
 * that is kept as KG_KEPT_TREES/TREE, so that this one is to take its place:
 * - a transaction was interrupted before this boot, the kept set is what has booted, and the trees
 *   differ; or it cannot be told what has booted, and files are missing;
 * - the package's kernel is gone from the tree, and other files with it. pacman 7.1 removes a
 *   package's files from the last to the first, and unpacks them from the first to the last
 *   (remove.c, add.c): vmlinuz goes first and comes last.
 * A tree of other content is else the user's: rebuilt, or without a DKMS module that was removed.
 * 0, or -1 with ENOMEM.
 */
int kg_tree_is_remains(const struct kg_system *system, const struct kg_sets *sets, const char *tree,
		       bool *remains, struct kg_error *err);

#endif
