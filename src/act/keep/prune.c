// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kernel-guard/act/keep.h"
#include "placed.h"

/*
 * How many of the sets before this one are of the same kernel and have booted as it has, or not
 * as it has not.
 */
static unsigned int rank(const struct kg_sets *sets, size_t index)
{
	const struct kg_set *set = &sets->items[index];
	unsigned int count = 0;

	for (size_t i = 0; i < index; i++) {
		const struct kg_set *other = &sets->items[i];

		if ((other->boot > 0) == (set->boot > 0) && kg_sets_replace(other, set))
			count++;
	}
	return count;
}

/*
 * Of those that have booted one more stays than is placed: the last is, as a rule, what the
 * originals are. Of those that have not, the one that was displaced last.
 */
static bool is_needed(const struct kg_system *system, const struct kg_sets *sets, size_t index,
		      unsigned int keep)
{
	const struct kg_set *set = &sets->items[index];
	const char *running = system->machine.release;

	if (kg_set_is_stripped(&system->root, set))
		return false;
	if (running && strcmp(running, set->release) == 0)
		return true;
	/* A restored one boots by default, and no package has its modules. */
	return rank(sets, index) <= (set->boot > 0 ? keep : 0) ||
	       kg_set_is_placed(&system->root, set, 0);
}

/* From the oldest on: which are needed tell the ones before. */
int kg_keep_prune(const struct kg_system *system, struct kg_sets *sets, unsigned int keep,
		  bool dry_run, struct kg_strings *removed, struct kg_error *err)
{
	for (size_t i = sets->count; i-- > 0;) {
		const struct kg_set *set = &sets->items[i];

		if (is_needed(system, sets, i, keep))
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
