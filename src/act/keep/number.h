/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_NUMBER_H
#define KERNEL_GUARD_SRC_ACT_KEEP_NUMBER_H

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/act/plan.h"
#include "kernel-guard/system/system.h"

/* What is to lie beside the originals of one kernel under one number, of .old, .old.2, … */
struct kg_number {
	const struct kg_system *system;
	const struct kg_sets *sets;
	const struct kg_set *of; /* any set of the kernel */
	size_t number;
	const struct kg_set *set; /* the one that is to lie there, or NULL for none */
};

/*
 * Plans that the set's files lie there, and nothing of ours besides: it takes room, and an entry
 * might start it together with what is the set's. A kernel goes first and comes last, for without
 * it nobody takes the images for its own. 0, or -1: ENOMEM, or as kg_plan_copy().
 */
int kg_number_plan(const struct kg_number *number, struct kg_plan *plan, struct kg_error *err);

#endif
