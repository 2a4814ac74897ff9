/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_MOVED_H
#define KERNEL_GUARD_SRC_ACT_KEEP_MOVED_H

#include <stdbool.h>

#include "kernel-guard/act/kept_set.h"

/*
 * Whether the files of a stored set lie elsewhere now: the ESP has another mount point, or they
 * have other names. found, which holds the same, says where; names of kept files are no such
 * place, nor is one while the original's is taken.
 */
bool kg_set_has_moved(const struct kg_root *root, const struct kg_set *stored,
		      const struct kg_set *found);

/*
 * Makes the paths of *set, a copy of stored, those of found, and those of all others of its kernel
 * that lay beside it: what lies there as kept has moved with them. The facts of the others are
 * written, and *set is left to be written after them, for it tells that they have moved. With the
 * lock held. 0, or -1: ENOMEM, or what the file system says.
 */
int kg_set_move(const struct kg_root *root, struct kg_sets *sets, const struct kg_set *stored,
		const struct kg_set *found, struct kg_set *set, struct kg_error *err);

#endif
