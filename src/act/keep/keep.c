// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel-guard/act/keep.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/act/tree.h"
#include "kernel-guard/system/booted.h"
#include "make_room.h"
#include "moved.h"

static bool is_last(const struct kg_sets *sets, const struct kg_set *set)
{
	return set->boot > 0 && set->boot + 1 == kg_sets_next_boot(sets);
}

/* Whether it is the one that booted last, and nothing is missing: nothing is written then. */
static bool is_up_to_date(const struct kg_system *system, const struct kg_sets *sets,
			  const struct kg_set *set, const struct kg_set *found)
{
	return is_last(sets, set) && !kg_set_has_moved(&system->root, set, found) && set->tree &&
	       kg_module_tree_is_kept(&system->root, set->tree);
}

/* What lies where the set was found has been read, and is the same: it is not read again. */
static void remember(struct kg_set *stored, const struct kg_set *found)
{
	for (size_t i = 0; i < stored->file_count && i < found->file_count; i++)
		stored->files[i].stamp = found->files[i].stamp;
}

/*
 * With the lock held. stored, which may be NULL, keeps its facts but for where its files lie, and
 * is the last one from now on.
 */
static int store(const struct kg_system *system, struct kg_sets *sets, const struct kg_set *stored,
		 struct kg_set *found, struct kg_strings *notes, struct kg_error *err)
{
	const struct kg_set *facts = stored ? stored : found;
	struct kg_set set;
	int result;

	if (!stored && kg_make_room_to_store(system, sets, found, notes, err) < 0)
		return -1;
	if (kg_set_copy(facts, &set, err) < 0)
		return -1;
	set.boot = is_last(sets, &set) ? set.boot : kg_sets_next_boot(sets);
	if (stored && kg_set_has_moved(&system->root, stored, found) &&
	    kg_set_move(&system->root, sets, stored, found, &set, err) < 0) {
		kg_set_free(&set);
		return -1;
	}
	result = stored ? kg_set_complete(&system->root, &set, notes, err)
			: kg_set_store(&system->root, sets, &set, system->machine.boot_time, notes,
				       err);
	if (result == 0) {
		remember(&set, found);
		return kg_sets_put(sets, &set, err);
	}
	kg_set_free(&set);
	return -1;
}

/* With the lock held, for which another process may have made us wait: it has stored a set. */
static int read_again(const struct kg_system *system, struct kg_sets *sets, bool *changed,
		      struct kg_error *err)
{
	struct kg_strings ignored = {0};
	struct kg_sets now = {0};
	int result = kg_sets_read(&system->root, &now, &ignored, err);

	*changed = result == 0 && (now.count != sets->count ||
				   kg_sets_next_boot(&now) != kg_sets_next_boot(sets));
	if (*changed) {
		kg_sets_free(sets);
		*sets = now;
		now = (struct kg_sets){0};
	}
	kg_sets_free(&now);
	kg_strings_free(&ignored);
	return result;
}

static int keep(const struct kg_system *system, struct kg_sets *sets, struct kg_set *found,
		bool dry_run, enum kg_kept *kept, struct kg_strings *notes, struct kg_error *err)
{
	const struct kg_set *stored = kg_sets_match(&system->root, sets, found);
	bool changed;
	int lock;
	int result;

	*kept = stored ? KG_KEPT_AGAIN : KG_KEPT_NEW;
	if (stored && is_up_to_date(system, sets, stored, found)) {
		remember(&sets->items[stored - sets->items], found);
		return 0;
	}
	if (dry_run)
		return 0;
	lock = kg_state_lock(&system->root, err);
	if (lock < 0)
		return -1;
	result = read_again(system, sets, &changed, err);
	if (changed)
		stored = kg_sets_match(&system->root, sets, found);
	*kept = stored ? KG_KEPT_AGAIN : KG_KEPT_NEW;
	if (result == 0)
		result = store(system, sets, stored, found, notes, err);
	close(lock);
	return result;
}

int kg_keep_booted(const struct kg_system *system, struct kg_sets *sets, bool dry_run,
		   enum kg_kept *kept, struct kg_strings *notes, struct kg_error *err)
{
	const struct kg_target *target;
	struct kg_set found;
	char *why;
	int result;

	*kept = KG_KEPT_NOTHING;
	if (kg_booted_target(system, &target, &why, err) < 0)
		return -1;
	if (!target)
		return kg_strings_take(notes, why, err);
	if (kg_set_of_target(system, target, &found, err) < 0)
		return -1;
	result = keep(system, sets, &found, dry_run, kept, notes, err);
	kg_set_free(&found);
	return result;
}
