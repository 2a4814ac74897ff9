// SPDX-License-Identifier: GPL-2.0-or-later
#include "placed.h"

#include <stdlib.h>

#include "kernel-guard/boot/fallback.h"

char *kg_placed_path(const struct kg_set_file *file, size_t number, struct kg_error *err)
{
	return number == 0 ? kg_copy_string(file->path, err)
			   : kg_kept_name(file->path, (unsigned int)number, err);
}

bool kg_set_is_placed(const struct kg_root *root, const struct kg_set *set, size_t number)
{
	bool placed = true;

	for (size_t i = 0; placed && i < set->file_count; i++) {
		struct kg_error ignored;
		char *path = kg_placed_path(&set->files[i], number, &ignored);
		char *copy = kg_set_file_path(set, &set->files[i], &ignored);

		placed = false;
		if (path && copy && kg_root_same_file(root, path, copy, &placed, &ignored) < 0)
			placed = false;
		free(path);
		free(copy);
	}
	return placed;
}

int kg_set_plan(const struct kg_set *set, size_t number, struct kg_plan *plan, struct kg_error *err)
{
	int result = 0;

	for (size_t i = set->file_count; result == 0 && i-- > 0;) {
		const struct kg_set_file *file = &set->files[i];
		char *path = kg_placed_path(file, number, err);
		char *source = kg_set_file_path(set, file, err);

		result = path && source ? kg_plan_copy(plan, path, source, file->digest, 0600, err)
					: -1;
		free(source);
		free(path);
	}
	return result;
}
