// SPDX-License-Identifier: GPL-2.0-or-later
#include "needed.h"

#include <string.h>

#include "placed.h"

/*
 * How many of the sets before this one are whole, of the same kernel, and have booted as it has, or
 * not as it has not.
 */
static size_t rank(const struct kg_root *root, const struct kg_sets *sets, size_t index)
{
	const struct kg_set *set = &sets->items[index];
	size_t count = 0;

	for (size_t i = 0; i < index; i++) {
		const struct kg_set *other = &sets->items[i];

		if ((other->boot > 0) == (set->boot > 0) && kg_sets_replace(other, set) &&
		    kg_set_is_whole(root, other))
			count++;
	}
	return count;
}

bool kg_set_is_needed(const struct kg_system *system, const struct kg_sets *sets, size_t index,
		      const struct kg_need *need)
{
	const struct kg_set *set = &sets->items[index];
	const char *running = system->machine.release;

	if (kg_set_is_stripped(&system->root, set))
		return false;
	return (running && strcmp(running, set->release) == 0) ||
	       kg_strings_contain(need->beside, set->id) ||
	       rank(&system->root, sets, index) < (set->boot > 0 ? need->booted : need->unbooted) ||
	       kg_set_is_placed(&system->root, set, 0);
}
