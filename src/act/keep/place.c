// SPDX-License-Identifier: GPL-2.0-or-later
/* Kept files beside the originals: vmlinuz-linux.old, initramfs-linux.old.img, then .old.2 … */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/place.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/boot/loader.h"
#include "choose.h"
#include "number.h"
#include "placed.h"

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

/* What to do about a file that is not ours: where ours may lie under no other name, how. */
static char *tell_foreign(const struct kg_set *set, const char *path, bool only,
			  struct kg_error *err)
{
	const char *name = kg_base_name(path);

	/* With GRUB: whatever begins with vmlinuz- is a kernel to grub-mkconfig. */
	return only ? kg_format(err,
				"%s is not of kernel-guard, and stays, and under a further name "
				"GRUB would start the kernel %s by default: it is not kept beside "
				"the new one. To have it kept: mv -n %s %.*smy-%s",
				path, set->release, path, (int)(name - path), path, name)
		    : kg_format(err,
				"%s is not of kernel-guard, and stays; move it away to have the "
				"kernel %s kept under that name",
				path, set->release);
}

/* An empty file is what a power cut may leave of ours: kg_replace_file(). */
static bool is_empty(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_size == 0;
}

/*
 * Why no kept file may lie under this number, in a sentence for notes: whatever has our name and is
 * not ours is somebody's, a file, a link, or a directory. NULL where one may.
 */
static int find_obstacle(const struct kg_system *system, const struct kg_sets *sets,
			 const struct kg_set *set, size_t number, bool only,
			 char **obstacle, struct kg_error *err)
{
	*obstacle = NULL;
	for (size_t i = 0; i < set->file_count && !*obstacle; i++) {
		char *path = kg_placed_path(&set->files[i], number, err);
		struct stat status;
		bool foreign;

		if (!path)
			return -1;
		foreign = kg_place_look(&system->root, path, &status) &&
			  !is_empty(&status) &&
			  !kg_sets_have_content(&system->root, sets, path);
		if (foreign)
			*obstacle = tell_foreign(set, path, only, err);
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

/* Both places of a count, of which one stays empty: files that lay in the other one move. */
static int place_group(const struct kg_system *system, const struct kg_sets *sets,
		       const struct kg_group *group, struct kg_plan *plan, struct kg_strings *notes,
		       struct kg_error *err)
{
	size_t placed = 0;

	for (size_t i = 0; i < kg_kept_last; i++) {
		bool apart = i % 2 != 0;
		size_t count = i / 2 + 1;
		const struct kg_set *next = placed < group->count && count <= group->last
						    ? group->wanted[placed]
						    : NULL;
		size_t number = kg_kept_number(count, apart);
		const struct kg_number wanted = {
			.system = system,
			.sets = sets,
			.of = group->first,
			.number = number,
			.set = next && kg_keeps_apart(system, next->files[0].path) == apart ? next
											    : NULL,
		};
		char *obstacle = NULL;
		int result;

		err->code = 0;
		if (wanted.set &&
		    find_obstacle(system, sets, wanted.set, number, group->last == 1, &obstacle,
				  err) < 0)
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

/* A kernel whose files have no place there does not keep the others from theirs. */
static int try_group(const struct kg_system *system, const struct kg_sets *sets,
		     const struct kg_group *group, struct kg_plan *plan, struct kg_strings *notes,
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

int kg_keep_plan(const struct kg_system *system, const struct kg_sets *sets,
		 const struct kg_refresh *refresh, struct kg_plan *plan,
		 struct kg_strings *damaged, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_groups groups;
	int result = kg_groups_choose(system, sets, refresh, &groups, damaged, notes, err);

	for (size_t i = 0; result == 0 && i < groups.count; i++) {
		if (!groups.items[i].shared)
			result = try_group(system, sets, &groups.items[i], plan, notes, err);
	}
	if (result == 0 && refresh->beside)
		result = kg_groups_chosen(&groups, refresh->beside, err);
	kg_groups_free(&groups);
	return result;
}
