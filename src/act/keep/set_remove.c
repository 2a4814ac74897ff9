// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory.h"
#include "kernel-guard/act/aside.h"
#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/act/place.h"
#include "kernel-guard/act/replace.h"
#include "kernel-guard/act/tree.h"
#include "set_json.h"
#include "set_store.h"

/* Whether one of the sets, other than except, has the tree. */
static bool has_tree(const struct kg_sets *sets, const char *tree, const struct kg_set *except)
{
	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		if (set->tree && strcmp(set->tree, tree) == 0 &&
		    !(except && strcmp(set->id, except->id) == 0))
			return true;
	}
	return false;
}

/*
 * Whether the set in this directory, whose facts are not to be read, may have the tree: its name
 * begins with its ID, RELEASE-DIGEST, and a tree is called like the one or the other.
 */
static bool may_have_tree(const char *name, const char *tree)
{
	size_t length = strlen(tree);

	return strncmp(name, tree, length) == 0 && strchr("-.", name[length]);
}

/* Whether a set may have the tree that cannot be read, or that is set aside. */
static bool has_unknown_set(const struct kg_root *root, const char *tree)
{
	struct kg_strings names = {0};
	struct kg_error ignored;
	bool found = kg_root_list(root, KG_KEPT_SETS, &names, &ignored) < 0;

	for (size_t i = 0; !found && i < names.count; i++) {
		const char *name = names.items[i];
		struct kg_set set;

		if (!may_have_tree(name, tree) || kg_ends_with(name, KG_MAKING) ||
		    kg_ends_with(name, KG_REMOVING))
			continue;
		found = kg_is_put_aside(name) || kg_set_read_facts(root, name, &set, &ignored) < 0;
		if (!found)
			kg_set_free(&set);
	}
	kg_strings_free(&names);
	return found;
}

/* The tree of a set that is gone: what another may have stays, for clear_trees() to find. */
static int remove_tree(const struct kg_root *root, const struct kg_sets *sets, const char *tree,
		       const struct kg_set *except, struct kg_error *err)
{
	return has_tree(sets, tree, except) || has_unknown_set(root, tree)
		       ? 0
		       : kg_tree_remove(root, tree, err);
}

int kg_set_remove(const struct kg_root *root, const struct kg_sets *sets, const struct kg_set *set,
		  struct kg_error *err)
{
	int directory = kg_sets_open(root, err);
	int result = 0;

	if (directory < 0)
		return -1;
	/* The set first: without its tree it would still be taken for one. */
	if (kg_directory_discard(directory, set->id) < 0)
		result = kg_fail_at(err, KG_KEPT_SETS, set->id);
	else if (set->tree)
		result = remove_tree(root, sets, set->tree, set, err);
	close(directory);
	return result;
}

int kg_set_give_up_tree(const struct kg_root *root, const struct kg_sets *sets, struct kg_set *set,
			struct kg_error *err)
{
	int directory = kg_sets_open(root, err);
	char *tree = set->tree;
	int result;

	if (directory < 0)
		return -1;
	set->tree = NULL;
	result = kg_set_refresh_facts(set, directory, err);
	close(directory);
	if (result < 0) {
		set->tree = tree;
		return -1;
	}
	result = remove_tree(root, sets, tree, set, err);
	free(tree);
	return result;
}

int kg_set_strip(const struct kg_root *root, const struct kg_sets *sets, struct kg_set *set,
		 struct kg_error *err)
{
	int result = set->tree ? kg_set_give_up_tree(root, sets, set, err) : 0;
	struct kg_place place;

	for (size_t i = 0; result == 0 && i < set->file_count; i++) {
		char *path = kg_set_file_path(set, &set->files[i], err);

		result = path ? kg_place_open(root, path, &place, err) : -1;
		if (result == 0) {
			if (kg_remove_file(place.directory, place.name) < 0)
				result = kg_fail(err, errno, "%s: %s", path, strerror(errno));
			kg_place_close(&place);
		}
		free(path);
	}
	return result;
}

static bool has_copy(const struct kg_root *root, const struct kg_set *set,
		     const struct kg_set_file *copy)
{
	struct kg_error why = {0};
	struct kg_file file;
	char *path = kg_set_file_path(set, copy, &why);

	if (path && kg_root_open_file(root, path, &file, &why) == 0)
		kg_file_close(&file);
	free(path);
	/* What cannot be told is there. */
	return why.code != ENOENT;
}

bool kg_set_is_stripped(const struct kg_root *root, const struct kg_set *set)
{
	/* The tree goes first, and then the kernel: so far it may have come. */
	if (!set->tree && set->file_count > 0 && !has_copy(root, set, &set->files[0]))
		return true;
	for (size_t i = 0; i < set->file_count; i++) {
		if (has_copy(root, set, &set->files[i]))
			return false;
	}
	return true;
}

/* Module trees whose set is gone, or has never come. */
static int clear_trees(const struct kg_root *root, const struct kg_clearing *clearing,
		       struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_strings notes = {0};
	struct kg_sets sets = {0};
	struct kg_error why;
	int result = kg_sets_read(root, &sets, &notes, err);

	if (result == 0 && kg_root_list(root, KG_KEPT_TREES, &names, &why) == 0) {
		for (size_t i = 0; result == 0 && i < names.count; i++) {
			const char *name = names.items[i];

			if (has_tree(&sets, name, NULL) || has_unknown_set(root, name))
				continue;
			if (!clearing->dry_run)
				result = kg_tree_remove(root, name, err);
			if (result == 0)
				result = kg_clearing_tell(clearing, "removed", KG_KEPT_TREES, name,
							  err);
		}
	}
	kg_sets_free(&sets);
	kg_strings_free(&notes);
	kg_strings_free(&names);
	return result;
}

/* What a set's facts were being written to. */
static int clear_facts(const struct kg_root *root, int sets, const struct kg_clearing *clearing,
		       struct kg_error *err)
{
	char temporary[kg_replace_name_size];
	struct kg_strings names = {0};
	int result = kg_directory_list(sets, KG_KEPT_SETS, &names, err);

	(void)kg_replace_temporary(KG_SET_FACTS, temporary);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		struct kg_error why;
		char *path = kg_format(err, KG_KEPT_SETS "/%s", names.items[i]);
		int set = path ? kg_root_open_directory(root, path, &why) : -1;

		result = path ? 0 : -1;
		if (set >= 0) {
			result = kg_clearing_remove(clearing, set, path, temporary, err);
			close(set);
		}
		free(path);
	}
	kg_strings_free(&names);
	return result;
}

int kg_sets_clear(const struct kg_root *root, bool trees, const struct kg_clearing *clearing,
		  struct kg_error *err)
{
	struct kg_error why;
	int sets = kg_root_open_directory(root, KG_KEPT_SETS, &why);
	int result = 0;

	if (sets >= 0) {
		result = kg_directory_clear(clearing, sets, KG_KEPT_SETS, err);
		if (result == 0)
			result = clear_facts(root, sets, clearing, err);
		close(sets);
	} else if (why.code != ENOENT) {
		*err = why;
		return -1;
	}
	if (result == 0)
		result = kg_tree_clear(root, clearing, err);
	/* Without the sets (/var is not there yet) nothing tells whose a tree is. */
	return result == 0 && sets >= 0 && trees ? clear_trees(root, clearing, err) : result;
}
