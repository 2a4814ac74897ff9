// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/system/automount.h"
#include "kernel-guard/system/stray_modules.h"

static const char modules_directory[] = "/usr/lib/modules";

static int gather_releases(struct kg_system *system, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error reason;
	int result = 0;

	if (kg_root_list(&system->root, modules_directory, &names, &reason) < 0)
		return reason.code == ENOENT
			       ? 0
			       : kg_troubles_add(&system->troubles, KG_TROUBLE_UNREADABLE,
						 modules_directory, &reason, err);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		char *path = kg_format(err, "%s/%s", modules_directory, names.items[i]);

		if (!path)
			result = -1;
		else if (names.items[i][0] != '.' && kg_root_has_directory(&system->root, path))
			result = kg_strings_add(&system->releases, names.items[i], err);
		free(path);
	}
	kg_strings_free(&names);
	return result;
}

static int gather_packages(struct kg_system *system, struct kg_error *err)
{
	struct kg_error reason;

	if (kg_packages_open(&system->root, &system->packages, &reason) == 0 ||
	    reason.code == ENOENT)
		return 0;
	return kg_troubles_add(&system->troubles, KG_TROUBLE_UNREADABLE, "/var/lib/pacman",
			       &reason, err);
}

struct kg_boot_sources kg_system_boot_sources(const struct kg_system *system)
{
	return (struct kg_boot_sources){
		.mounts = &system->mounts,
		.fstab = &system->fstab,
		.devices = &system->devices,
		.machine = &system->machine,
	};
}

static int gather_targets(struct kg_system *system, struct kg_error *err)
{
	const struct kg_boot_sources boot = kg_system_boot_sources(system);
	const struct kg_target_sources sources = {
		.root = &system->root,
		.places = &system->places,
		.fstab = &system->fstab,
		.machine = &system->machine,
		.mkinitcpio = &system->mkinitcpio,
	};

	if (kg_fstab_read(&system->root, &system->fstab, &system->troubles, err) < 0)
		return -1;
	if (system->live && kg_automounts_trigger(&system->root, &boot, &system->mounts, err) < 0)
		return -1;
	if (kg_boot_places_find(&system->root, &boot, &system->places, err) < 0)
		return -1;
	return kg_targets_read(&sources, &system->targets, &system->troubles, err);
}

static int gather(struct kg_system *system, struct kg_error *err)
{
	if (gather_releases(system, err) < 0 || gather_packages(system, err) < 0)
		return -1;
	if (kg_mkinitcpio_read(&system->root, &system->mkinitcpio, &system->troubles, err) < 0)
		return -1;
	if (kg_modprobe_read(&system->root, &system->modprobe, &system->troubles, err) < 0 ||
	    kg_dkms_read(&system->root, &system->dkms, &system->troubles, err) < 0)
		return -1;
	return gather_targets(system, err);
}

/* Whether the root is the machine's own, so that what is mounted there can be looked at. */
static bool is_live(const struct kg_root *root, const char *machine)
{
	struct stat own;
	struct stat rooted;

	return machine && strcmp(machine, "/") == 0 && stat("/", &own) == 0 &&
	       fstat(root->fd, &rooted) == 0 && own.st_dev == rooted.st_dev &&
	       own.st_ino == rooted.st_ino;
}

static int gather_machine(struct kg_system *system, const char *machine, struct kg_error *err)
{
	system->live = is_live(&system->root, machine);
	if (kg_machine_read(machine, &system->machine, err) < 0 ||
	    kg_storage_read(machine, &system->root, &system->storage, err) < 0 ||
	    kg_block_devices_read(machine, &system->devices, err) < 0)
		return -1;
	return kg_mountinfo_read(machine, &system->mounts, err);
}

int kg_system_open(const char *path, const char *machine, struct kg_system *system,
		   struct kg_error *err)
{
	*system = (struct kg_system){0};
	if (kg_root_open(path, &system->root, err) < 0)
		return -1;
	if (gather_machine(system, machine, err) < 0 || gather(system, err) < 0) {
		kg_system_free(system);
		return -1;
	}
	return 0;
}

static void free_kernel_slot(struct kg_kernel_slot *slot)
{
	kg_kernel_free(&slot->kernel);
	free(slot->path);
	free(slot);
}

static void free_tree_slot(struct kg_tree_slot *slot)
{
	kg_module_tree_free(slot->tree);
	free(slot->pkgbase);
	kg_strings_free(&slot->strays);
	free(slot->release);
	free(slot);
}

void kg_system_free(struct kg_system *system)
{
	for (size_t i = 0; i < system->kernel_count; i++)
		free_kernel_slot(system->kernels[i]);
	for (size_t i = 0; i < system->tree_count; i++)
		free_tree_slot(system->trees[i]);
	free(system->kernels);
	free(system->trees);
	kg_troubles_free(&system->troubles);
	kg_strings_free(&system->releases);
	kg_packages_free(system->packages);
	kg_dkms_free(&system->dkms);
	kg_mkinitcpio_free(&system->mkinitcpio);
	kg_modprobe_free(&system->modprobe);
	kg_targets_free(&system->targets);
	kg_machine_free(&system->machine);
	kg_storage_free(&system->storage);
	kg_block_devices_free(&system->devices);
	kg_mount_table_free(&system->mounts);
	kg_mount_table_free(&system->fstab);
	kg_boot_places_free(&system->places);
	kg_root_close(&system->root);
	*system = (struct kg_system){0};
}

const struct kg_kernel_slot *kg_system_kernel(struct kg_system *system, const char *path,
					      struct kg_error *err)
{
	struct kg_kernel_slot *slot;

