/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_RECOVER_H
#define KERNEL_GUARD_ACT_RECOVER_H

#include <stdbool.h>

#include "kernel-guard/act/clearing.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/*
 * Whatever keeps, restores or removes kept kernels asks for it first, so do booted and both hooks;
 * recover, at early boot, does so with what is mounted by then. Done twice it does nothing more.
 * Clears what killed processes have left below root: what they were making or removing of sets,
 * their temporary files, and what kg_plan_recover() clears; with trees module trees without a set
 * too, which can only be told when /var is mounted. Damaged sets and a damaged journal are set
 * aside, with a sentence each in notes. Nothing is done on a read-only file system, where nothing
 * is to be cleared, and without a state directory. 0, or -1: EBUSY as kg_state_lock(), and what the
 * file system says.
 */
int kg_recover(const struct kg_root *root, bool trees, const struct kg_clearing *clearing,
	       struct kg_strings *notes, struct kg_error *err);

#endif
