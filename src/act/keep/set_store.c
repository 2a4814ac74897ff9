// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digests.h"
#include "directory.h"
#include "kernel-guard/act/copy.h"
#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/act/tree.h"
#include "kernel-guard/system/digest.h"
#include "set_json.h"
#include "set_store.h"

int kg_sets_open(const struct kg_root *root, struct kg_error *err)
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

/*
 * Whether the source still is what it was when the set was made of it, and has not changed after
 * before.
 */
static int check_source(const struct kg_root *root, const struct kg_set_file *file,
			uint64_t before, struct kg_error *err)
{
	struct kg_stamp now;
	struct kg_file there;

	if (kg_root_open_file(root, file->source, &there, err) < 0)
		return -1;
	now = kg_stamp_of(&there);
	kg_file_close(&there);
	if (kg_stamp_equal(&now, &file->stamp) &&
	    (before == 0 || now.changed.tv_sec < 0 || (uint64_t)now.changed.tv_sec <= before))
		return 0;
	return kg_fail(err, ESTALE, "%s: has changed while it was kept", file->source);
}

/*
 * What a symbolic link leads to below the root is what GRUB starts, and what is kept. Looked at
 * behind the copying: a file that is written to gets its new time before its new content.
 */
static int copy_file(const struct kg_root *root, const struct kg_set_file *file, int directory,
		     uint64_t before, struct kg_error *err)
{
	struct kg_file source;
	int result;

	if (kg_root_open_file(root, file->source, &source, err) < 0)
		return -1;
	result = kg_copy_open_file_at(source.fd, directory, file->name);
	if (result < 0)
		kg_fail(err, errno, "%s: cannot be kept: %s", file->source, strerror(errno));
	else
		result = check_source(root, file, before, err);
	kg_file_close(&source);
	return result;
}

/*
 * Makes the directory under another name, with copies of the boot files, and begins their digests.
 */
static int begin_set(const struct kg_root *root, struct kg_set *set, uint64_t before, int sets,
		     const char *making, struct kg_digests *digests, struct kg_error *err)
{
	int directory = make_directory(sets, making, err);
	int result = directory < 0 ? -1 : 0;

	for (size_t i = 0; result == 0 && i < set->file_count; i++)
		result = copy_file(root, &set->files[i], directory, before, err);
	if (result == 0)
		result = kg_digests_begin(digests, set, directory, err);
	if (directory >= 0)
		close(directory);
	return result;
}

static int sync_file(int directory, const struct kg_set_file *file, struct kg_error *err)
{
	return kg_sync_file_at(directory, file->name) < 0
		       ? kg_fail_at(err, KG_KEPT_SETS, file->name)
		       : 0;
}

static int finish_set(const struct kg_set *set, int sets, const char *making, struct kg_error *err)
{
	int directory = openat(sets, making, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int result = directory < 0 ? kg_fail_at(err, KG_KEPT_SETS, making) : 0;

	for (size_t i = 0; result == 0 && i < set->file_count; i++)
		result = sync_file(directory, &set->files[i], err);
	if (result == 0)
		result = kg_set_write_facts(directory, set, err);
	if (directory >= 0)
		close(directory);
	/* One of this name is of no use: emptied, or its copies or facts are damaged. */
	if (result == 0 && kg_directory_discard(sets, set->id) < 0)
		result = kg_fail_at(err, KG_KEPT_SETS, set->id);
	if (result == 0 && (renameat(sets, making, sets, set->id) < 0 || fsync(sets) < 0))
		result = kg_fail_at(err, KG_KEPT_SETS, set->id);
	return result;
}

int kg_set_refresh_facts(const struct kg_set *set, int sets, struct kg_error *err)
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
 * module) under the set's, which its digests tell; *name is the set's or the release's.
 */
static int keep_tree(const struct kg_root *root, const struct kg_set *set,
		     struct kg_digests *digests, const char **name, struct kg_error *err)
{
	bool same = true;

	*name = set->release;
	if (kg_module_tree_is_kept(root, *name) &&
	    kg_tree_compare(root, set->release, *name, &same, err) < 0)
		return -1;
	if (!same) {
		if (kg_digests_finish(digests, err) < 0)
			return -1;
		*name = set->id;
	}
	return kg_tree_keep(root, set->release, *name, err);
}

static int complete_tree(const struct kg_root *root, struct kg_set *set,
			 struct kg_digests *digests, struct kg_strings *notes,
			 struct kg_error *err)
{
	const char *name = NULL;
	struct kg_error why = {0};
	int kept = -1;

