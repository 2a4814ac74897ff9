// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "initramfs.h"
#include "kernel-guard/system/microcode.h"

static const char modules_directory[] = "lib/modules/";

enum member_kind initramfs_member_kind(const struct kg_initrd_member *member)
{
	if (S_ISDIR(member->mode))
		return MEMBER_OTHER;
	if (kg_initrd_is_microcode(member))
		return MEMBER_MICROCODE;
	if (kg_initrd_module_path(member->path))
		return MEMBER_MODULE;
	return strstr(member->path, "lib/firmware/") ? MEMBER_FIRMWARE : MEMBER_OTHER;
}

const char *initramfs_module_release(const char *path, size_t *length)
{
	const char *module = kg_initrd_module_path(path);
	const char *start = module ? strstr(path, modules_directory) : NULL;

	if (!start)
		return NULL;
	start += strlen(modules_directory);
	if (module == start)
		return NULL;
	*length = (size_t)(module - start) - 1;
	return start;
}

const char *initramfs_module_compression(const char *path)
{
	static const struct {
		const char *suffix;
		const char *name;
	} suffixes[] = {{".gz", "gzip"}, {".xz", "xz"}, {".zst", "zstd"}};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (kg_ends_with(path, suffixes[i].suffix))
			return suffixes[i].name;
	}
	return NULL;
}

int initramfs_releases(const struct kg_initrd *initrd, struct kg_strings *releases,
		       struct kg_error *err)
{
	/* There are images for two or three kernels; in a hostile one each path names another. */
	const size_t most = 64;

	for (size_t i = 0; i < initrd->member_count && releases->count < most; i++) {
		size_t length;
		const char *start = initramfs_module_release(initrd->members[i].path, &length);
		char *release;
		int result;

		if (!start)
			continue;
		release = kg_span_copy_string(kg_span_of(start, length), err);
		result = release ? kg_strings_add_unique(releases, release, err) : -1;
		free(release);
		if (result < 0)
			return -1;
	}
	return 0;
}
