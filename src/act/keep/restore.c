// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/entries.h"
#include "kernel-guard/act/keep.h"
#include "kernel-guard/boot/fallback.h"
#include "placed.h"

const struct kg_set *kg_restore_choose(const struct kg_system *system, const struct kg_sets *sets,
				       const char *release, struct kg_error *err)
{
	const struct kg_set *current = NULL;
	struct kg_error why;

	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		if (release && strcmp(release, set->release) != 0 && strcmp(release, set->id) != 0)
			continue;
		/* Without a name only what is known to boot, and whole. */
		if ((!release && set->boot == 0) || !kg_set_is_whole(&system->root, set))
			continue;
		if (!kg_set_is_placed(&system->root, set, 0) &&
		    (release || kg_set_verify(&system->root, set, &why) == 0))
			return set;
		current = current ? current : set;
	}
	/* What was interrupted behind the files can be finished. */
	if (release && current)
		return current;
	if (release)
		kg_fail(err, ENOENT, "%s: no such kernel is kept", release);
	else
		kg_fail(err, ENOENT, "no kernel is kept");
	return NULL;
}

int kg_restore_plan(const struct kg_set *set, struct kg_plan *plan, struct kg_error *err)
{
	return kg_has_release_directory(set->files[0].path) ? 0 : kg_set_plan(set, 0, plan, err);
}

static const struct kg_target *find_target(const struct kg_system *system, const char *kernel)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		if (strcmp(system->targets.items[i].kernel, kernel) == 0)
			return &system->targets.items[i];
	}
	return NULL;
}

int kg_restore_plan_default(const struct kg_system *system, const struct kg_set *set,
			    struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err)
{
	if (!kg_has_release_directory(set->files[0].path))
		return 0;
	for (size_t number = 0; number <= kg_fallback_max; number++) {
		const struct kg_target *target;
		char *kernel;

		if (!kg_set_is_placed(&system->root, set, number))
			continue;
		kernel = kg_placed_path(&set->files[0], number, err);
		if (!kernel)
			return -1;
		target = find_target(system, kernel);
		free(kernel);
		if (target)
			return kg_default_plan(system, target, plan, notes, err);
	}
	return kg_fail(err, ENOENT,
		       "%s has no boot entry: set keep in /etc/kernel-guard.conf so that it is "
		       "among the kernels that lie beside the others",
		       set->release);
}

/*
 * Whether a restoring was interrupted: the images are those of the set already, and the kernel,
 * which comes last, is another.
 */
static bool is_half_restored(const struct kg_root *root, const struct kg_set *current,
			     const struct kg_set *set)
{
	if (kg_set_holds(root, set, &set->files[0], &current->files[0]))
		return false;
	for (size_t i = 1; i < current->file_count; i++) {
		bool found = false;

		for (size_t j = 1; j < set->file_count && !found; j++)
			found = kg_set_holds(root, set, &set->files[j], &current->files[i]);
		if (!found)
			return false;
	}
	return current->file_count > 1;
}

/* There may have been no room for the modules of what was displaced earlier. */
static int complete_displaced(const struct kg_system *system, const struct kg_sets *sets,
			      struct kg_strings *notes, struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *stored = &sets->items[i];
		struct kg_set set;
		int result;

		if (stored->boot > 0 || stored->tree || !kg_set_is_whole(&system->root, stored))
			continue;
		if (kg_set_copy(stored, &set, err) < 0)
			return -1;
		result = kg_set_complete(&system->root, &set, notes, err);
		kg_set_free(&set);
		if (result < 0)
			return -1;
	}
	return 0;
}

int kg_restore_store_current(const struct kg_system *system, const struct kg_sets *sets,
			     const struct kg_set *set, struct kg_strings *notes,
			     struct kg_error *err)
{
	if (complete_displaced(system, sets, notes, err) < 0)
		return -1;
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];
		struct kg_set current;
		struct kg_error why;
		int result = 0;

		if (strcmp(target->kernel, set->files[0].path) != 0 ||
		    kg_set_of_target(system, target, &current, &why) < 0)
			continue;
		if (!kg_sets_match(&system->root, sets, &current) &&
		    !is_half_restored(&system->root, &current, set))
			result = kg_set_store(&system->root, sets, &current, 0, notes, err);
		kg_set_free(&current);
		return result;
	}
	return 0;
}
