// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory.h"
#include "kernel-guard/act/aside.h"
#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/core/buffer.h"
#include "set_json.h"

static int compare_boots(const void *left, const void *right)
{
	const struct kg_set *a = left;
	const struct kg_set *b = right;

	return (a->boot < b->boot) - (a->boot > b->boot);
}

/* What is being made, removed or was set aside. */
static bool is_no_set(const char *name)
{
	return kg_ends_with(name, KG_MAKING) || kg_ends_with(name, KG_REMOVING) ||
	       kg_is_put_aside(name);
}

static int read_set(const struct kg_root *root, const char *id, struct kg_sets *sets,
		    struct kg_strings *notes, struct kg_error *err)
{
	struct kg_error why;
	struct kg_set set;

	if (is_no_set(id))
		return 0;
	if (kg_array_reserve(&sets->items, &sets->capacity, sets->count, sizeof(*sets->items),
			     err) < 0)
		return -1;
	if (kg_set_read_facts(root, id, &set, &why) == 0) {
		sets->items[sets->count++] = set;
		return 0;
	}
	if (why.code == ENOMEM) {
		*err = why;
		return -1;
	}
	return kg_strings_take(notes, kg_format(err, "a kept set is not used: %s", why.message),
			       err);
}

int kg_sets_read(const struct kg_root *root, struct kg_sets *sets, struct kg_strings *notes,
		 struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_sets read = {0};
	struct kg_error why;
	int result = 0;

	if (kg_root_list(root, KG_KEPT_SETS, &names, &why) < 0) {
		if (why.code == ENOMEM)
			*err = why;
		result = why.code == ENOMEM ? -1 : 0;
		if (why.code != ENOENT && result == 0)
			result = kg_strings_add(notes, why.message, err);
	}
	for (size_t i = 0; result == 0 && i < names.count; i++)
		result = read_set(root, names.items[i], &read, notes, err);
	kg_strings_free(&names);
	if (result < 0) {
		kg_sets_free(&read);
		return -1;
	}
	if (read.count > 0)
		qsort(read.items, read.count, sizeof(*read.items), compare_boots);
	*sets = read;
	return 0;
}

int kg_sets_put(struct kg_sets *sets, struct kg_set *set, struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		if (strcmp(sets->items[i].id, set->id) == 0) {
			kg_sets_drop(sets, i);
			break;
		}
	}
	if (kg_array_reserve(&sets->items, &sets->capacity, sets->count, sizeof(*sets->items),
			     err) < 0) {
		kg_set_free(set);
		return -1;
	}
	sets->items[sets->count++] = *set;
	*set = (struct kg_set){0};
	qsort(sets->items, sets->count, sizeof(*sets->items), compare_boots);
	return 0;
}

void kg_sets_drop(struct kg_sets *sets, size_t index)
{
	kg_set_free(&sets->items[index]);
	sets->count--;
	memmove(&sets->items[index], &sets->items[index + 1],
		(sets->count - index) * sizeof(*sets->items));
}

int kg_set_aside(const struct kg_root *root, const char *id, const char *why,
		 struct kg_strings *notes, struct kg_error *err)
{
	char aside[kg_aside_name_size];
	int directory = kg_root_open_directory(root, KG_KEPT_SETS, err);
	int result;

	if (directory < 0)
		return -1;
	result = kg_put_aside(directory, id, aside);
	if (result < 0)
		kg_fail_at(err, KG_KEPT_SETS, id);
	close(directory);
	return result < 0 ? -1
			  : kg_strings_take(notes,
					    kg_format(err,
						      "a kept set is damaged, and lies in %s/%s "
						      "now: %s",
						      KG_KEPT_SETS, aside, why),
					    err);
}

/* What cannot be read for another reason than its content may be readable tomorrow. */
static int set_aside(const struct kg_root *root, const struct kg_clearing *clearing,
		     const char *id, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_error why;
	struct kg_set set;

	if (is_no_set(id))
		return 0;
	if (kg_set_read_facts(root, id, &set, &why) == 0) {
		kg_set_free(&set);
		return 0;
	}
	if (why.code == ENOMEM)
		return kg_fail_memory(err);
	if (why.code != EBADMSG && why.code != EFBIG && why.code != ENOENT)
		return 0;
	return clearing->dry_run ? kg_clearing_tell(clearing, "set aside", KG_KEPT_SETS, id, err)
				 : kg_set_aside(root, id, why.message, notes, err);
}

int kg_sets_set_aside(const struct kg_root *root, const struct kg_clearing *clearing,
		      struct kg_strings *notes, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error why;
	int result = 0;

	if (kg_root_list(root, KG_KEPT_SETS, &names, &why) < 0) {
		if (why.code == ENOENT)
			return 0;
		*err = why;
		return -1;
	}
	for (size_t i = 0; result == 0 && i < names.count; i++)
		result = set_aside(root, clearing, names.items[i], notes, err);
	kg_strings_free(&names);
	return result;
}

const struct kg_set *kg_sets_find(const struct kg_sets *sets, const char *id)
{
	for (size_t i = 0; i < sets->count; i++) {
		if (strcmp(sets->items[i].id, id) == 0)
			return &sets->items[i];
	}
	return NULL;
}

bool kg_set_holds(const struct kg_root *root, const struct kg_set *set,
		  const struct kg_set_file *copy, const struct kg_set_file *file)
{
	struct kg_error ignored;
	char *path;
	bool same = false;

	if (copy->size != file->size)
		return false;
	if (file->stamp.inode && kg_stamp_equal(&copy->stamp, &file->stamp))
		return true;
	path = kg_set_file_path(set, copy, &ignored);
	if (path && kg_root_same_file(root, path, file->source, &same, &ignored) < 0)
		same = false;
	free(path);
	return same;
}

const struct kg_set *kg_sets_match(const struct kg_root *root, const struct kg_sets *sets,
				   const struct kg_set *set)
{
	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *stored = &sets->items[i];
		bool same = stored->file_count == set->file_count &&
			    strcmp(stored->release, set->release) == 0;

		for (size_t j = 0; same && j < set->file_count; j++)
			same = kg_set_holds(root, stored, &stored->files[j], &set->files[j]);
		if (same)
			return stored;
	}
	return NULL;
}

bool kg_sets_replace(const struct kg_set *left, const struct kg_set *right)
{
	if (left->pkgbase && right->pkgbase)
		return strcmp(left->pkgbase, right->pkgbase) == 0;
	return left->file_count > 0 && right->file_count > 0 &&
	       strcmp(left->files[0].path, right->files[0].path) == 0;
}

uint64_t kg_sets_next_boot(const struct kg_sets *sets)
{
	uint64_t last = 0;

	for (size_t i = 0; i < sets->count; i++)
		last = sets->items[i].boot > last ? sets->items[i].boot : last;
	return last + 1;
}

void kg_sets_free(struct kg_sets *sets)
{
	for (size_t i = 0; i < sets->count; i++)
		kg_set_free(&sets->items[i]);
	free(sets->items);
	*sets = (struct kg_sets){0};
}
