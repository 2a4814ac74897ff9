// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/automount.h"

#include <string.h>
#include <unistd.h>

/* Whether nothing has been mounted yet where a boot partition is to be. */
static bool is_waiting(const struct kg_boot_sources *sources, const struct kg_mount *mount)
{
	const struct kg_mount *line = kg_mount_at(sources->fstab, mount->point);

	return strcmp(mount->type, "autofs") == 0 &&
	       kg_mount_at(sources->mounts, mount->point) == mount &&
	       kg_boot_is_mounted_by(sources, line ? line : mount);
}

int kg_automounts_trigger(const struct kg_root *root, const struct kg_boot_sources *sources,
			  struct kg_mount_table *mounts, struct kg_error *err)
{
	struct kg_mount_table after;
	bool triggered = false;

	for (size_t i = 0; i < mounts->count; i++) {
		struct kg_error ignored;
		int directory;

		if (!is_waiting(sources, &mounts->items[i]))
			continue;
		triggered = true;
		directory = kg_root_open_directory(root, mounts->items[i].point, &ignored);
		if (directory >= 0)
			close(directory);
	}
	if (!triggered)
		return 0;
	if (kg_mountinfo_read("/", &after, err) < 0)
		return -1;
	kg_mount_table_free(mounts);
	*mounts = after;
	for (size_t i = mounts->count; i > 0; i--) {
		if (is_waiting(sources, &mounts->items[i - 1]))
			kg_mount_table_remove(mounts, i - 1);
	}
	return 0;
}