	if (set->tree && kg_module_tree_is_kept(root, set->tree))
		return kg_digests_finish(digests, err);
	if (kg_module_tree_is_installed(root, set->release))
		kept = keep_tree(root, set, digests, &name, &why);
	free(set->tree);
	set->tree = NULL;
	if (kept == 0 && !kg_copy_optional(&set->tree, name, err))
		return -1;
	if (kg_digests_finish(digests, err) < 0)
		return -1;
	if (kept == 0)
		return 0;
	if (why.code == ENOMEM)
		return kg_fail_memory(err);
	return why.code == 0 ? 0
			     : kg_strings_take(notes,
					       kg_format(err, "the modules of %s are not kept: %s",
							 set->release, why.message),
					       err);
}

/*
 * One of this ID is there already, but its copies are damaged. Its tree, which may be another one
 * than the present, is that of what has booted.
 */
static int take_over(const struct kg_root *root, const struct kg_sets *sets, struct kg_set *set,
		     struct kg_error *err)
{
	const struct kg_set *stored = kg_sets_find(sets, set->id);

	if (!stored)
		return 0;
	if (stored->boot > set->boot)
		set->boot = stored->boot;
	if (!stored->tree || !kg_module_tree_is_kept(root, stored->tree))
		return 0;
	free(set->tree);
	return kg_copy_optional(&set->tree, stored->tree, err) ? 0 : -1;
}

/* Of a set that could not be stored: its tree, if it was not there before, is nobody's. */
static void forget_tree(const struct kg_root *root, const struct kg_strings *before, int sets,
			const struct kg_set *set)
{
	struct kg_error ignored;

	if (set->tree && !kg_strings_contain(before, set->tree) &&
	    !(set->id && faccessat(sets, set->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0))
		(void)kg_tree_remove(root, set->tree, &ignored);
}

/* The disk writes the copies of the boot files, and they are digested, while the tree is made. */
static int make_set(const struct kg_root *root, const struct kg_sets *sets, struct kg_set *set,
		    uint64_t before, int directory, const char *making, struct kg_strings *notes,
		    struct kg_error *err)
{
	struct kg_digests digests = {0};
	struct kg_strings trees = {0};
	struct kg_error ignored;
	int result = begin_set(root, set, before, directory, making, &digests, err);

	if (result == 0 && kg_root_list(root, KG_KEPT_TREES, &trees, err) < 0 &&
	    err->code != ENOENT)
		result = -1;
	else if (result == 0)
		result = complete_tree(root, set, &digests, notes, err);
	if (result == 0)
		result = take_over(root, sets, set, err);
	if (result == 0)
		result = finish_set(set, directory, making, err);
	if (result < 0) {
		(void)kg_digests_finish(&digests, &ignored);
		forget_tree(root, &trees, directory, set);
	}
	kg_strings_free(&trees);
	return result;
}

int kg_set_store(const struct kg_root *root, const struct kg_sets *sets, struct kg_set *set,
		 uint64_t before, struct kg_strings *notes, struct kg_error *err)
{
	int directory = kg_sets_open(root, err);
	char *making = kg_format(err, "%s" KG_MAKING, set->release);
	int result = -1;

	if (directory >= 0 && making)
		result = make_set(root, sets, set, before, directory, making, notes, err);
	if (result < 0 && directory >= 0 && making)
		(void)kg_directory_remove(directory, making);
	if (directory >= 0)
		close(directory);
	free(making);
	return result;
}

int kg_set_complete(const struct kg_root *root, struct kg_set *set, struct kg_strings *notes,
		    struct kg_error *err)
{
	int directory = kg_sets_open(root, err);
	struct kg_digests none = {0};
	int result;

	if (directory < 0)
		return -1;
	result = complete_tree(root, set, &none, notes, err);
	if (result == 0)
		result = kg_set_refresh_facts(set, directory, err);
	close(directory);
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

int kg_set_verify(const struct kg_root *root, const struct kg_set *set, struct kg_error *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < set->file_count; i++) {
		char digest[kg_digest_size];
		char *path = kg_set_file_path(set, &set->files[i], err);

		result = path ? kg_digest_file(root, path, digest, err) : -1;
		if (result == 0 && strcmp(digest, set->files[i].digest) != 0)
			result = kg_fail(err, EBADMSG, "%s: is not what was kept", path);
		free(path);
	}
	return result;
}
