// SPDX-License-Identifier: GPL-2.0-or-later
#include "number.h"

#include <stdlib.h>
#include <string.h>

#include "placed.h"

/* A number while it is planned. */
struct change {
	const struct kg_number *number;
	bool placed;            /* all of the set lies there already */
	struct kg_strings seen; /* paths that were looked at: sets have the same ones */
	struct kg_plan *plan;
};

/*
 * Whether what lies at the path may stay: it is the set's. Sets of different originals may have one
 * kept path.
 */
static int stays(const struct change *change, const char *path, bool *stay, struct kg_error *err)
{
	const struct kg_number *number = change->number;
	const struct kg_set *set = number->set;

	*stay = false;
	for (size_t i = 0; set && i < set->file_count && !*stay; i++) {
		char *own = kg_placed_path(&set->files[i], number->number, err);

		if (!own)
			return -1;
		*stay = strcmp(own, path) == 0 &&
			(change->placed ||
			 (i > 0 && kg_set_file_is_placed(&number->system->root, set, &set->files[i],
							 number->number)));
		free(own);
	}
	return 0;
}

static int discard(struct change *change, const struct kg_set_file *file, struct kg_error *err)
{
	const struct kg_number *number = change->number;
	char *path = kg_placed_path(file, number->number, err);
	int result = path ? 0 : -1;
	bool stay;

	if (path && !kg_strings_contain(&change->seen, path)) {
		result = kg_strings_add(&change->seen, path, err);
		if (result == 0)
			result = stays(change, path, &stay, err);
		if (result == 0 && !stay &&
		    kg_sets_have_content(&number->system->root, number->sets, path))
			result = kg_plan_discard(change->plan, path, err);
	}
	free(path);
	return result;
}

/* The first file of each set of the kernel, which is its kernel, or those behind it. */
static int discard_all(struct change *change, bool kernels, struct kg_error *err)
{
	const struct kg_number *number = change->number;
	int result = 0;

	for (size_t i = 0; i < number->sets->count; i++) {
		const struct kg_set *set = &number->sets->items[i];
		size_t first = kernels ? 0 : 1;
		size_t end = kernels ? 1 : set->file_count;

		if (!kg_sets_replace(number->of, set))
			continue;
		for (size_t j = first; result == 0 && j < end; j++)
			result = discard(change, &set->files[j], err);
	}
	return result;
}

int kg_number_plan(const struct kg_number *number, struct kg_plan *plan, struct kg_error *err)
{
	const struct kg_set *set = number->set;
	struct change change = {
		.number = number,
		.placed = set && kg_set_is_placed(&number->system->root, set, number->number),
		.plan = plan,
	};
	int result = discard_all(&change, true, err);

	if (result == 0)
		result = discard_all(&change, false, err);
	if (result == 0 && set && !change.placed)
		result = kg_set_plan(set, number->number, plan, err);
	kg_strings_free(&change.seen);
	return result;
}
