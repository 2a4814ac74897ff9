// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/keep.h"
#include "needed.h"

/* From the oldest on: which are needed tell the ones before. */
int kg_keep_prune(const struct kg_system *system, struct kg_sets *sets, unsigned int keep,
		  const struct kg_strings *beside, bool dry_run, struct kg_strings *removed,
		  struct kg_error *err)
{
	/*
	 * Of those that have booted one more stays than is placed: the last is, as a rule, what
	 * the originals are. Of those that have not, the one that was displaced last.
	 */
	const struct kg_need need = {
		.booted = (size_t)keep + 1, .unbooted = 1, .beside = beside};

	for (size_t i = sets->count; i-- > 0;) {
		const struct kg_set *set = &sets->items[i];

		if (kg_set_is_needed(system, sets, i, &need))
			continue;
		if (kg_strings_add(removed, set->id, err) < 0)
			return -1;
		if (dry_run)
			continue;
		if (kg_set_remove(&system->root, sets, set, err) < 0)
			return -1;
		kg_sets_drop(sets, i);
	}
	return 0;
}
