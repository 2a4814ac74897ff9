// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/boot_places.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"

/* In the order in which bootctl(1) looks at them. */
static const char *const usual_points[] = {"/efi", "/boot", "/boot/efi"};

enum {
	usual_count = sizeof(usual_points) / sizeof(usual_points[0]),
	max_places = 64,
};

/* UAPI.2; the second is that of a partition table of MS-DOS. */
static const struct {
	const char *type;
	enum kg_boot_role role;
} types[] = {
	{"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", KG_BOOT_ESP},
	{"0xef", KG_BOOT_ESP},
	{"bc13c2ff-59e6-4262-a352-b275fd6f7172", KG_BOOT_XBOOTLDR},
	{"0xea", KG_BOOT_XBOOTLDR},
};

struct finder {
	const struct kg_root *root;
	const struct kg_boot_sources *sources;
	struct kg_boot_places *places;
	struct kg_error *err;
};

void kg_boot_places_free(struct kg_boot_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->items[i].point);
	free(places->items);
	*places = (struct kg_boot_places){0};
}

static enum kg_boot_role role_of(const struct kg_block_device *device)
{
	for (size_t i = 0; device && device->part_type && i < sizeof(types) / sizeof(types[0]);
	     i++) {
		if (strcasecmp(device->part_type, types[i].type) == 0)
			return types[i].role;
	}
	return KG_BOOT_UNTOLD;
}

/* The device of a mount, or of a line of fstab. */
static const struct kg_block_device *device_of(const struct kg_boot_sources *sources,
					       const struct kg_mount *mount)
{
	if (mount->directory)
		return kg_block_device_of(sources->devices, mount->major, mount->minor);
	return kg_block_device_named(sources->devices, mount->source);
}

enum kg_boot_role kg_boot_role_of(const struct kg_boot_sources *sources,
				  const struct kg_mount *mount)
{
	return role_of(device_of(sources, mount));
}

/* The partition that the running system's loader was started from, or NULL. */
static const struct kg_block_device *loader_device(const struct kg_boot_sources *sources)
{
	const char *uuid = sources->machine->esp;

	for (size_t i = 0; uuid && i < sources->devices->count; i++) {
		const struct kg_block_device *device = &sources->devices->items[i];

		if (device->part_uuid && strcasecmp(device->part_uuid, uuid) == 0)
			return device;
	}
	return NULL;
}

/* Whether the loader that has started this machine reads the partition. */
static bool is_of_loader(const struct kg_boot_sources *sources,
			 const struct kg_block_device *device)
{
	const struct kg_block_device *own = loader_device(sources);

	if (!own || !device)
		return false;
	if (own == device)
		return true;
	return role_of(device) == KG_BOOT_XBOOTLDR && own->part_disk && device->part_disk &&
	       strcmp(own->part_disk, device->part_disk) == 0;
}

/* An ESP, and not the one that the loader is from. */
static bool is_other_esp(const struct kg_boot_sources *sources,
			 const struct kg_block_device *device)
{
	const struct kg_block_device *own = loader_device(sources);

	return own && device && own != device && role_of(device) == KG_BOOT_ESP;
}

/* The mount at a point, through autofs, which is mounted first and stays below. */
static const struct kg_mount *mount_at(const struct finder *finder, const char *point)
{
	return kg_mount_at(finder->sources->mounts, point);
}

static bool is_same_mount(const struct kg_mount *left, const struct kg_mount *right)
{
	return left && right && left->major == right->major && left->minor == right->minor &&
	       left->major != 0 && strcmp(left->directory, right->directory) == 0;
}

static bool is_listed(const struct finder *finder, const char *point)
{
	const struct kg_mount *mount = mount_at(finder, point);

	for (size_t i = 0; i < finder->places->count; i++) {
		const char *other = finder->places->items[i].point;

		if (strcmp(other, point) == 0 || is_same_mount(mount_at(finder, other), mount) ||
		    kg_root_same_directory(finder->root, other, point))
			return true;
	}
	return false;
}

static int add_place(const struct finder *finder, const char *point)
{
	struct kg_boot_places *places = finder->places;
	const struct kg_mount *mount = mount_at(finder, point);
	const struct kg_block_device *device = mount ? device_of(finder->sources, mount) : NULL;
	char *copy;

	if (places->count >= max_places || is_other_esp(finder->sources, device) ||
	    is_listed(finder, point))
		return 0;
	if (kg_array_reserve(&places->items, &places->capacity, places->count,
			     sizeof(*places->items), finder->err) < 0)
		return -1;
	copy = kg_copy_string(point, finder->err);
	if (!copy)
		return -1;
	places->items[places->count++] = (struct kg_boot_place){
		.point = copy,
		.role = role_of(device),
		.mounted = mount != NULL,
	};
	return 0;
}

/* Whether there is a directory NAME in that of a place. */
static bool has_directory(const struct finder *finder, const char *point, const char *name,
			  bool *failed)
{
	char *path = kg_format(finder->err, "%s/%s", point, name);
	bool found = path && kg_root_has_directory(finder->root, path);

	*failed = *failed || !path;
	free(path);
	return found;
}

