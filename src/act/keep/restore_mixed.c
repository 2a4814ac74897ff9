// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/keep.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/system/microcode.h"
#include "set_target.h"

/* The first image of the target that is not of the set and fits one kernel, or NULL. */
static const char *other_image(const struct kg_system *system, const struct kg_target *target,
			       const struct kg_set *set)
{
	for (size_t i = 0; i < target->initrds.count; i++) {
		const char *path = target->initrds.items[i];
		bool own = false;

		for (size_t j = 1; j < set->file_count && !own; j++)
			own = strcmp(set->files[j].path, path) == 0;
		if (!own && kg_root_has_file(&system->root, path) &&
		    !kg_initrd_is_only_microcode(&system->root, path))
			return path;
	}
	return NULL;
}

/* ": COMMAND", by which an image is written anew, where mkinitcpio's presets name it. */
static char *rebuilding(const struct kg_system *system, const char *image, struct kg_error *err)
{
	for (size_t i = 0; i < system->mkinitcpio.preset_count; i++) {
		const struct kg_preset *preset = &system->mkinitcpio.presets[i];

		if (preset->image && strcmp(preset->image, image) == 0)
			return kg_format(err, ": mkinitcpio -p %s", preset->pkgbase);
	}
	return kg_copy_string("", err);
}

static int tell(const struct kg_system *system, const struct kg_target *target,
		const struct kg_set *set, struct kg_strings *hints, struct kg_error *err)
{
	const char *image = other_image(system, target, set);
	char *command;
	int result;

	if (!image)
		return 0;
	command = rebuilding(system, image, err);
	if (!command)
		return -1;
	result = kg_strings_take(hints,
				 kg_format(err,
					   "%s starts %s with an image of another kernel, %s: do "
					   "not choose it before that is written anew while %s "
					   "runs%s",
					   target->entry, set->release, image, set->release,
					   command),
				 err);
	free(command);
	return result;
}

int kg_restore_tell_mixed(const struct kg_system *system, const struct kg_set *set,
			  struct kg_strings *hints, struct kg_error *err)
{
	char release[256];
	struct kg_error why;

	if (kg_has_release_directory(set->files[0].path) ||
	    kg_kernel_read_release(&system->root, set->files[0].path, release, sizeof(release),
				   &why) < 0 ||
	    strcmp(release, set->release) == 0)
		return 0;
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->unified || target->foreign ||
		    strcmp(target->kernel, set->files[0].path) != 0 ||
		    kg_target_starts_set(system, target, set, 0, &why))
			continue;
		if (tell(system, target, set, hints, err) < 0)
			return -1;
	}
	return 0;
}
