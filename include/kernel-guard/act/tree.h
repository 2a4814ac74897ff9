/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_TREE_H
#define KERNEL_GUARD_ACT_TREE_H

#include <stdbool.h>

#include "kernel-guard/act/clearing.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/system/module_tree.h"

/*
 * Keeps the module tree /usr/lib/modules/RELEASE as KG_KEPT_TREES/NAME. What the kernel's
 * package owns (kernel/) is shared by hard links, for pacman replaces files; what depmod, dkms
 * and others write is copied, because they may write into a file. build, source, vmlinuz and
 * pkgbase are left out: dkms, the generators and update notifiers act on trees that have them.
 * It is made under another name, fsynced and renamed, so that a tree of that name is whole. 0,
 * also where it was there; or -1: ENOENT where the release has no tree, ENOSPC and what else
 * the file system says.
 */
int kg_tree_keep(const struct kg_root *root, const char *release, const char *name,
		 struct kg_error *err);

/*
 * Sets *same to whether KG_KEPT_TREES/NAME holds what kg_tree_keep() would make of
 * /usr/lib/modules/RELEASE: the same names with the same content. 0, or -1 where one of them
 * cannot be read; ENOENT where one is not there.
 */
int kg_tree_compare(const struct kg_root *root, const char *release, const char *name, bool *same,
		    struct kg_error *err);

/* Removes KG_KEPT_TREES/NAME; one that is not there is fine. 0, or -1. */
int kg_tree_remove(const struct kg_root *root, const char *name, struct kg_error *err);

/*
 * Removes what killed processes have left of keeping and removing. Nothing else may be at
 * work on kept trees. 0, or -1.
 */
int kg_tree_clear(const struct kg_root *root, const struct kg_clearing *clearing,
		  struct kg_error *err);

#endif
