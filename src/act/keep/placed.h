/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_PLACED_H
#define KERNEL_GUARD_SRC_ACT_KEEP_PLACED_H

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/act/plan.h"

/*
 * Where a set's files lie: beside the originals under a number, or with 0 where the originals do.
 * The caller frees it; NULL with ENOMEM.
 */
char *kg_placed_path(const struct kg_set_file *file, size_t number, struct kg_error *err);

/* Whether this file of the set lies there, with its content. */
bool kg_set_file_is_placed(const struct kg_root *root, const struct kg_set *set,
			   const struct kg_set_file *file, size_t number);

/* Whether all files of the set lie there, with their content. */
bool kg_set_is_placed(const struct kg_root *root, const struct kg_set *set, size_t number);

/*
 * Whether a kept set has a file of what lies at path: what we have placed, now or before. False
 * also where nothing lies there, or a link to such a file.
 */
bool kg_sets_have_content(const struct kg_root *root, const struct kg_sets *sets,
			  const char *path);

/*
 * Plans that they do: the kernel last, without which nobody takes the images for its own. 0, or -1
 * as kg_plan_copy().
 */
int kg_set_plan(const struct kg_set *set, size_t number, struct kg_plan *plan,
		struct kg_error *err);

#endif
