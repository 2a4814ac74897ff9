// SPDX-License-Identifier: GPL-2.0-or-later
#include "moved.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel-guard/system/kept_name.h"
#include "set_store.h"

static bool has_same_paths(const struct kg_set *left, const struct kg_set *right)
{
	for (size_t i = 0; i < left->file_count; i++) {
		if (strcmp(left->files[i].path, right->files[i].path) != 0)
			return false;
	}
	return true;
}

bool kg_set_has_moved(const struct kg_root *root, const struct kg_set *stored,
		      const struct kg_set *found)
{
	if (stored->file_count != found->file_count || has_same_paths(stored, found) ||
	    kg_root_has_file(root, stored->files[0].path))
		return false;
	for (size_t i = 0; i < found->file_count; i++) {
		const char *path = found->files[i].path;

		if (kg_is_kept_name(path) || !kg_root_has_file(root, path))
			return false;
	}
	return true;
}

static size_t directory_length(const char *path)
{
	return (size_t)(kg_base_name(path) - path);
}

static bool share_directory(const char *left, const char *right)
{
	size_t length = directory_length(left);

	return length == directory_length(right) && strncmp(left, right, length) == 0;
}

/* Whether all of its files have gone from one directory to another under their names. */
static bool has_kept_names(const struct kg_set *from, const struct kg_set *to)
{
	for (size_t i = 0; i < from->file_count; i++) {
		const char *old = from->files[i].path;
		const char *new = to->files[i].path;

		if (strcmp(kg_base_name(old), kg_base_name(new)) != 0 ||
		    !share_directory(old, from->files[0].path) ||
		    !share_directory(new, to->files[0].path))
			return false;
	}
	return true;
}

/* Where the path has gone; NULL where that is not known, or with ENOMEM. */
static char *new_path(const struct kg_set *from, const struct kg_set *to, const char *path,
		      struct kg_error *err)
{
	const char *directory = to->files[0].path;

	for (size_t i = 0; i < from->file_count; i++) {
		if (strcmp(from->files[i].path, path) == 0)
			return kg_copy_string(to->files[i].path, err);
	}
	if (!has_kept_names(from, to) || !share_directory(path, from->files[0].path))
		return NULL;
	return kg_format(err, "%.*s%s", (int)directory_length(directory), directory,
			 kg_base_name(path));
}

/* All files of it or none: a kernel and its images stay together. */
static int move_paths(struct kg_set *set, const struct kg_set *from, const struct kg_set *to,
		      bool *moved, struct kg_error *err)
{
	struct kg_strings paths = {0};
	int result = 0;

	err->code = 0;
	for (size_t i = 0; result == 0 && i < set->file_count; i++) {
		char *path = new_path(from, to, set->files[i].path, err);

		if (!path)
			break;
		result = kg_strings_take(&paths, path, err);
	}
	if (err->code != 0)
		result = -1;
	*moved = result == 0 && paths.count == set->file_count;
	for (size_t i = 0; *moved && i < set->file_count; i++) {
		free(set->files[i].path);
		set->files[i].path = paths.items[i];
		paths.items[i] = NULL;
	}
	kg_strings_free(&paths);
	return result;
}

static int move_others(struct kg_sets *sets, const struct kg_set *from, const struct kg_set *to,
		       int directory, struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		struct kg_set *other = &sets->items[i];
		bool moved;

		if (strcmp(other->id, from->id) == 0 || !kg_sets_replace(other, from))
			continue;
		if (move_paths(other, from, to, &moved, err) < 0 ||
		    (moved && kg_set_refresh_facts(other, directory, err) < 0))
			return -1;
	}
	return 0;
}

int kg_set_move(const struct kg_root *root, struct kg_sets *sets, const struct kg_set *stored,
		const struct kg_set *found, struct kg_set *set, struct kg_error *err)
{
	bool moved;
	int directory = kg_sets_open(root, err);
	int result;

	if (directory < 0)
		return -1;
	result = move_others(sets, stored, found, directory, err);
	close(directory);
	return result == 0 ? move_paths(set, stored, found, &moved, err) : -1;
}
