// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "kernel-guard/act/keep.h"
#include "kernel-guard/act/tree.h"
#include "remains.h"

static const char modules[] = "/usr/lib/modules";

static bool has_directory(const struct kg_root *root, const char *release)
{
	struct kg_error ignored;
	char *path = kg_format(&ignored, "%s/%s", modules, release);
	bool found = path && kg_root_has_directory(root, path);

	free(path);
	return found;
}

static bool is_needed(const struct kg_sets *sets, const char *release)
{
	for (size_t i = 0; i < sets->count; i++) {
		if (sets->items[i].tree && strcmp(sets->items[i].release, release) == 0)
			return true;
	}
	return false;
}

/* Only an empty directory goes: rmdir(2) sees to that. */
static int remove_mount_points(const struct kg_system *system, const struct kg_sets *sets,
			       int directory)
{
	for (size_t i = 0; i < system->releases.count; i++) {
		const char *release = system->releases.items[i];

		if (!is_needed(sets, release) &&
		    !kg_module_tree_is_installed(&system->root, release) && *release != '.')
			(void)unlinkat(directory, release, AT_REMOVEDIR);
	}
	return 0;
}

int kg_keep_mount_points(const struct kg_system *system, const struct kg_sets *sets,
			 struct kg_error *err)
{
	int directory;
	int result = 0;

	if (sets->count == 0)
		return 0;
	directory = kg_root_open_directory(&system->root, modules, err);
	if (directory < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		/* On a read-only root recover finds the one that is there, or cannot mount. */
		if (set->tree && !has_directory(&system->root, set->release) &&
		    mkdirat(directory, set->release, 0755) < 0 && errno != EROFS)
			result = kg_fail_at(err, modules, set->release);
	}
	if (result == 0)
		result = remove_mount_points(system, sets, directory);
	close(directory);
	return result;
}

/*
 * The tree of the set of this release that booted last; where the sets cannot be read yet, because
 * /var is mounted later, the one that is called like the release.
 */
static const char *find_tree(const struct kg_root *root, const struct kg_sets *sets,
			     const char *release)
{
	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		if (set->tree && strcmp(set->release, release) == 0 &&
		    kg_module_tree_is_kept(root, set->tree))
			return set->tree;
	}
	return kg_module_tree_is_kept(root, release) ? release : NULL;
}

/* Whether the kept tree is to be put at the place, and is not there. */
static int is_wanted(const struct kg_system *system, const struct kg_sets *sets, const char *tree,
		     const char *from, const char *to, bool *wanted, struct kg_error *err)
{
	*wanted = true;
	if (!kg_module_tree_is_installed(&system->root, system->machine.release))
		return 0;
	*wanted = false;
	if (kg_root_same_directory(&system->root, from, to))
		return 0;
	return kg_tree_is_remains(system, sets, tree, wanted, err);
}

/*
 * Writable, for pacman (CheckSpace) installs nothing below what is mounted read-only, and `hook
 * pre` comes later. The directory may be gone: pacman takes an empty one away, and one that is
 * killed does not get to `hook post`.
 */
static int mount_at(const struct kg_system *system, const char *from, const char *to,
		    struct kg_error *err)
{
	const char *release = system->machine.release;

	if (!has_directory(&system->root, release)) {
		int directory = kg_directory_make(&system->root, modules, release, err);

		if (directory < 0)
			return -1;
		close(directory);
	}
	if (mount(from, to, NULL, MS_BIND, NULL) < 0)
		return kg_fail(err, errno, "the modules of %s cannot be put at %s: %s", release, to,
			       strerror(errno));
	return 0;
}

static int mount_tree(const struct kg_system *system, const struct kg_sets *sets, bool dry_run,
		      bool *mounted, struct kg_error *err)
{
	const char *release = system->machine.release;
	const char *tree = find_tree(&system->root, sets, release);
	bool wanted;
	char *from;
	char *to;
	int result = -1;

	if (!tree)
		return 0;
	from = kg_format(err, "%s/%s", KG_KEPT_TREES, tree);
	to = kg_format(err, "%s/%s", modules, release);
	if (from && to)
		result = is_wanted(system, sets, tree, from, to, &wanted, err);
	if (result == 0 && wanted) {
		result = dry_run ? 0 : mount_at(system, from, to, err);
		*mounted = result == 0;
	}
	free(from);
	free(to);
	return result;
}

int kg_keep_mount(const struct kg_system *system, bool dry_run, bool *mounted,
		  struct kg_strings *notes, struct kg_error *err)
{
	struct kg_sets sets = {0};
	int result;

	*mounted = false;
	if (!system->live || !system->machine.release)
		return 0;
	result = kg_sets_read(&system->root, &sets, notes, err);
	if (result == 0)
		result = mount_tree(system, &sets, dry_run, mounted, err);
	kg_sets_free(&sets);
	return result;
}

static int unmount_trees(const struct kg_system *system, const struct kg_sets *sets,
			 struct kg_error *err)
{
	const char *release = system->machine.release;
	char *place = kg_format(err, "%s/%s", modules, release);
	int result = place ? 0 : -1;

	for (size_t i = 0; result == 0 && i < sets->count; i++) {
		const char *tree = sets->items[i].tree;
		char *kept;

		if (!tree || strcmp(sets->items[i].release, release) != 0)
			continue;
		kept = kg_format(err, "%s/%s", KG_KEPT_TREES, tree);
		if (!kept)
			result = -1;
		else if (kg_root_same_directory(&system->root, place, kept) &&
			 umount2(place, MNT_DETACH) < 0)
			result = kg_fail(err, errno, "%s: %s", place, strerror(errno));
		free(kept);
	}
	free(place);
	return result;
}

int kg_keep_unmount(const struct kg_system *system, struct kg_error *err)
{
	struct kg_strings ignored = {0};
	struct kg_sets sets = {0};
	int result;

	if (!system->live || !system->machine.release)
		return 0;
	result = kg_sets_read(&system->root, &sets, &ignored, err);
	if (result == 0)
		result = unmount_trees(system, &sets, err);
	kg_sets_free(&sets);
	kg_strings_free(&ignored);
	return result;
}
