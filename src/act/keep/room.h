/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_ROOM_H
#define KERNEL_GUARD_SRC_ACT_KEEP_ROOM_H

#include "kernel-guard/act/kept_set.h"

/*
 * Lowers *count until the kept files of the first *count sets, all of one kernel, fit beside the
 * originals while a new kernel and a new image, a quarter larger than the old one, are written;
 * files that lie there already count as room. What does not fit is a sentence in notes. 0, or
 * -1 with ENOMEM.
 */
int kg_room_limit(const struct kg_root *root, const struct kg_set *const *sets, size_t *count,
		  struct kg_strings *notes, struct kg_error *err);

#endif
