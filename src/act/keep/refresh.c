// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel-guard/act/entries.h"
#include "kernel-guard/act/keep.h"
#include "kernel-guard/act/state.h"
#include "originals.h"

/* How often it is planned anew what another process has changed meanwhile. */
enum { more_attempts = 2 };

static int carry_out(const struct kg_plan *plan, const struct kg_refresh *refresh,
		     struct kg_error *err)
{
	if (refresh->dry_run && refresh->out)
		return kg_plan_print(plan, refresh->out, err);
	if (!refresh->dry_run && kg_plan_apply(plan, err) < 0)
		return -1;
	return refresh->changes ? kg_plan_tell(plan, refresh->changes, err) : 0;
}

/* The entries are those of what lies there when they are planned: the system is read anew. */
static int refresh_entries(const struct kg_refresh *refresh, struct kg_strings *notes,
			   struct kg_error *err)
{
	struct kg_system system;
	struct kg_plan plan;
	int result;

	if (kg_system_open(refresh->root, refresh->machine, &system, err) < 0)
		return -1;
	plan = kg_plan_new(&system.root);
	result = kg_entries_plan(&system, NULL, &plan, notes, err);
	if (result == 0)
		result = carry_out(&plan, refresh, err);
	if (result == 0 && refresh->hints)
		result = kg_entries_tell(&system, refresh->hints, err);
	kg_plan_free(&plan);
	kg_system_free(&system);
	return result;
}

/* What is removed, or removed before something else gets its name. */
static int find_going(const struct kg_plan *plan, struct kg_strings *going, struct kg_error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->steps[i].existed &&
		    kg_strings_add_unique(going, plan->steps[i].path, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Puts the removal of the entries before the files that they start, in one plan: what fails before
 * anything is removed leaves both.
 */
static int plan_entries(const struct kg_system *system, struct kg_plan *plan, struct kg_error *err)
{
	struct kg_plan whole = kg_plan_new(&system->root);
	struct kg_strings ignored = {0};
	struct kg_strings going = {0};
	int result = find_going(plan, &going, err);

	if (result == 0 && going.count > 0)
		result = kg_entries_plan(system, &going, &whole, &ignored, err);
	if (result == 0)
		result = kg_plan_append(&whole, plan, err);
	if (result == 0)
		*plan = whole;
	else
		kg_plan_free(&whole);
	kg_strings_free(&going);
	kg_strings_free(&ignored);
	return result;
}

static bool discards(const struct kg_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->steps[i].remove)
			return true;
	}
	return false;
}

/* An entry goes before its data and comes after them. */
static int place(const struct kg_system *system, const struct kg_refresh *refresh,
		 struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_error ignored;

	if (plan_entries(system, plan, err) < 0)
		return -1;
	/* What the originals are has no other copy that boots then. */
	if (!refresh->dry_run && discards(plan) && kg_originals_sync(system, err) < 0)
		return -1;
	if (carry_out(plan, refresh, err) < 0) {
		/* What is whole gets its entry back. */
		(void)refresh_entries(refresh, notes, &ignored);
		return -1;
	}
	return refresh_entries(refresh, notes, err);
}

/* From the list too: it is nobody's any more. */
static int set_aside(const struct kg_root *root, struct kg_sets *sets,
		     const struct kg_strings *damaged, struct kg_strings *notes,
		     struct kg_error *err)
{
	int lock = kg_state_lock(root, err);
	int result = lock < 0 ? -1 : 0;

	if (lock < 0 && err->code == EROFS)
		return kg_strings_add(notes, "a kept set is damaged", err);
	for (size_t i = sets->count; result == 0 && i-- > 0;) {
		if (!kg_strings_contain(damaged, sets->items[i].id))
			continue;
		result = kg_set_aside(root, sets->items[i].id, "a file is not what was kept", notes,
				      err);
		kg_sets_drop(sets, i);
	}
	if (lock >= 0)
		close(lock);
	return result;
}

/* Sentences of what is planned go to said: they are untrue if it is planned again. */
static int refresh_once(const struct kg_system *system, struct kg_sets *sets,
			const struct kg_refresh *refresh, struct kg_strings *said,
			struct kg_strings *notes, struct kg_error *err)
{
	struct kg_plan plan = kg_plan_new(&system->root);
	struct kg_strings damaged = {0};
	int result = kg_keep_plan(system, sets, refresh, &plan, &damaged, said, err);

	if (result == 0 && damaged.count > 0 && !refresh->dry_run)
		result = set_aside(&system->root, sets, &damaged, notes, err);
	if (result == 0)
		result = place(system, refresh, &plan, said, err);
	kg_plan_free(&plan);
	kg_strings_free(&damaged);
	return result;
}

/* What is there now, and what is kept. */
static int refresh_again(struct kg_sets *sets, const struct kg_refresh *refresh,
			 struct kg_strings *said, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_strings ignored = {0};
	struct kg_sets now = {0};
	struct kg_system system;
	int result;

	if (kg_system_open(refresh->root, refresh->machine, &system, err) < 0)
		return -1;
	result = kg_sets_read(&system.root, &now, &ignored, err);
	if (result == 0) {
		kg_sets_free(sets);
		*sets = now;
		result = refresh_once(&system, sets, refresh, said, notes, err);
	}
	kg_strings_free(&ignored);
	kg_system_free(&system);
	return result;
}

int kg_keep_refresh(const struct kg_system *system, struct kg_sets *sets,
		    const struct kg_refresh *refresh, struct kg_strings *notes,
		    struct kg_error *err)
{
	struct kg_strings said = {0};
	struct kg_error why;
	int result = refresh_once(system, sets, refresh, &said, notes, err);

	/* Another process has done the same meanwhile, or a part of it. */
	for (unsigned int i = 0; result < 0 && err->code == ESTALE && i < more_attempts; i++) {
		kg_strings_free(&said);
		if (refresh->beside)
			kg_strings_free(refresh->beside);
		result = refresh_again(sets, refresh, &said, notes, err);
	}
	if (kg_strings_add_all(notes, &said, &why) < 0)
		result = kg_fail_memory(err);
	kg_strings_free(&said);
	return result;
}
