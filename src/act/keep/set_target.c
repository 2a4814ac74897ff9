// SPDX-License-Identifier: GPL-2.0-or-later
#include "set_target.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/system/microcode.h"
#include "placed.h"

bool kg_target_starts_set(const struct kg_system *system, const struct kg_target *target,
			  const struct kg_set *set, size_t number, struct kg_error *err)
{
	size_t count = 0;
	bool same = true;

	for (size_t i = 0; same && i <= (target->unified ? 0 : target->initrds.count); i++) {
		const char *path = i == 0 ? target->kernel : target->initrds.items[i - 1];
		char *wanted;

		if (i > 0 && kg_initrd_is_only_microcode(&system->root, path))
			continue;
		wanted = count < set->file_count
				 ? kg_placed_path(&set->files[count++], number, err)
				 : NULL;
		same = wanted && strcmp(path, wanted) == 0;
		free(wanted);
	}
	return same && count == set->file_count;
}

const struct kg_target *kg_set_target(const struct kg_system *system, const struct kg_set *set,
				      size_t number, struct kg_error *err)
{
	const struct kg_target *found = NULL;

	err->code = 0;
	if (!kg_set_is_placed(&system->root, set, number))
		return NULL;
	for (size_t i = 0; i < system->targets.count && err->code == 0; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (kg_target_starts_set(system, target, set, number, err) &&
		    (!found || target->is_default))
			found = target;
	}
	return err->code == 0 ? found : NULL;
}
