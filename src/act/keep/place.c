// SPDX-License-Identifier: GPL-2.0-or-later
/* Kept files beside the originals: vmlinuz-linux.old, initramfs-linux.old.img, then .old.2 … */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/keep.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/boot/loader.h"
#include "kernel-guard/system/digest.h"
#include "placed.h"
#include "room.h"

/* What has one place: the sets of one kernel, in the order in which they are placed. */
struct group {
	const struct kg_set **wanted;
	size_t count;
	const struct kg_set *first; /* any set of the group: it says where the originals lie */
};

/* Whether a kept set has a file of this content: what we have placed before. */
static bool is_ours(const struct kg_root *root, const struct kg_sets *sets, const char *path)
{
	char digest[kg_digest_size];
	struct kg_error ignored;
	struct kg_file file;
	bool sized = false;

	if (kg_root_open_file(root, path, &file, &ignored) < 0)
		return false;
	for (size_t i = 0; i < sets->count; i++) {
		for (size_t j = 0; j < sets->items[i].file_count; j++)
			sized |= sets->items[i].files[j].size == file.size;
	}
	kg_file_close(&file);
	if (!sized || kg_digest_file(root, path, digest, &ignored) < 0)
		return false;
	for (size_t i = 0; i < sets->count; i++) {
		for (size_t j = 0; j < sets->items[i].file_count; j++) {
			if (strcmp(sets->items[i].files[j].digest, digest) == 0)
				return true;
		}
	}
	return false;
}

/* The ID of what the originals of this set's kernel are now; NULL where they are not whole. */
static int current_id(const struct kg_system *system, const struct kg_set *of, char **id,
		      struct kg_error *err)
{
	*id = NULL;
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];
		struct kg_error why;
		struct kg_set set;

		if (strcmp(target->kernel, of->files[0].path) != 0)
			continue;
		if (kg_set_of_target(system, target, &set, &why) == 0) {
			*id = set.id;
			set.id = NULL;
			kg_set_free(&set);
			return 0;
		}
		if (why.code == ENOMEM) {
			*err = why;
			return -1;
		}
	}
	return 0;
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

/* The sets of the group of sets->items[index], which is its first. */
static int gather(const struct kg_system *system, const struct kg_sets *sets, size_t index,
		  unsigned int keep, bool replacing, struct group *group, struct kg_error *err)
{
	char *current = NULL;

	keep = most_beside(system, sets->items[index].files[0].path, keep);
	*group = (struct group){.first = &sets->items[index]};
	group->wanted = calloc(sets->count, sizeof(*group->wanted));
	if (!group->wanted)
		return kg_fail_memory(err);
	if (!replacing && current_id(system, group->first, &current, err) < 0) {
		free(group->wanted);
		return -1;
	}
	for (size_t i = index; i < sets->count && group->count < keep; i++) {
		const struct kg_set *set = &sets->items[i];

		/* What has not booted is kept to be restored, and never in place of what has. */
		if (set->boot > 0 && kg_sets_replace(group->first, set) &&
		    (!current || strcmp(current, set->id) != 0) &&
		    kg_set_is_whole(&system->root, set))
			group->wanted[group->count++] = set;
	}
	free(current);
	return 0;
}

static int discard(const struct kg_system *system, const struct kg_sets *sets,
		   const struct kg_set_file *file, size_t number, struct kg_plan *plan,
		   struct kg_error *err)
{
	char *path = kg_placed_path(file, number, err);
	int result = path ? 0 : -1;

	if (path && is_ours(&system->root, sets, path))
		result = kg_plan_discard(plan, path, err);
	free(path);
	return result;
}

/* The kernel goes first and comes last: without it nobody takes the images for its own. */
static int plan_set(const struct kg_system *system, const struct kg_sets *sets,
		    const struct kg_set *set, size_t number, struct kg_plan *plan,
		    struct kg_error *err)
{
	if (kg_set_is_placed(&system->root, set, number))
		return 0;
	return discard(system, sets, &set->files[0], number, plan, err) < 0
		       ? -1
		       : kg_set_plan(set, number, plan, err);
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
 * Why no kept file may lie under this number, in a sentence for notes: a file with our name that is
 * not ours is somebody's. NULL where one may.
 */
static int find_obstacle(const struct kg_system *system, const struct kg_sets *sets,
			 const struct kg_set *set, size_t number, char **obstacle,
			 struct kg_error *err)
{
	*obstacle = NULL;
	for (size_t i = 0; i < set->file_count && !*obstacle; i++) {
		char *path = kg_placed_path(&set->files[i], number, err);
		bool foreign;

		if (!path)
			return -1;
		foreign = kg_root_has_file(&system->root, path) &&
			  !is_ours(&system->root, sets, path);
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

/* Nothing of a number that no set has. */
static int clear_number(const struct kg_system *system, const struct kg_sets *sets,
			const struct group *group, size_t number, struct kg_plan *plan,
			struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		if (!kg_sets_replace(group->first, set))
			continue;
		for (size_t j = 0; j < set->file_count; j++) {
			if (discard(system, sets, &set->files[j], number, plan, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int place_group(const struct kg_system *system, const struct kg_sets *sets,
		       struct group *group, struct kg_plan *plan, struct kg_strings *notes,
		       struct kg_error *err)
{
	size_t placed = 0;

	if (kg_room_limit(&system->root, group->wanted, &group->count, notes, err) < 0)
		return -1;
	for (size_t number = 1; number <= kg_fallback_max; number++) {
		const struct kg_set *set = placed < group->count ? group->wanted[placed] : NULL;
		char *obstacle = NULL;
		int result;

		err->code = 0;
		if (set && find_obstacle(system, sets, set, number, &obstacle, err) < 0)
			return -1;
		if (obstacle) {
			result = kg_strings_take(notes, obstacle, err);
		} else {
			result = set ? plan_set(system, sets, set, number, plan, err)
				     : clear_number(system, sets, group, number, plan, err);
			placed += set ? 1 : 0;
		}
		if (result < 0)
			return -1;
	}
	return 0;
}

int kg_keep_plan(const struct kg_system *system, const struct kg_sets *sets, unsigned int keep,
		 bool replacing, struct kg_plan *plan, struct kg_strings *notes,
		 struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		struct group group;
		int result;

		if (!is_first_of_group(sets, i))
			continue;
		if (gather(system, sets, i, keep, replacing, &group, err) < 0)
			return -1;
		result = place_group(system, sets, &group, plan, notes, err);
		free(group.wanted);
		if (result < 0)
			return -1;
	}
	return 0;
}
