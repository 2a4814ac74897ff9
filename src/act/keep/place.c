// SPDX-License-Identifier: GPL-2.0-or-later
/* Kept files beside the originals: vmlinuz-linux.old, initramfs-linux.old.img, then .old.2 … */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/place.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/boot/loader.h"
#include "kernel-guard/system/digest.h"
#include "beside.h"
#include "forecast.h"
#include "number.h"
#include "placed.h"

/* What has one place: the sets of one kernel, in the order in which they are placed. */
struct group {
	const struct kg_set **wanted; /* all that may be placed; then count of them, which are */
	size_t candidates;
	size_t count;
	unsigned int keep;
	const struct kg_set *first; /* any set of the group: it says where the originals lie */
};

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

/*
 * grub-mkconfig (10_linux of GRUB 2.12) sorts vmlinuz-linux.old behind vmlinuz-linux, but
 * vmlinuz-linux.old.2 before it, and what it lists first boots.
 */
static unsigned int most_beside(const struct kg_system *system, const char *kernel,
				unsigned int keep)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->loader == KG_LOADER_GRUB && strcmp(target->kernel, kernel) == 0)
			return keep > 1 ? 1 : keep;
	}
	return keep;
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

/* What may be placed of the group of sets->items[index], which is its first. */
static int gather(const struct kg_system *system, const struct kg_sets *sets, size_t index,
		  const struct kg_refresh *refresh, struct group *group, struct kg_error *err)
{
	struct kg_strings current = {0};

	*group = (struct group){
		.first = &sets->items[index],
		.keep = most_beside(system, sets->items[index].files[0].path, refresh->keep),
	};
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
		  struct kg_forecast *forecast, struct group *group, struct kg_strings *damaged,
		  struct kg_strings *notes, struct kg_error *err)
{
	size_t missed = 0;

	for (size_t i = 0; i < group->candidates && group->count < group->keep; i++) {
		const struct kg_set *set = group->wanted[i];
		size_t number = group->count + 1;
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

/* Whether a loader would start the kept kernel at path by itself, for it matches the default. */
static bool is_default_at(const struct kg_system *system, const struct kg_set *set,
			  const char *path)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (strcmp(target->kernel, set->files[0].path) == 0 &&
		    kg_lists_by_default(system, target, path))
			return true;
	}
	return false;
}

/*
 * Why no kept file may lie under this number, in a sentence for notes: whatever has our name and is
 * not ours is somebody's, a file, a link, or a directory. NULL where one may.
 */
static int find_obstacle(const struct kg_system *system, const struct kg_sets *sets,
			 const struct kg_set *set, size_t number, char **obstacle,
			 struct kg_error *err)
{
	*obstacle = NULL;
	for (size_t i = 0; i < set->file_count && !*obstacle; i++) {
		char *path = kg_placed_path(&set->files[i], number, err);
		struct stat status;
		bool foreign;

		if (!path)
			return -1;
		foreign = kg_place_look(&system->root, path, &status) &&
			  !kg_sets_have_content(&system->root, sets, path);
		if (foreign)
			*obstacle = kg_format(err,
					      "%s is not of kernel-guard, and stays; move it away "
					      "to have the kernel %s kept under that name",
					      path, set->release);
		else if (i == 0 && is_default_at(system, set, path))
			*obstacle = kg_format(err,
					      "%s would be started when nobody chooses: make "
					      "\"default\" in loader.conf match %s, and not that",
					      path, set->files[0].path);
		free(path);
		if (!*obstacle && (foreign || err->code == ENOMEM))
			return -1;
	}
	return 0;
}

static int place_group(const struct kg_system *system, const struct kg_sets *sets,
		       const struct group *group, struct kg_plan *plan, struct kg_strings *notes,
		       struct kg_error *err)
{
	size_t placed = 0;

