/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_HIDDEN_ROOT_H
#define KERNEL_GUARD_SYSTEM_HIDDEN_ROOT_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/system/mount_table.h"

/*
 * Opens the file system that the mounts at point lie on, without them: *hidden is its root, and
 * *path, which points into point, where the mount point lies below it. Nothing is mounted
 * anywhere: open_tree(2) with OPEN_TREE_CLONE (Linux 5.2) takes a copy that only the descriptor
 * holds. 0, or -1: ENOENT where nothing is mounted there, or it cannot be told on what; EPERM
 * without CAP_SYS_ADMIN; what open_tree(2) says. kg_root_close() releases it.
 */
int kg_hidden_root_open(const struct kg_root *root, const struct kg_mount_table *mounts,
			const char *point, struct kg_root *hidden, const char **path,
			struct kg_error *err);

#endif
