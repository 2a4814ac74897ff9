// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/hidden_root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* The mount that the lowest of those at point lies on, where it can be reached by its own point. */
static const struct kg_mount *parent_of(const struct kg_mount_table *mounts, const char *point)
{
	for (size_t i = 0; i < mounts->count; i++) {
		const struct kg_mount *mount = &mounts->items[i];
		const struct kg_mount *parent;

		if (strcmp(mount->point, point) != 0)
			continue;
		parent = kg_mount_by_id(mounts, mount->parent);
		if (!parent || strcmp(parent->point, point) == 0)
			continue;
		return kg_mount_at(mounts, parent->point) == parent ? parent : NULL;
	}
	return NULL;
}

int kg_hidden_root_open(const struct kg_root *root, const struct kg_mount_table *mounts,
			const char *point, struct kg_root *hidden, const char **path,
			struct kg_error *err)
{
	const struct kg_mount *parent = parent_of(mounts, point);
	int directory;
	int clone;
	int code;

	if (!parent || !kg_path_is_below(point, parent->point))
		return kg_fail(err, ENOENT, "%s: what it is mounted on cannot be told", point);
	directory = kg_root_open_directory(root, parent->point, err);
	if (directory < 0)
		return -1;
	clone = open_tree(directory, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	code = errno;
	close(directory);
	if (clone < 0)
		return kg_fail(err, code, "%s: %s", parent->point, strerror(code));
	*hidden = (struct kg_root){.fd = clone, .path = kg_copy_string(parent->point, err)};
	if (!hidden->path) {
		close(clone);
		return -1;
	}
	*path = point + (strcmp(parent->point, "/") == 0 ? 0 : strlen(parent->point));
	return 0;
}
