// SPDX-License-Identifier: GPL-2.0-or-later
#include "choose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "forecast.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/boot/loader.h"
#include "placed.h"

/*
 * Adds the IDs of the sets that the originals of this set's kernel are now, as one boot target and
 * another starts it, with this image and that.
 */
static int find_current(const struct kg_system *system, const struct kg_sets *sets,
			const struct kg_set *of, struct kg_strings *current, struct kg_error *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];
		const struct kg_set *stored;
		struct kg_error why;
		struct kg_set set;

		if (strcmp(target->kernel, of->files[0].path) != 0)
			continue;
		if (kg_set_of_target(system, target, &set, &why) == 0) {
			stored = kg_sets_match(&system->root, sets, &set);
			kg_set_free(&set);
			if (stored)
				result = kg_strings_add_unique(current, stored->id, err);
		} else if (why.code == ENOMEM) {
			*err = why;
			result = -1;
		}
	}
	return result;
}

static bool is_first_of_group(const struct kg_sets *sets, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (kg_sets_replace(&sets->items[i], &sets->items[index]))
			return false;
	}
	return true;
}

static bool is_started_by_grub(const struct kg_system *system, const char *kernel)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->loader == KG_LOADER_GRUB && strcmp(target->kernel, kernel) == 0)
			return true;
	}
	return false;
}

/*
 * grub-mkconfig (10_linux of GRUB 2.12) sorts vmlinuz-linux.old behind vmlinuz-linux, but
 * vmlinuz-linux.old.2 before it, and what it lists first boots.
 */
static size_t find_last(const struct kg_system *system, const struct kg_set *set, size_t highest)
{
	if (is_started_by_grub(system, set->files[0].path))
		return 1;
	/* It may be one that GRUB starts. */
	if (!kg_loader_is_read(system, KG_LOADER_GRUB))
		return highest > 0 ? highest : 1;
	return kg_fallback_max;
}

/*
 * Whether the set can be placed under the number. What lies there already is compared with its
 * copies, which else have to be what was kept.
 */
static int is_sound(const struct kg_root *root, const struct kg_set *set, size_t number,
		    bool *sound, struct kg_strings *damaged, struct kg_strings *notes,
		    struct kg_error *err)
{
	struct kg_error why;

	*sound = kg_set_is_placed(root, set, number) || kg_set_verify(root, set, &why) == 0;
	if (*sound)
		return 0;
	if (why.code == ENOMEM)
		return kg_fail_memory(err);
	/* What cannot be read today may be readable tomorrow. */
	return why.code == EBADMSG ? kg_strings_add(damaged, set->id, err)
				   : kg_strings_add(notes, why.message, err);
}

/* The highest count under which a kept kernel of the group lies beside the original, or apart. */
static int find_highest(const struct kg_system *system, const struct kg_sets *sets,
			const struct kg_group *group, size_t *highest, struct kg_error *err)
{
	*highest = 0;
	for (size_t number = 1; number <= kg_kept_last; number++) {
		char *path = kg_placed_path(&group->first->files[0], number, err);
		size_t count = kg_kept_count(number);

		if (!path)
			return -1;
		if (count > *highest && kg_sets_have_content(&system->root, sets, path))
			*highest = count;
		free(path);
	}
	return 0;
}

/* How many of the group are to lie there, and can. */
static int find_keep(const struct kg_system *system, const struct kg_sets *sets,
		     const struct kg_refresh *refresh, struct kg_group *group, struct kg_error *err)
{
	size_t highest = 0;

	if ((refresh->retaining || !kg_loader_is_read(system, KG_LOADER_GRUB)) &&
	    find_highest(system, sets, group, &highest, err) < 0)
		return -1;
	group->last = find_last(system, group->first, highest);
	group->keep = refresh->retaining && highest > refresh->keep ? highest : refresh->keep;
	if (group->keep > group->last)
		group->keep = group->last;
	return 0;
}

/* What may be placed of the group of sets->items[index], which is its first. */
static int gather(const struct kg_system *system, const struct kg_sets *sets, size_t index,
		  const struct kg_refresh *refresh, struct kg_group *group, struct kg_error *err)
{
	struct kg_strings current = {0};

	*group = (struct kg_group){
		.first = &sets->items[index],
	};
	if (find_keep(system, sets, refresh, group, err) < 0)
		return -1;
	if (!refresh->replacing && find_current(system, sets, group->first, &current, err) < 0) {
		kg_strings_free(&current);
		return -1;
	}
	group->wanted = calloc(sets->count, sizeof(*group->wanted));
	for (size_t i = index; group->wanted && i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		/* What has not booted is kept to be restored, and never in place of what has. */
		if (set->boot > 0 && kg_sets_replace(group->first, set) &&
		    !kg_strings_contain(&current, set->id) &&
		    !kg_set_is_stripped(&system->root, set))
			group->wanted[group->candidates++] = set;
	}
	kg_strings_free(&current);
	return group->wanted ? 0 : kg_fail_memory(err);
}

