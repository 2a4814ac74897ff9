// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "kernel-guard/act/copy.h"
#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/act/place.h"
#include "kernel-guard/act/tree.h"
#include "kernel-guard/system/digest.h"
#include "set_json.h"

/* The directory of the sets, made where it is missing. */
static int open_sets(const struct kg_root *root, struct kg_error *err)
{
	int state = kg_directory_make(root, "/var/lib", "kernel-guard", err);

	if (state < 0)
		return -1;
	close(state);
	return kg_directory_make(root, "/var/lib/kernel-guard", "sets", err);
}

static int make_directory(int parent, const char *name, struct kg_error *err)
{
	int fd = -1;

	if (kg_directory_remove(parent, name) == 0 && mkdirat(parent, name, 0755) == 0)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? kg_fail_at(err, KG_KEPT_SETS, name) : fd;
}

static int copy_file(const struct kg_root *root, const struct kg_set_file *file, int directory,
		     struct kg_error *err)
{
	struct kg_place place;
	int result;

	if (kg_place_open(root, file->path, &place, err) < 0)
		return -1;
	result = kg_copy_file_at(place.directory, place.name, directory, file->name);
	if (result < 0)
		kg_fail(err, errno, "%s: cannot be kept: %s", file->path, strerror(errno));
	kg_place_close(&place);
	return result;
}

/* What was copied is compared, not what lies there: that may change under our hands. */
static int finish_file(const struct kg_root *root, const struct kg_set_file *file, int directory,
		       const char *directory_name, struct kg_error *err)
{
	char digest[kg_digest_size];
	char *copy = kg_format(err, "%s/%s/%s", KG_KEPT_SETS, directory_name, file->name);
	int result = copy ? kg_digest_file(root, copy, digest, err) : -1;

	if (result == 0 && strcmp(digest, file->digest) != 0)
		result = kg_fail(err, ESTALE, "%s: has changed while it was kept", file->path);
	if (result == 0 && kg_sync_file_at(directory, file->name) < 0)
		result = kg_fail(err, errno, "%s: %s", copy, strerror(errno));
	free(copy);
	return result;
}

/* Makes the directory under another name, with copies of the boot files. */
static int begin_set(const struct kg_root *root, const struct kg_set *set, int sets,
		     const char *making, struct kg_error *err)
{
	int directory = make_directory(sets, making, err);
	int result = directory < 0 ? -1 : 0;

	for (size_t i = 0; result == 0 && i < set->file_count; i++)
		result = copy_file(root, &set->files[i], directory, err);
	if (directory >= 0)
		close(directory);
	return result;
}

