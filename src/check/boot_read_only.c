// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/boot_mounts.h"
#include "kernel-guard/check/check.h"

static int report(const struct kg_check *check, const struct kg_mount *mount, struct kg_error *err)
{
	char *remedy =
		kg_format(err,
			  "mount -o remount,rw %s; where that fails or does not last: umount "
			  "%s && fsck -a %s && mount %s",
			  mount->point, mount->point, mount->source, mount->point);
	const struct kg_finding_about about = {.subject = mount->point, .remedy = remedy};
	int result = -1;

	if (remedy)
		result = kg_findings_add(check->findings, KG_FINDING_BOOT_READ_ONLY, &about, err,
					 "%s (%s on %s) is mounted read-only, and /etc/fstab does "
					 "not say so: no kernel can be written to it",
					 mount->point, mount->type, mount->source);
	free(remedy);
	return result;
}

/* Can the boot partitions be written to? Where fstab says ro, it is meant. */
int kg_check_boot_read_only(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_boot_places *places = &check->system->places;
	int result = 0;

	for (size_t i = 0; result == 0 && i < places->count; i++) {
		const char *point = places->items[i].point;
		const struct kg_mount *mount = kg_boot_mount_of(check->system, point);
		const struct kg_mount *line = kg_boot_line_of(check->system, point);

		if (mount && mount->read_only && strcmp(mount->type, "autofs") != 0 &&
		    !(line && kg_mount_has_option(line, "ro")))
			result = report(check, mount, err);
	}
	return result;
}
