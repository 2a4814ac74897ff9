// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "directory.h"
#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/core/buffer.h"
#include "set_json.h"

static int compare_boots(const void *left, const void *right)
{
	const struct kg_set *a = left;
	const struct kg_set *b = right;

	return (a->boot < b->boot) - (a->boot > b->boot);
}

static int read_set(const struct kg_root *root, const char *id, struct kg_sets *sets,
		    struct kg_strings *notes, struct kg_error *err)
{
	struct kg_error why;
	struct kg_set set;

	if (kg_ends_with(id, KG_MAKING) || kg_ends_with(id, KG_REMOVING))
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

const struct kg_set *kg_sets_find(const struct kg_sets *sets, const char *id)
{
	for (size_t i = 0; i < sets->count; i++) {
		if (strcmp(sets->items[i].id, id) == 0)
			return &sets->items[i];
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
