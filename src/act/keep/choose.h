/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_CHOOSE_H
#define KERNEL_GUARD_SRC_ACT_KEEP_CHOOSE_H

#include <stdbool.h>

#include "kernel-guard/act/keep.h"

/* What has one place: the sets of one kernel, in the order in which they are placed. */
struct kg_group {
	const struct kg_set **wanted; /* all that may be placed; then count of them, which are */
	size_t candidates;
	size_t count;
	size_t keep;                /* how many are, if all fit */
	size_t last;                /* no number behind this one is for a kept file */
	bool shared;                /* an earlier group has the names of this one: none is placed */
	const struct kg_set *first; /* any set of the group: it says where the originals lie */
};

/* A zeroed one is a valid empty one. Its sets are those that it was made of. */
struct kg_groups {
	struct kg_group *items;
	size_t count;
};

/*
 * Chooses which sets lie beside the originals, as kg_keep_plan() says. What is in the way there is
 * not asked. 0, or -1 with ENOMEM. kg_groups_free() releases them.
 */
int kg_groups_choose(const struct kg_system *system, const struct kg_sets *sets,
		     const struct kg_refresh *refresh, struct kg_groups *groups,
		     struct kg_strings *damaged, struct kg_strings *notes, struct kg_error *err);

/* Adds the IDs of the sets that are chosen. 0, or -1 with ENOMEM. */
int kg_groups_chosen(const struct kg_groups *groups, struct kg_strings *ids, struct kg_error *err);

/* Releases them and leaves a valid empty list. */
void kg_groups_free(struct kg_groups *groups);

#endif