/* "vfat", or one of several that mount(8) is to try. */
static bool may_be_fat(const struct kg_mount *line)
{
	return strstr(line->type, "vfat") || strstr(line->type, "msdos") ||
	       strcmp(line->type, "auto") == 0;
}

static int add_from_fstab(const struct finder *finder)
{
	const struct kg_mount_table *fstab = finder->sources->fstab;
	bool failed = false;

	for (size_t i = 0; !failed && i < fstab->count; i++) {
		const struct kg_mount *line = &fstab->items[i];

		if (line->point[0] != '/' || !line->point[1] || !may_be_fat(line) ||
		    (!has_directory(finder, line->point, "EFI", &failed) &&
		     !has_directory(finder, line->point, "loader", &failed)))
			continue;
		failed = failed || add_place(finder, line->point) < 0;
	}
	return failed ? -1 : 0;
}

static int add_from_machine(const struct finder *finder)
{
	const struct kg_mount_table *mounts = finder->sources->mounts;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct kg_mount *mount = &mounts->items[i];

		if (is_of_loader(finder->sources, device_of(finder->sources, mount)) &&
		    strcmp(mount->directory, "/") == 0 && add_place(finder, mount->point) < 0)
			return -1;
	}
	return 0;
}

/* Directories that nothing is mounted on, where partitions are mounted on others. */
static void drop_unmounted(struct kg_boot_places *places)
{
	bool any = false;
	size_t kept = 0;

	for (size_t i = 0; i < places->count; i++)
		any |= places->items[i].mounted;
	for (size_t i = 0; i < places->count; i++) {
		if (any && !places->items[i].mounted)
			free(places->items[i].point);
		else
			places->items[kept++] = places->items[i];
	}
	places->count = kept;
}

/* Whether EFI/ holds a loader's directory: EFI/BOOT, EFI/systemd, EFI/GRUB. */
static int holds_loaders(const struct finder *finder, const char *point, bool *holds)
{
	struct kg_strings names = {0};
	struct kg_error ignored;
	bool failed = false;
	char *efi = kg_format(finder->err, "%s/EFI", point);

	*holds = false;
	if (!efi)
		return -1;
	(void)kg_root_list(finder->root, efi, &names, &ignored);
	for (size_t i = 0; !failed && !*holds && i < names.count; i++)
		*holds = strcasecmp(names.items[i], "Linux") != 0 &&
			 has_directory(finder, efi, names.items[i], &failed);
	kg_strings_free(&names);
	free(efi);
	return failed ? -1 : 0;
}

static int holds_configuration(const struct finder *finder, const char *point, bool *holds)
{
	char *path = kg_format(finder->err, "%s/loader/loader.conf", point);

	*holds = path && kg_root_has_file(finder->root, path);
	free(path);
	return path ? 0 : -1;
}

static int choose_esp(const struct finder *finder)
{
	static int (*const tests[])(const struct finder *finder, const char *point,
				    bool *holds) = {holds_loaders, holds_configuration};
	struct kg_boot_places *places = finder->places;

	places->esp = places->count;
	for (size_t i = places->count; i > 0; i--) {
		if (places->items[i - 1].role == KG_BOOT_ESP)
			places->esp = i - 1;
	}
	for (size_t test = 0; test < sizeof(tests) / sizeof(tests[0]); test++) {
		for (size_t i = 0; places->esp == places->count && i < places->count; i++) {
			bool holds = false;

			if (places->items[i].role == KG_BOOT_XBOOTLDR)
				continue;
			if (tests[test](finder, places->items[i].point, &holds) < 0)
				return -1;
			if (holds)
				places->esp = i;
		}
	}
	return 0;
}

int kg_boot_places_find(const struct kg_root *root, const struct kg_boot_sources *sources,
			struct kg_boot_places *places, struct kg_error *err)
{
	const struct finder finder = {root, sources, places, err};
	int result = 0;

	*places = (struct kg_boot_places){0};
	for (size_t i = 0; result == 0 && i < usual_count; i++)
		result = add_place(&finder, usual_points[i]);
	if (result == 0)
		result = add_from_fstab(&finder);
	if (result == 0)
		result = add_from_machine(&finder);
	if (result == 0) {
		drop_unmounted(places);
		result = choose_esp(&finder);
	}
	if (result < 0)
		kg_boot_places_free(places);
	return result;
}

bool kg_boot_is_mounted_by(const struct kg_boot_sources *sources, const struct kg_mount *line)
{
	const struct kg_block_device *device = device_of(sources, line);
	const char *name = kg_base_name(line->point);

	if (kg_path_is_below(line->point, "/boot") || kg_path_is_below(line->point, "/efi"))
		return true;
	if (line->point[0] != '/' || is_other_esp(sources, device))
		return false;
	if (is_of_loader(sources, device))
		return true;
	return may_be_fat(line) && (strcmp(name, "esp") == 0 || strcmp(name, "efi") == 0);
}
