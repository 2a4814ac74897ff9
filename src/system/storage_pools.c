// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "storage_walk.h"

/* Adds the real path of the block device that each link in a directory points to. */
/* /sys/fs/bcachefs/UUID/dev-N/block (fs/bcachefs/super.c, Linux 6.12). */
static void add_bcachefs(struct kg_sysfs *sysfs, const char *directory, struct kg_strings *members)
{
	struct kg_strings names = {0};

	kg_sysfs_list(sysfs, directory, &names);
	for (size_t i = 0; i < names.count; i++) {
		char *real;

		if (strncmp(names.items[i], "dev-", 4) != 0)
			continue;
		real = kg_sysfs_resolve(sysfs, kg_sysfs_format(sysfs, "%s/%s/block", directory,
							       names.items[i]));
		kg_sysfs_add(sysfs, members, real);
		free(real);
	}
	kg_strings_free(&names);
}

static void add_btrfs(struct kg_sysfs *sysfs, const char *directory, struct kg_strings *members)
{
	char *devices = kg_sysfs_format(sysfs, "%s/devices", directory);

	if (devices)
		kg_sysfs_add_links(sysfs, devices, members);
	free(devices);
}

typedef void add_members(struct kg_sysfs *sysfs, const char *directory, struct kg_strings *members);

/* Whether one of the mount's devices is a member, or its UUID the name of the directory. */
static bool is_mounted(const struct kg_strings *members, const struct kg_strings *mounted,
		       const char *uuid, const char *source)
{
	if (kg_ends_with(source, uuid))
		return true;
	for (size_t i = 0; i < mounted->count; i++) {
		if (kg_strings_contain(members, mounted->items[i]))
			return true;
	}
	return false;
}

/*
 * Of the file systems in a directory of sysfs the one that has a device of mounted. Where there
 * is but one ("features" and its like have no members) it is that: the kernel calls
 * a root that it has mounted by itself /dev/root.
 */
static void find_members(struct kg_sysfs *sysfs, const char *directory, const char *source,
			 const struct kg_strings *mounted, add_members *add,
			 struct kg_strings *starts)
{
	struct kg_strings names = {0};
	struct kg_strings only = {0};
	struct kg_error ignored;
	size_t count = 0;
	bool found = false;

	kg_sysfs_list(sysfs, directory, &names);
	for (size_t i = 0; i < names.count && !found; i++) {
		char *path = kg_sysfs_format(sysfs, "%s/%s", directory, names.items[i]);
		struct kg_strings members = {0};

		if (path)
			add(sysfs, path, &members);
		found = is_mounted(&members, mounted, names.items[i], source);
		if (members.count > 0 && ++count == 1)
			sysfs->failed |= kg_strings_add_all(&only, &members, &ignored) < 0;
		if (found)
			sysfs->failed |= kg_strings_add_all(starts, &members, &ignored) < 0;
		kg_strings_free(&members);
		free(path);
	}
	if (!found && count == 1 && mounted->count == 0)
		sysfs->failed |= kg_strings_add_all(starts, &only, &ignored) < 0;
	/* Without what sysfs says the devices that the mount names are all that is known. */
	for (size_t i = 0; starts->count == 0 && i < mounted->count; i++)
		kg_sysfs_add(sysfs, starts, mounted->items[i]);
	kg_strings_free(&only);
	kg_strings_free(&names);
}

void kg_storage_btrfs_members(struct kg_storage_reader *reader, const char *source,
			      struct kg_strings *starts)
{
	struct kg_strings mounted = {0};
	char *device = kg_storage_find_device(reader, source);

	kg_sysfs_add(&reader->sysfs, &mounted, device);
	find_members(&reader->sysfs, "/sys/fs/btrfs", source, &mounted, add_btrfs, starts);
	kg_strings_free(&mounted);
	free(device);
}

/* The source is a list: "/dev/sda2:/dev/sdb2". */
void kg_storage_bcachefs_members(struct kg_storage_reader *reader, const char *source,
				 struct kg_strings *starts)
{
	struct kg_strings mounted = {0};
	char *list = kg_sysfs_copy(&reader->sysfs, source);
	char *rest = list;

	for (char *name; rest && (name = strsep(&rest, ":"));) {
		char *device = kg_storage_find_device(reader, name);

		kg_sysfs_add(&reader->sysfs, &mounted, device);
		free(device);
	}
	find_members(&reader->sysfs, "/sys/fs/bcachefs", source, &mounted, add_bcachefs, starts);
	for (size_t i = 0; i < mounted.count; i++)
		kg_sysfs_add(&reader->sysfs, starts, mounted.items[i]);
	kg_strings_free(&mounted);
	free(list);
}
