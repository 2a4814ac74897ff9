// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/system/hidden_root.h"

/* Of many files a few are named. */
enum { max_named = 3 };

/* What a boot loader starts, or is told by: kernels, images, entries, EFI programs. */
static bool is_boot_file(const char *path)
{
	const char *name = kg_base_name(path);

	return strncmp(name, "vmlinuz", 7) == 0 || strncmp(name, "initr", 5) == 0 ||
	       kg_ends_with(name, ".img") || kg_ends_with(name, ".efi") ||
	       strncmp(path, "loader/", 7) == 0 || strncmp(path, "EFI/", 4) == 0 ||
	       strcmp(name, "grub.cfg") == 0;
}

static int report(const struct kg_check *check, const char *point, const char *parent,
		  const char *beneath, struct kg_strings *files, struct kg_error *err)
{
	size_t count = files->count;
	char *names;
	char *remedy = kg_format(err,
				 "mount --bind %s /mnt && ls -lR /mnt%s; what is not needed is "
				 "removed there; then umount /mnt",
				 parent, beneath);
	const struct kg_finding_about about = {.subject = point, .remedy = remedy};
	int result = -1;

	while (files->count > max_named)
		free(files->items[--files->count]);
	names = kg_strings_join(files, ", ", err);
	if (names && remedy)
		result = kg_findings_add(
			check->findings, KG_FINDING_BOOT_HIDES_FILES, &about, err,
			"beneath what is mounted at %s lie %zu boot files (%s%s), written while it "
			"was not mounted: nothing boots them, and they may be newer than what does",
			point, count, names, count > max_named ? ", ..." : "");
	free(names);
	free(remedy);
	return result;
}

static int check_place(const struct kg_check *check, const char *point, struct kg_error *err)
{
	const struct kg_system *system = check->system;
	struct kg_strings paths = {0};
	struct kg_strings found = {0};
	struct kg_root hidden;
	const char *beneath;
	struct kg_error reason;
	int result = 0;

	/* What cannot be looked at, for want of a privilege or because it is not there, is none. */
	if (kg_hidden_root_open(&system->root, &system->mounts, point, &hidden, &beneath, &reason) <
	    0)
		return reason.code == ENOMEM ? kg_fail_memory(err) : 0;
	if (kg_root_walk(&hidden, beneath, &paths, &reason) < 0 && reason.code == ENOMEM)
		result = kg_fail_memory(err);
	for (size_t i = 0; result == 0 && i < paths.count; i++) {
		if (is_boot_file(paths.items[i]))
			result = kg_strings_add(&found, paths.items[i], err);
	}
	if (result == 0 && found.count > 0)
		result = report(check, point, hidden.path, beneath, &found, err);
	kg_strings_free(&found);
	kg_strings_free(&paths);
	kg_root_close(&hidden);
	return result;
}

/*
 * Do kernels, images or entries lie beneath a mounted boot partition? Only the running one tells.
 */
int kg_check_boot_hides_files(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_boot_places *places = &check->system->places;
	int result = 0;

	for (size_t i = 0; result == 0 && check->system->live && i < places->count; i++) {
		if (places->items[i].mounted)
			result = check_place(check, places->items[i].point, err);
	}
	return result;
}
