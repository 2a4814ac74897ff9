// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan_mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/plan.h"
#include "kernel-guard/system/mount_table.h"

/* The innermost line of fstab that a path lies on, or NULL. */
static const struct kg_mount *line_of(const struct kg_mount_table *fstab, const char *path)
{
	const struct kg_mount *line = NULL;

	for (size_t i = 0; i < fstab->count; i++) {
		const struct kg_mount *other = &fstab->items[i];

		if (*other->point == '/' && kg_path_is_below(path, other->point) &&
		    (!line || strlen(other->point) > strlen(line->point)))
			line = other;
	}
	return line;
}

/* The innermost mount point on the way to path, as a part of it; empty where that is the root. */
static bool cut_to_mount(const struct kg_root *root, char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/'))) {
		*slash = '\0';
		if (*path == '\0' || kg_root_is_mount(root, path))
			break;
	}
	return slash && *path != '\0';
}

int kg_paths_find_mounts(const struct kg_root *root, const struct kg_strings *paths,
			 struct kg_strings *points, struct kg_error *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < paths->count; i++) {
		char *path = kg_copy_string(paths->items[i], err);

		if (!path)
			return -1;
		if (cut_to_mount(root, path))
			result = kg_strings_add_unique(points, path, err);
		free(path);
	}
	return result;
}

int kg_paths_check_mounts(const struct kg_root *root, const struct kg_strings *paths,
			  struct kg_error *err)
{
	struct kg_troubles ignored = {0};
	struct kg_mount_table fstab;
	int result = 0;

	if (!kg_root_is_mount(root, "/"))
		return 0;
	if (kg_fstab_read(root, &fstab, &ignored, err) < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < paths->count; i++) {
		const struct kg_mount *line = line_of(&fstab, paths->items[i]);

		if (line && strcmp(line->point, "/") != 0 && !kg_root_is_mount(root, line->point))
			result = kg_fail(err, ENODEV,
					 "/etc/fstab mounts %s at %s, and it is not mounted: "
					 "nothing is written beneath",
					 line->source, line->point);
	}
	kg_mount_table_free(&fstab);
	kg_troubles_free(&ignored);
	return result;
}

int kg_plan_check_mounts(const struct kg_plan *plan, struct kg_error *err)
{
	struct kg_strings paths = {0};
	int result = 0;

	for (size_t i = 0; result == 0 && i < plan->count; i++)
		result = kg_strings_add(&paths, plan->steps[i].path, err);
	if (result == 0)
		result = kg_paths_check_mounts(plan->root, &paths, err);
	kg_strings_free(&paths);
	return result;
}
