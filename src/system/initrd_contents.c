// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/initrd_contents.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/parse/module.h"

/* "ext4.ko" of "usr/lib/modules/RELEASE/kernel/fs/ext4/ext4.ko.zst". */
static char *module_of(const char *path, struct kg_error *err)
{
	char *name = kg_module_name_of_path(path, err);
	char *text = NULL;

	if (name)
		text = kg_format(err, "%s.ko", name);
	free(name);
	return text;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* The name of a program or hook whose place counts, or NULL; format is to be put before it. */
static const char *program_of(const char *path, const char **place)
{
	static const struct {
		const char *directory;
		const char *place;
	} places[] = {
		{"bin/", "bin/"},
		{"sbin/", "bin/"},
		{"lib/systemd/", "lib/systemd/"},
		{"hooks/", "hooks/"},
	};

	if (starts_with(path, "usr/"))
		path += strlen("usr/");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *name = path + strlen(places[i].directory);

		if (!starts_with(path, places[i].directory) || *name == '\0' || strchr(name, '/'))
			continue;
		*place = places[i].place;
		return name;
	}
	return NULL;
}

/* Names that are written otherwise in JSON could not be compared with it. */
static bool is_plain(const char *path)
{
	for (; *path; path++) {
		if (*path <= ' ' || *path > '~' || *path == '\\')
			return false;
	}
	return true;
}

static int add_member(const struct kg_initrd_member *member, struct kg_strings *names,
		      struct kg_error *err)
{
	const char *place;
	const char *name = program_of(member->path, &place);
	char *text;
	int result;

	if ((!S_ISREG(member->mode) && !S_ISLNK(member->mode)) || !is_plain(member->path))
		return 0;
	if (kg_initrd_module_path(member->path))
		text = module_of(member->path, err);
	else if (name)
		text = kg_format(err, "%s%s", place, name);
	else
		return 0;
	result = kg_strings_take(names, text, err);
	return result;
}

int kg_initrd_contents(const struct kg_initrd *initrd, struct kg_strings *names,
		       struct kg_error *err)
{
	for (size_t i = 0; i < initrd->member_count; i++) {
		if (add_member(&initrd->members[i], names, err) < 0)
			return -1;
	}
	kg_strings_sort_unique(names);
	return 0;
}