	for (size_t i = 0; i < system->kernel_count; i++) {
		if (strcmp(system->kernels[i]->path, path) == 0)
			return system->kernels[i];
	}
	if (kg_array_reserve(&system->kernels, &system->kernel_capacity, system->kernel_count,
			     sizeof(*system->kernels), err) < 0)
		return NULL;
	slot = calloc(1, sizeof(*slot));
	if (!slot || !(slot->path = kg_copy_string(path, err))) {
		free(slot);
		kg_fail_memory(err);
		return NULL;
	}
	if (kg_kernel_read(&system->root, path, &slot->kernel, &slot->error) == 0)
		slot->error.code = 0;
	system->kernels[system->kernel_count++] = slot;
	return slot;
}

/* The name in the tree's pkgbase file, one line, or NULL. */
static char *read_pkgbase(const struct kg_system *system, const char *release)
{
	struct kg_buffer text = {0};
	struct kg_error ignored;
	struct kg_span rest;
	struct kg_span line = {0};
	char *pkgbase = NULL;
	char *path = kg_format(&ignored, "%s/%s/pkgbase", modules_directory, release);

	if (path && kg_root_read_file(&system->root, path, 4096, &text, &ignored) == 0) {
		rest = kg_buffer_span(&text);
		if (kg_span_next_line(&rest, &line) && line.size > 0)
			pkgbase = kg_span_copy_string(line, &ignored);
	}
	kg_buffer_free(&text);
	free(path);
	return pkgbase;
}

const struct kg_tree_slot *kg_system_tree(struct kg_system *system, const char *release,
					  struct kg_error *err)
{
	struct kg_tree_slot *slot;

	for (size_t i = 0; i < system->tree_count; i++) {
		if (strcmp(system->trees[i]->release, release) == 0)
			return system->trees[i];
	}
	if (kg_array_reserve(&system->trees, &system->tree_capacity, system->tree_count,
			     sizeof(*system->trees), err) < 0)
		return NULL;
	slot = calloc(1, sizeof(*slot));
	if (!slot || !(slot->release = kg_copy_string(release, err))) {
		free(slot);
		kg_fail_memory(err);
		return NULL;
	}
	if (kg_module_tree_open(&system->root, release, &slot->tree, &slot->error) == 0) {
		slot->error.code = 0;
		slot->pkgbase = read_pkgbase(system, release);
		if (system->packages)
			(void)kg_packages_kernel(system->packages, release, slot->pkgbase,
						 &slot->package);
	}
	system->trees[system->tree_count++] = slot;
	if (slot->tree && !slot->package.name &&
	    kg_stray_modules_find(slot->tree, &slot->strays, err) < 0)
		return NULL;
	return slot;
}

bool kg_system_is_kept(const struct kg_system *system, const char *release)
{
	return kg_module_tree_is_kept(&system->root, release) &&
	       !kg_system_is_installed(system, release);
}

int kg_system_open_trees(struct kg_system *system, struct kg_error *err)
{
	for (size_t i = 0; i < system->releases.count; i++) {
		const char *release = system->releases.items[i];

		if (kg_system_is_installed(system, release) &&
		    !kg_system_tree(system, release, err))
			return -1;
	}
	return 0;
}

static bool is_of_release(const struct kg_system *system, const char *path, const char *release)
{
	struct kg_error ignored;
	char found[256];

	return kg_kernel_read_release(&system->root, path, found, sizeof(found), &ignored) == 0 &&
	       strcmp(found, release) == 0;
}

char *kg_system_find_kernel(const struct kg_system *system, const char *release,
			    struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error ignored;
	char *path = kg_format(err, "%s/%s/vmlinuz", modules_directory, release);

	if (!path)
		return NULL;
	err->code = 0;
	if (is_of_release(system, path, release))
		return path;
	(void)kg_root_list(&system->root, "/boot", &names, &ignored);
	for (size_t i = 0; path && i < names.count; i++) {
		if (strncmp(names.items[i], "vmlinuz", 7) != 0)
			continue;
		free(path);
		path = kg_format(err, "/boot/%s", names.items[i]);
		if (path && is_of_release(system, path, release)) {
			kg_strings_free(&names);
			return path;
		}
	}
	kg_strings_free(&names);
	free(path);
	return NULL;
}

bool kg_system_is_out_of_tree(const struct kg_system *system, const struct kg_tree_slot *slot,
			      const char *path)
{
	struct kg_error ignored;
	char *full;
	bool owned;

	if (kg_module_path_is_out_of_tree(path))
		return true;
	if (!system->packages || !slot->package.name)
		return kg_strings_contain_sorted(&slot->strays, path);
	full = kg_format(&ignored, "%s/%s/%s", modules_directory, slot->release, path);
	owned = full && kg_packages_owns(system->packages, slot->package.name, full);
	free(full);
	return !owned;
}

bool kg_system_is_installed(const struct kg_system *system, const char *release)
{
	static const char *const marks[] = {"vmlinuz", "pkgbase"};
	bool found = false;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && !found; i++) {
		struct kg_error ignored;
		char *path = kg_format(&ignored, "%s/%s/%s", modules_directory, release, marks[i]);

		found = path && kg_root_has_file(&system->root, path);
		free(path);
	}
	return found;
}

bool kg_system_is_booted_by_target(const struct kg_system *system, const char *release)
{
	for (size_t i = 0; i < system->kernel_count; i++) {
		const struct kg_kernel_slot *slot = system->kernels[i];

		if (slot->error.code == ENOTSUP)
			return true;
		if (!slot->error.code && strcmp(slot->kernel.release, release) == 0)
			return true;
	}
	return false;
}
