// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/keep.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/boot/loader.h"
#include "kernel-guard/system/microcode.h"

/*
 * Whether the target starts kept files: by an entry of ours, or, where it has none, as what has a
 * kept one's name beside its original.
 */
static bool is_kept_twin(const struct kg_system *system, const struct kg_target *target)
{
	struct kg_error ignored;
	char *original;
	bool twin;

	if (!target->unified && kg_is_entry(target))
		return kg_is_own_entry(target);
	original = kg_original_name(target->kernel, "", &ignored);
	twin = original && strcmp(original, target->kernel) != 0 &&
	       kg_root_has_file(&system->root, original);
	free(original);
	return twin;
}

/*
 * Added as what it is the kept twin of, if it is one: a set that was booted from its kept files is
 * the same.
 */
static int add_file(const struct kg_system *system, const struct kg_target *target,
		    const char *path, struct kg_set *set, struct kg_error *err)
{
	struct kg_set_file *added;
	char *original = NULL;
	struct kg_file file;
	int result;

	if (is_kept_twin(system, target) && !(original = kg_original_name(path, set->release, err)))
		return -1;
	if (kg_root_open_file(&system->root, path, &file, err) < 0) {
		free(original);
		return -1;
	}
	result = kg_set_add_file(set, original ? original : path, NULL, file.size, err);
	if (result == 0) {
		added = &set->files[set->file_count - 1];
		added->stamp = kg_stamp_of(&file);
		result = kg_copy_optional(&added->source, path, err) ? 0 : -1;
	}
	kg_file_close(&file);
	free(original);
	return result;
}

/* The images that are files: what is inside of a unified image is kept with it. */
static int add_images(const struct kg_system *system, const struct kg_target *target,
		      struct kg_set *set, struct kg_error *err)
{
	for (size_t i = 0; !target->unified && i < target->initrds.count; i++) {
		const char *path = target->initrds.items[i];

		if (!kg_initrd_is_only_microcode(&system->root, path) &&
		    add_file(system, target, path, set, err) < 0)
			return -1;
	}
	return 0;
}

/* The package that owned the kernel, of whose version one speaks to pacman. */
static int add_package(const struct kg_system *system, struct kg_set *set, struct kg_error *err)
{
	struct kg_package package = {0};

	if (system->packages &&
	    kg_packages_kernel(system->packages, set->release, set->pkgbase, &package) &&
	    (!kg_copy_optional(&set->package, package.name, err) ||
	     !kg_copy_optional(&set->version, package.version, err)))
		return -1;
	return 0;
}

/* What the target says, or else the module tree. */
static int add_pkgbase(const struct kg_system *system, const struct kg_target *target,
		       struct kg_set *set, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_error why;
	char *path;

	if (target->pkgbase)
		return kg_copy_optional(&set->pkgbase, target->pkgbase, err) ? 0 : -1;
	path = kg_format(err, "/usr/lib/modules/%s/pkgbase", set->release);
	if (!path)
		return -1;
	if (kg_root_read_file(&system->root, path, 256, &text, &why) == 0)
		set->pkgbase = kg_span_copy_string(kg_span_trimmed(kg_buffer_span(&text)), &why);
	if (set->pkgbase)
		set->pkgbase[strcspn(set->pkgbase, "\n")] = '\0';
	kg_buffer_free(&text);
	free(path);
	return 0;
}

int kg_set_of_target(const struct kg_system *system, const struct kg_target *target,
		     struct kg_set *set, struct kg_error *err)
{
	struct kg_set made = {0};
	char release[256];
	int result = kg_kernel_read_release(&system->root, target->kernel, release, sizeof(release),
					    err);

	if (result == 0 && !kg_copy_optional(&made.release, release, err))
		result = -1;
	if (result == 0)
		result = add_file(system, target, target->kernel, &made, err);
	if (result == 0)
		result = add_images(system, target, &made, err);
	if (result == 0)
		result = add_pkgbase(system, target, &made, err);
	if (result == 0)
		result = add_package(system, &made, err);
	if (result < 0) {
		kg_set_free(&made);
		return -1;
	}
	*set = made;
	return 0;
}
