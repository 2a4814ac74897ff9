/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_PLAN_MOUNTS_H
#define KERNEL_GUARD_SRC_ACT_PLAN_MOUNTS_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/*
 * Adds the mount points below the root that the paths lie on, the innermost of each: fstab does not
 * have to name it (systemd-gpt-auto-generator(8)). 0, or -1 with ENOMEM.
 */
int kg_paths_find_mounts(const struct kg_root *root, const struct kg_strings *paths,
			 struct kg_strings *points, struct kg_error *err);

/* Asks of the paths what kg_plan_check_mounts() asks of a plan's. */
int kg_paths_check_mounts(const struct kg_root *root, const struct kg_strings *paths,
			  struct kg_error *err);

#endif
