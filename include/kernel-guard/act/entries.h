/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_ENTRIES_H
#define KERNEL_GUARD_ACT_ENTRIES_H

#include "kernel-guard/act/plan.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/system.h"

/*
 * Plans the fallback entries of every boot loader: one for each kept kernel, refreshed where
 * the entry it was cloned from has changed, and none for what is not kept any more. The kept
 * kernels whose paths are in going count as not kept; NULL is none. What cannot be had is a
 * sentence in notes. 0, or -1: ENOMEM, or as kg_plan_write().
 */
int kg_entries_plan(const struct kg_system *system, const struct kg_strings *going,
		    struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err);

/*
 * Adds what is to be known of kept kernels that get no entry, as kg_fallbacks_tell(), to hints. 0,
 * or -1 with ENOMEM.
 */
int kg_entries_tell(const struct kg_system *system, struct kg_strings *hints, struct kg_error *err);

/*
 * Plans that the target is what its loader starts when nobody chooses. 0, or -1 as
 * kg_make_default() and kg_plan_write().
 */
int kg_default_plan(const struct kg_system *system, const struct kg_target *target,
		    struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err);

#endif
