// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
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

int kg_plan_check_mounts(const struct kg_plan *plan, struct kg_error *err)
{
	struct kg_troubles ignored = {0};
	struct kg_mount_table fstab;
	int result = 0;

	if (!kg_root_is_mount(plan->root, "/"))
		return 0;
	if (kg_fstab_read(plan->root, &fstab, &ignored, err) < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < plan->count; i++) {
		const struct kg_mount *line = line_of(&fstab, plan->steps[i].path);

		if (line && strcmp(line->point, "/") != 0 &&
		    !kg_root_is_mount(plan->root, line->point))
			result = kg_fail(err, ENODEV,
					 "/etc/fstab mounts %s at %s, and it is not mounted: "
					 "nothing is written beneath",
					 line->source, line->point);
	}
	kg_mount_table_free(&fstab);
	kg_troubles_free(&ignored);
	return result;
}
