// SPDX-License-Identifier: GPL-2.0-or-later
#include "placed.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/place.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/system/digest.h"

char *kg_placed_path(const struct kg_set_file *file, size_t number, struct kg_error *err)
{
	return number == 0 ? kg_copy_string(file->path, err)
			   : kg_kept_name(file->path, number, err);
}

/* The copy may be damaged where what was made of it is not. */
bool kg_set_file_is_placed(const struct kg_root *root, const struct kg_set *set,
			   const struct kg_set_file *file, size_t number)
{
	char digest[kg_digest_size];
	struct kg_error ignored;
	struct kg_file there;
	char *path = kg_placed_path(file, number, &ignored);
	char *copy = kg_set_file_path(set, file, &ignored);
	bool placed = false;

	if (path && copy && kg_root_open_file(root, path, &there, &ignored) == 0) {
		kg_file_close(&there);
		if (there.size == file->size &&
		    (kg_root_same_file(root, path, copy, &placed, &ignored) < 0 || !placed))
			placed = kg_digest_file(root, path, digest, &ignored) == 0 &&
				 strcmp(digest, file->digest) == 0;
	}
	free(path);
	free(copy);
	return placed;
}

bool kg_set_is_placed(const struct kg_root *root, const struct kg_set *set, size_t number)
{
	bool placed = true;

	for (size_t i = 0; placed && i < set->file_count; i++)
		placed = kg_set_file_is_placed(root, set, &set->files[i], number);
	return placed;
}

/* Whether the digest is that of a kept set's file. */
static bool is_digest_of(const struct kg_sets *sets, const char *digest)
{
	for (size_t i = 0; i < sets->count; i++) {
		for (size_t j = 0; j < sets->items[i].file_count; j++) {
			if (strcmp(sets->items[i].files[j].digest, digest) == 0)
				return true;
		}
	}
	return false;
}

bool kg_sets_have_content(const struct kg_root *root, const struct kg_sets *sets, const char *path)
{
	char digest[kg_digest_size];
	struct kg_set_file there = {.source = (char *)(uintptr_t)path};
	struct kg_error ignored;
	struct kg_file file;
	struct stat status;
	bool sized = false;

	/* A link is not ours, whatever it leads to. */
	if (!kg_place_look(root, path, &status) || !S_ISREG(status.st_mode) ||
	    kg_root_open_file(root, path, &file, &ignored) < 0)
		return false;
	there.size = file.size;
	kg_file_close(&file);
	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		for (size_t j = 0; j < set->file_count; j++) {
			if (kg_set_holds(root, set, &set->files[j], &there))
				return true;
			sized |= set->files[j].size == there.size;
		}
	}
	return sized && kg_digest_file(root, path, digest, &ignored) == 0 &&
	       is_digest_of(sets, digest);
}

int kg_set_plan(const struct kg_set *set, size_t number, struct kg_plan *plan, struct kg_error *err)
{
	int result = 0;

	for (size_t i = set->file_count; result == 0 && i-- > 0;) {
		const struct kg_set_file *file = &set->files[i];
		char *path = kg_placed_path(file, number, err);
		char *source = kg_set_file_path(set, file, err);

		result = path && source ? kg_plan_copy(plan, path, source, file->digest, 0600,
							number == 0, err)
					: -1;
		free(source);
		free(path);
	}
	return result;
}
