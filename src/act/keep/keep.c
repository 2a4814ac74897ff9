// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel-guard/act/keep.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/act/tree.h"
#include "kernel-guard/system/booted.h"

/* One that is stored keeps its facts: it may have been booted from its kept files. */
static int replace_by_stored(const struct kg_system *system, const struct kg_sets *sets,
			     struct kg_set *set, enum kg_kept *kept, struct kg_error *err)
{
	const struct kg_set *stored = kg_sets_find(sets, set->id);
	struct kg_set copy;

	*kept = KG_KEPT_NEW;
	if (!stored)
		return 0;
	if (kg_set_is_whole(&system->root, stored))
		*kept = KG_KEPT_AGAIN;
	if (kg_set_copy(stored, &copy, err) < 0)
		return -1;
	kg_set_free(set);
	*set = copy;
	return 0;
}

static bool is_last(const struct kg_sets *sets, const struct kg_set *set)
{
	return set->boot > 0 && set->boot + 1 == kg_sets_next_boot(sets);
}

/* Whether it is the one that booted last, and nothing is missing: nothing is written then. */
static bool is_up_to_date(const struct kg_system *system, const struct kg_sets *sets,
			  const struct kg_set *set, enum kg_kept kept)
{
	return kept == KG_KEPT_AGAIN && is_last(sets, set) && set->tree &&
	       kg_module_tree_is_kept(&system->root, set->tree);
}

static int store(const struct kg_system *system, const struct kg_target *target, enum kg_kept *kept,
		 struct kg_strings *notes, struct kg_error *err)
{
	struct kg_sets sets = {0};
	struct kg_set set = {0};
	int result = kg_sets_clear(&system->root, err);

	if (result == 0)
		result = kg_sets_read(&system->root, &sets, notes, err);
	if (result == 0)
		result = kg_set_of_target(system, target, &set, err);
	if (result == 0)
		result = replace_by_stored(system, &sets, &set, kept, err);
	if (result == 0 && !is_up_to_date(system, &sets, &set, *kept)) {
		set.boot = is_last(&sets, &set) ? set.boot : kg_sets_next_boot(&sets);
		result = kg_set_store(&system->root, &set, notes, err);
	}
	kg_set_free(&set);
	kg_sets_free(&sets);
	return result;
}

int kg_keep_booted(const struct kg_system *system, enum kg_kept *kept, struct kg_strings *notes,
		   struct kg_error *err)
{
	const struct kg_target *target;
	char *why;
	int lock;
	int result;

	*kept = KG_KEPT_NOTHING;
	if (kg_booted_target(system, &target, &why, err) < 0)
		return -1;
	if (!target)
		return kg_strings_take(notes, why, err);
	lock = kg_state_lock(&system->root, err);
	if (lock < 0)
		return -1;
	result = store(system, target, kept, notes, err);
	close(lock);
	return result;
}
