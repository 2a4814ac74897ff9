// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "kernel-guard/act/entries.h"
#include "kernel-guard/act/keep.h"
#include "kernel-guard/boot/fallback.h"
#include "set_target.h"

/* Under which numbers the files lie that are to be the default. */
static size_t last_number(const struct kg_set *set)
{
	return kg_has_release_directory(set->files[0].path) ? kg_fallback_max : 0;
}

int kg_restore_plan_default(const struct kg_system *system, const struct kg_set *set,
			    struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_error why;

	for (size_t number = 0; number <= last_number(set); number++) {
		const struct kg_target *target = kg_set_target(system, set, number, err);

		if (!target && err->code != 0)
			return -1;
		if (!target)
			continue;
		if (target->is_default && !kg_has_release_directory(set->files[0].path))
			return 0;
		if (kg_default_plan(system, target, plan, notes, &why) == 0)
			return 0;
		/* What a loader has no file for is for its user to choose. */
		if (why.code == ENOTSUP)
			return kg_strings_add(notes, why.message, err);
		*err = why;
		return -1;
	}
	if (kg_has_release_directory(set->files[0].path))
		return kg_fail(err, ENOENT,
			       "%s has no boot entry: set keep in /etc/kernel-guard.conf so that "
			       "it is among the kernels that lie beside the others",
			       set->release);
	return kg_strings_take(notes,
			       kg_format(err,
					 "no boot entry starts %s with the images that it has "
					 "booted with: write one before you reboot",
					 set->files[0].path),
			       err);
}

bool kg_restore_is_default(const struct kg_system *system, const struct kg_set *set)
{
	for (size_t number = 0; number <= last_number(set); number++) {
		struct kg_error ignored;
		const struct kg_target *target = kg_set_target(system, set, number, &ignored);

		if (target && target->is_default)
			return true;
	}
	return false;
}