/*
 * As many of them as are wanted and are sound, those that booted last first; an older one, where
 * there is no room for a newer one, is better than none.
 */
static int choose(const struct kg_system *system, const struct kg_refresh *refresh,
		  struct kg_forecast *forecast, struct kg_group *group, struct kg_strings *damaged,
		  struct kg_strings *notes, struct kg_error *err)
{
	size_t missed = 0;

	for (size_t i = 0; i < group->candidates && group->count < group->keep; i++) {
		const struct kg_set *set = group->wanted[i];
		size_t number = kg_kept_number(group->count + 1,
					       kg_keeps_apart(system, set->files[0].path));
		bool sound;
		bool fits;

		if (is_sound(&system->root, set, number, &sound, damaged, notes, err) < 0)
			return -1;
		if (!sound)
			continue;
		/* What is not wanted besides is not missed either. */
		if (kg_beside_take(&system->root, set, number, !refresh->transaction, forecast,
				   &fits, group->count + missed < group->keep ? notes : NULL,
				   err) < 0)
			return -1;
		if (fits)
			group->wanted[group->count++] = set;
		else
			missed++;
	}
	return 0;
}

void kg_groups_free(struct kg_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->items[i].wanted);
	free(groups->items);
	*groups = (struct kg_groups){0};
}

/* All groups, each with the sets that may be placed. */
static int gather_all(const struct kg_system *system, const struct kg_sets *sets,
		      const struct kg_refresh *refresh, struct kg_groups *groups,
		      struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		if (!is_first_of_group(sets, i))
			continue;
		if (gather(system, sets, i, refresh, &groups->items[groups->count], err) < 0)
			return -1;
		groups->count++;
	}
	return 0;
}

/* What is to come on the file systems of all groups, before any of them takes what is left. */
static int forecast_all(const struct kg_system *system, const struct kg_sets *sets,
			const struct kg_groups *groups, const struct kg_refresh *refresh,
			struct kg_forecast *forecast, struct kg_error *err)
{
	for (size_t i = 0; i < groups->count; i++) {
		if (kg_beside_forecast(&system->root, sets, groups->items[i].first, forecast,
				       err) < 0)
			return -1;
	}
	return refresh->transaction && refresh->transaction->going.count > 0
		       ? kg_forecast_add_transaction(forecast, &system->root, refresh->transaction,
						     err)
		       : 0;
}

/*
 * Whether an earlier group has the kept names of this one: two packages whose releases
 * kg_kept_name() does not tell apart. Then only the one that booted last is placed.
 */
static int find_shared(struct kg_group *groups, size_t index, struct kg_strings *notes,
		       struct kg_error *err)
{
	const struct kg_set *set = groups[index].first;
	bool *shared = &groups[index].shared;
	char *path = kg_placed_path(&set->files[0], 1, err);
	int result = path ? 0 : -1;

	*shared = false;
	for (size_t i = 0; result == 0 && i < index && !*shared; i++) {
		char *other = kg_placed_path(&groups[i].first->files[0], 1, err);

		result = other ? 0 : -1;
		*shared = other && strcmp(path, other) == 0;
		free(other);
		if (*shared)
			result = kg_strings_take(
				notes,
				kg_format(err, "%s is the name of %s too: %s is not placed there",
					  path, groups[i].first->release, set->release),
				err);
	}
	free(path);
	return result;
}

static int choose_all(const struct kg_system *system, const struct kg_sets *sets,
		      const struct kg_refresh *refresh, struct kg_groups *groups,
		      struct kg_strings *damaged, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_forecast forecast = {0};
	int result = forecast_all(system, sets, groups, refresh, &forecast, err);

	for (size_t i = 0; result == 0 && i < groups->count; i++) {
		struct kg_group *group = &groups->items[i];

		result = find_shared(groups->items, i, notes, err);
		if (result == 0 && !group->shared)
			result = choose(system, refresh, &forecast, group, damaged, notes, err);
	}
	kg_forecast_free(&forecast);
	return result;
}

int kg_groups_choose(const struct kg_system *system, const struct kg_sets *sets,
		     const struct kg_refresh *refresh, struct kg_groups *groups,
		     struct kg_strings *damaged, struct kg_strings *notes, struct kg_error *err)
{
	int result;

	*groups = (struct kg_groups){0};
	if (sets->count == 0)
		return 0;
	groups->items = calloc(sets->count, sizeof(*groups->items));
	if (!groups->items)
		return kg_fail_memory(err);
	result = gather_all(system, sets, refresh, groups, err);
	if (result == 0)
		result = choose_all(system, sets, refresh, groups, damaged, notes, err);
	if (result < 0)
		kg_groups_free(groups);
	return result;
}

int kg_groups_chosen(const struct kg_groups *groups, struct kg_strings *ids, struct kg_error *err)
{
	for (size_t i = 0; i < groups->count; i++) {
		for (size_t j = 0; j < groups->items[i].count; j++) {
			if (kg_strings_add(ids, groups->items[i].wanted[j]->id, err) < 0)
				return -1;
		}
	}
	return 0;
}