static int finish_set(const struct kg_root *root, const struct kg_set *set, int sets,
		      const char *making, struct kg_error *err)
{
	int directory = openat(sets, making, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int result = directory < 0 ? kg_fail_at(err, KG_KEPT_SETS, making) : 0;

	for (size_t i = 0; result == 0 && i < set->file_count; i++)
		result = finish_file(root, &set->files[i], directory, making, err);
	if (result == 0)
		result = kg_set_write_facts(directory, set, err);
	if (directory >= 0)
		close(directory);
	if (result == 0 && (renameat(sets, making, sets, set->id) < 0 || fsync(sets) < 0))
		result = kg_fail_at(err, KG_KEPT_SETS, set->id);
	return result;
}

static int refresh_facts(const struct kg_set *set, int sets, struct kg_error *err)
{
	int directory = openat(sets, set->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int result = directory < 0 ? kg_fail_at(err, KG_KEPT_SETS, set->id)
				   : kg_set_write_facts(directory, set, err);

	if (directory >= 0)
		close(directory);
	return result;
}

/*
 * Under the release's name, or where a tree of that name holds something else (DKMS has rebuilt a
 * module) under the set's.
 */
static int keep_tree(const struct kg_root *root, struct kg_set *set, struct kg_error *err)
{
	const char *name = set->release;
	bool same = true;

	if (kg_module_tree_is_kept(root, name) &&
	    kg_tree_compare(root, set->release, name, &same, err) < 0)
		return -1;
	if (!same)
		name = set->id;
	if (kg_tree_keep(root, set->release, name, err) < 0)
		return -1;
	return kg_copy_optional(&set->tree, name, err) ? 0 : -1;
}

static int complete_tree(const struct kg_root *root, struct kg_set *set, struct kg_strings *notes,
			 struct kg_error *err)
{
	struct kg_error why;

	if (set->tree && kg_module_tree_is_kept(root, set->tree))
		return 0;
	free(set->tree);
	set->tree = NULL;
	if (!kg_module_tree_is_installed(root, set->release) || keep_tree(root, set, &why) == 0)
		return 0;
	if (why.code == ENOMEM) {
		*err = why;
		return -1;
	}
	return kg_strings_take(
		notes,
		kg_format(err, "the modules of %s are not kept: %s", set->release, why.message),
		err);
}

/* The disk writes the copies of the boot files while the tree is made. */
static int make_set(const struct kg_root *root, struct kg_set *set, int sets,
		    struct kg_strings *notes, struct kg_error *err)
{
	char *making = kg_format(err, "%s" KG_MAKING, set->id);
	int result = making ? 0 : -1;

	if (result == 0 && kg_directory_discard(sets, set->id) < 0)
		result = kg_fail_at(err, KG_KEPT_SETS, set->id);
	if (result == 0)
		result = begin_set(root, set, sets, making, err);
	if (result == 0)
		result = complete_tree(root, set, notes, err);
	if (result == 0)
		result = finish_set(root, set, sets, making, err);
	if (result < 0 && making)
		(void)kg_directory_remove(sets, making);
	free(making);
	return result;
}

int kg_set_store(const struct kg_root *root, struct kg_set *set, struct kg_strings *notes,
		 struct kg_error *err)
{
	int sets = open_sets(root, err);
	int result;

	if (sets < 0)
		return -1;
	if (!kg_set_is_whole(root, set)) {
		result = make_set(root, set, sets, notes, err);
	} else {
		result = complete_tree(root, set, notes, err);
		if (result == 0)
			result = refresh_facts(set, sets, err);
	}
	close(sets);
	return result;
}

bool kg_set_is_whole(const struct kg_root *root, const struct kg_set *set)
{
	struct kg_error ignored;
	bool whole = true;

	for (size_t i = 0; whole && i < set->file_count; i++) {
		char *path = kg_set_file_path(set, &set->files[i], &ignored);
		struct kg_file file;

		whole = path && kg_root_open_file(root, path, &file, &ignored) == 0;
		if (whole) {
			whole = file.size == set->files[i].size;
			kg_file_close(&file);
		}
		free(path);
	}
	return whole;
}

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

int kg_set_remove(const struct kg_root *root, const struct kg_sets *sets, const struct kg_set *set,
		  struct kg_error *err)
{
	int directory = open_sets(root, err);
	int result = 0;

	if (directory < 0)
		return -1;
	/* The set first: without its tree it would still be taken for one. */
	if (kg_directory_discard(directory, set->id) < 0)
		result = kg_fail_at(err, KG_KEPT_SETS, set->id);
	else if (set->tree && !has_tree(sets, set->tree, set))
		result = kg_tree_remove(root, set->tree, err);
	close(directory);
	return result;
}

/* Module trees whose set is gone, or has never come. A set that cannot be read may have any. */
static int clear_trees(const struct kg_root *root, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_strings notes = {0};
	struct kg_sets sets = {0};
	struct kg_error why;
	int result = kg_sets_read(root, &sets, &notes, err);

	if (result == 0 && notes.count == 0 &&
	    kg_root_list(root, KG_KEPT_TREES, &names, &why) == 0) {
		for (size_t i = 0; result == 0 && i < names.count; i++) {
			if (!has_tree(&sets, names.items[i], NULL))
				result = kg_tree_remove(root, names.items[i], err);
		}
	}
	kg_sets_free(&sets);
	kg_strings_free(&notes);
	kg_strings_free(&names);
	return result;
}

int kg_sets_clear(const struct kg_root *root, struct kg_error *err)
{
	struct kg_error why;
	int sets = kg_root_open_directory(root, KG_KEPT_SETS, &why);
	int result = 0;

	if (sets >= 0) {
		result = kg_directory_clear(sets, KG_KEPT_SETS, err);
		close(sets);
	} else if (why.code != ENOENT) {
		*err = why;
		return -1;
	}
	if (result == 0)
		result = kg_tree_clear(root, err);
	/* Without the sets (/var is not there yet) nothing tells whose a tree is. */
	return result == 0 && sets >= 0 ? clear_trees(root, err) : result;
}
