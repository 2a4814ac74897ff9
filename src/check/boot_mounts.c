// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/boot_mounts.h"

#include <string.h>

/* Of several lines or mounts of one directory the last one counts. */
static const struct kg_mount *find(const struct kg_system *system,
				   const struct kg_mount_table *table, const char *point)
{
	const struct kg_mount *mount = kg_mount_at(table, point);

	for (size_t i = table->count; !mount && i > 0; i--) {
		const char *other = table->items[i - 1].point;

		if (other[0] == '/' && kg_root_same_directory(&system->root, point, other))
			mount = &table->items[i - 1];
	}
	return mount;
}

const struct kg_mount *kg_boot_mount_of(const struct kg_system *system, const char *point)
{
	return find(system, &system->mounts, point);
}

const struct kg_mount *kg_boot_line_of(const struct kg_system *system, const char *point)
{
	return find(system, &system->fstab, point);
}

const char *kg_boot_package(const struct kg_system *system)
{
	for (size_t i = 0; i < system->tree_count; i++) {
		if (system->trees[i]->package.name)
			return system->trees[i]->package.name;
		if (system->trees[i]->pkgbase)
			return system->trees[i]->pkgbase;
	}
	return "linux";
}
