/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_SET_TARGET_H
#define KERNEL_GUARD_SRC_ACT_KEEP_SET_TARGET_H

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/system/system.h"

/*
 * Whether the target names the set's files where they are placed under the number, and no others
 * but microcode. False too where memory is out.
 */
bool kg_target_starts_set(const struct kg_system *system, const struct kg_target *target,
			  const struct kg_set *set, size_t number, struct kg_error *err);

/*
 * The boot target that starts the set where it is placed under the number, as kg_placed_path():
 * its kernel with its images, and no others but microcode; of several the default, if it is one of
 * them. NULL: err->code is 0 where there is none, or ENOMEM.
 */
const struct kg_target *kg_set_target(const struct kg_system *system, const struct kg_set *set,
				      size_t number, struct kg_error *err);

#endif
