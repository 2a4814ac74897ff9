// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/boot_mounts.h"
#include "kernel-guard/check/check.h"

/* The innermost boot partition of fstab that a path lies on is the one at point. */
static bool lies_on(const struct kg_check *check, const char *path, const char *point)
{
	const struct kg_boot_sources sources = kg_system_boot_sources(check->system);
	const struct kg_mount_table *fstab = sources.fstab;

	if (!kg_path_is_below(path, point))
		return false;
	for (size_t i = 0; i < fstab->count; i++) {
		const char *other = fstab->items[i].point;

		if (strlen(other) > strlen(point) && kg_path_is_below(path, other))
			return false;
	}
	return true;
}

/* Whether updates write kernels or images there, or a boot target has them there. */
static bool holds_kernels(const struct kg_check *check, const char *point)
{
	const struct kg_mkinitcpio *mkinitcpio = &check->system->mkinitcpio;
	const struct kg_targets *targets = &check->system->targets;
	bool holds = strcmp(point, "/boot") == 0;

	for (size_t i = 0; !holds && i < mkinitcpio->preset_count; i++) {
		const struct kg_preset *preset = &mkinitcpio->presets[i];

		holds = (preset->kernel && lies_on(check, preset->kernel, point)) ||
			(preset->image && lies_on(check, preset->image, point)) ||
			(preset->uki && lies_on(check, preset->uki, point));
	}
	for (size_t i = 0; !holds && i < targets->count; i++)
		holds = lies_on(check, targets->items[i].kernel, point);
	return holds;
}

static bool holds_files(const struct kg_system *system, const char *point)
{
	struct kg_strings files = {0};
	struct kg_error why;
	bool holds = kg_root_walk(&system->root, point, &files, &why) < 0 ? why.code != ENOENT
									   : files.count > 0;

	kg_strings_free(&files);
	return holds;
}

/*
 * Where the machine's mounts are not known, of another system or in a chroot, a root that is a
 * mount itself has its others below it: where one is to be and there is not a file, it is missing.
 * What holds some may be a copy, or an image that is built.
 */
static bool is_missing(const struct kg_check *check, const struct kg_mount *line)
{
	const struct kg_system *system = check->system;

	if (system->mounts.known)
		return !kg_boot_mount_of(system, line->point);
	return kg_root_is_mount(&system->root, "/") &&
	       !kg_root_is_mount(&system->root, line->point) && !holds_files(system, line->point);
}

static char *find_remedy(const struct kg_check *check, const struct kg_mount *line,
			 struct kg_error *err)
{
	const char *root = check->system->root.path;

	if (!check->system->mounts.known && strcmp(root, "/") != 0)
		return kg_format(err, "mount %s %s%s", line->source, root, line->point);
	return kg_format(err,
			 "mount %s && pacman -S %s (what was written meanwhile lies beneath "
			 "the mount point)",
			 line->point, kg_boot_package(check->system));
}

static int report(const struct kg_check *check, const struct kg_mount *line,
		  enum kg_severity severity, struct kg_error *err)
{
	char *remedy = find_remedy(check, line, err);
	const struct kg_finding_about about = {.subject = line->point, .remedy = remedy};
	int result = -1;

	if (remedy)
		result = kg_findings_add_severity(
			check->findings, KG_FINDING_BOOT_NOT_MOUNTED, severity, &about, err,
			"/etc/fstab mounts %s at %s, and it is not mounted: what an update "
			"writes there does not reach the partition",
			line->source, line->point);
	free(remedy);
	return result;
}

/*
 * Does the machine have mounted what fstab says are its boot partitions? One that is mounted
 * when it is needed has autofs there, or has been mounted just before
 * (system/automount.h). noauto is a choice, but an update does not know it; beside
 * x-systemd.automount it means nothing (systemd.mount(5)).
 */
int kg_check_boot_not_mounted(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_boot_sources sources = kg_system_boot_sources(check->system);
	int result = 0;

	for (size_t i = 0; result == 0 && i < sources.fstab->count; i++) {
		const struct kg_mount *line = &sources.fstab->items[i];
		bool noauto = kg_mount_has_option(line, "noauto") &&
			      !kg_mount_has_option(line, "x-systemd.automount");
		bool holds;

		if (!kg_boot_is_mounted_by(&sources, line) || !is_missing(check, line))
			continue;
		holds = holds_kernels(check, line->point);
		if (holds || !noauto)
			result = report(check, line,
					holds && !noauto ? KG_SEVERITY_ERROR : KG_SEVERITY_WARNING,
					err);
	}
	return result;
}