	for (size_t number = 1; number <= kg_fallback_max; number++) {
		const struct kg_number wanted = {
			.system = system,
			.sets = sets,
			.of = group->first,
			.number = number,
			.set = placed < group->count ? group->wanted[placed] : NULL,
		};
		char *obstacle = NULL;
		int result;

		err->code = 0;
		if (wanted.set &&
		    find_obstacle(system, sets, wanted.set, number, &obstacle, err) < 0)
			return -1;
		if (obstacle) {
			result = kg_strings_take(notes, obstacle, err);
		} else {
			result = kg_number_plan(&wanted, plan, err);
			placed += wanted.set ? 1 : 0;
		}
		if (result < 0)
			return -1;
	}
	return 0;
}

static void free_groups(struct group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(groups[i].wanted);
	free(groups);
}

/* All groups, each with the sets that may be placed. */
static int gather_all(const struct kg_system *system, const struct kg_sets *sets,
		      const struct kg_refresh *refresh, struct group *groups, size_t *count,
		      struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		if (!is_first_of_group(sets, i))
			continue;
		if (gather(system, sets, i, refresh, &groups[*count], err) < 0)
			return -1;
		(*count)++;
	}
	return 0;
}

/* What is to come on the file systems of all groups, before any of them takes what is left. */
static int forecast_all(const struct kg_system *system, const struct kg_sets *sets,
			const struct group *groups, size_t count,
			const struct kg_refresh *refresh, struct kg_forecast *forecast,
			struct kg_error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (kg_beside_forecast(&system->root, sets, groups[i].first, forecast, err) < 0)
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
static int shares_name(const struct group *groups, size_t index, bool *shared,
		       struct kg_strings *notes, struct kg_error *err)
{
	const struct kg_set *set = groups[index].first;
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

/* A kernel whose files have no place there does not keep the others from theirs. */
static int try_group(const struct kg_system *system, const struct kg_sets *sets,
		     const struct group *group, struct kg_plan *plan, struct kg_strings *notes,
		     struct kg_error *err)
{
	size_t before = plan->count;
	struct kg_error why;

	if (place_group(system, sets, group, plan, notes, &why) == 0)
		return 0;
	kg_plan_cut(plan, before);
	if (why.code == ENOMEM)
		return kg_fail_memory(err);
	return kg_strings_take(notes,
			       kg_format(err, "%s: the kernel %s is not kept as it should be",
					 why.message, group->first->release),
			       err);
}

static int plan_groups(const struct kg_system *system, const struct kg_sets *sets,
		       const struct kg_refresh *refresh, struct group *groups, size_t count,
		       struct kg_plan *plan, struct kg_strings *damaged, struct kg_strings *notes,
		       struct kg_error *err)
{
	struct kg_forecast forecast = {0};
	int result = forecast_all(system, sets, groups, count, refresh, &forecast, err);

	for (size_t i = 0; result == 0 && i < count; i++) {
		bool shared;

		result = shares_name(groups, i, &shared, notes, err);
		if (result < 0 || shared)
			continue;
		result = choose(system, refresh, &forecast, &groups[i], damaged, notes, err);
		if (result == 0)
			result = try_group(system, sets, &groups[i], plan, notes, err);
	}
	kg_forecast_free(&forecast);
	return result;
}

int kg_keep_plan(const struct kg_system *system, const struct kg_sets *sets,
		 const struct kg_refresh *refresh, struct kg_plan *plan,
		 struct kg_strings *damaged, struct kg_strings *notes, struct kg_error *err)
{
	struct group *groups;
	size_t count = 0;
	int result;

	if (sets->count == 0)
		return 0;
	groups = calloc(sets->count, sizeof(*groups));
	if (!groups)
		return kg_fail_memory(err);
	result = gather_all(system, sets, refresh, groups, &count, err);
	if (result == 0)
		result = plan_groups(system, sets, refresh, groups, count, plan, damaged, notes,
				     err);
	free_groups(groups, count);
	return result;
}
