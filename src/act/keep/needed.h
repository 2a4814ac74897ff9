/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_NEEDED_H
#define KERNEL_GUARD_SRC_ACT_KEEP_NEEDED_H

#include <stdbool.h>

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/system/system.h"

/* Of each kernel so many sets stay, those that booted last. */
struct kg_need {
	size_t booted;
	size_t unbooted;                 /* of those that have not booted, and were restored */
	const struct kg_strings *beside; /* IDs of sets that are to lie beside the originals */
};

/*
 * Whether the set at index stays: it is one of so many, lies beside the originals or is to, runs,
 * or was restored, so that it boots by default and no package has its modules. Emptied sets are
 * neither needed nor counted.
 */
bool kg_set_is_needed(const struct kg_system *system, const struct kg_sets *sets, size_t index,
		      const struct kg_need *need);

#endif
