/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_RECOVER_H
#define KERNEL_GUARD_ACT_RECOVER_H

#include <stdbool.h>

#include "kernel-guard/act/clearing.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/*
 * Clears what killed processes have left below root: what they were making or removing of sets,
 * their temporary files, and what kg_plan_recover() clears; with trees module trees without a set
 * too, which can only be told when /var is mounted. Damaged sets and a damaged journal are set
 * aside, with a sentence each in notes. Nothing is done on a read-only file system, where nothing
 * is to be cleared, and without a state directory; a second time there is nothing left to do.
 * Called by `recover`, and before anything is looked at by what keeps (`keep`, `prune`, `booted`,
 * both hooks) and by `restore`. 0, or -1: EBUSY as kg_state_lock(), which a dry run does not take,
 * and what the file system says.
 */
int kg_recover(const struct kg_root *root, bool trees, const struct kg_clearing *clearing,
	       struct kg_strings *notes, struct kg_error *err);

#endif
