// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "storage_walk.h"

static const char blocks[] = "/sys/class/block";
static const char dev[] = "/dev/";

/* A number of at most 32 bits up to end, behind which *text is left. */
static bool next_number(const char **text, char end, unsigned int *number)
{
	unsigned long long value = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9' && value <= UINT_MAX; at++)
		value = value * 10 + (unsigned int)(*at - '0');
	if (at == *text || *at != end || value > UINT_MAX)
		return false;
	*number = (unsigned int)value;
	*text = at + 1;
	return true;
}

bool kg_device_number(const char *text, unsigned int *major, unsigned int *minor)
{
	return next_number(&text, ':', major) && next_number(&text, '\0', minor);
}

char *kg_storage_find_number(struct kg_storage_reader *reader, unsigned int major,
			     unsigned int minor)
{
	return kg_sysfs_resolve(
		&reader->sysfs,
		kg_sysfs_format(&reader->sysfs, "/sys/dev/block/%u:%u", major, minor));
}

/* A block device by the kernel's name for it, in which "/" is "!" (cciss!c0d0). */
static char *find_name(struct kg_sysfs *sysfs, const char *name)
{
	char *link = kg_sysfs_format(sysfs, "%s/%s", blocks, name);

	for (char *c = link ? link + strlen(blocks) + 1 : NULL; c && *c; c++) {
		if (*c == '/')
			*c = '!';
	}
	return kg_sysfs_resolve(sysfs, link);
}

/* A device-mapper device by its own name. */
static char *find_mapped(struct kg_sysfs *sysfs, const char *name)
{
	struct kg_strings names = {0};
	char *found = NULL;

	kg_sysfs_list(sysfs, blocks, &names);
	for (size_t i = 0; !found && i < names.count; i++) {
		char *directory;
		char *own;

		if (strncmp(names.items[i], "dm-", 3) != 0)
			continue;
		directory = kg_sysfs_format(sysfs, "%s/%s", blocks, names.items[i]);
		own = directory ? kg_sysfs_text(sysfs, directory, "dm/name") : NULL;
		if (own && strcmp(own, name) == 0)
			found = kg_sysfs_real_path(sysfs, directory);
		free(own);
		free(directory);
	}
	kg_strings_free(&names);
	return found;
}

/* "vg/lv" is "vg-lv" to device-mapper, where a "-" of either name is doubled. */
static char *find_volume(struct kg_sysfs *sysfs, const char *name)
{
	size_t length = strlen(name);
	char *mapped = malloc(2 * length + 1);
	char *found;
	char *to = mapped;

	if (!mapped) {
		sysfs->failed = true;
		return NULL;
	}
	for (const char *from = name; *from; from++) {
		*to++ = *from == '/' ? '-' : *from;
		if (*from == '-')
			*to++ = '-';
	}
	*to = '\0';
	found = find_mapped(sysfs, mapped);
	free(mapped);
	return found;
}

/* A link that udev has made, where the machine's /dev is there. */
static char *find_link(struct kg_sysfs *sysfs, const char *name)
{
	char *directory = kg_sysfs_parent(sysfs, name);
	char *target = directory ? kg_sysfs_link_name(sysfs, directory, kg_base_name(name)) : NULL;
	char *found = target ? find_name(sysfs, target) : NULL;

	free(target);
	free(directory);
	return found;
}

char *kg_storage_find_device(struct kg_storage_reader *reader, const char *name)
{
	struct kg_sysfs *sysfs = &reader->sysfs;
	const char *rest = name + strlen(dev);
	char *found = NULL;

	if (strncmp(name, dev, strlen(dev)) != 0 || !*rest || strstr(rest, ".."))
		return NULL;
	if (strncmp(rest, "mapper/", strlen("mapper/")) == 0)
		found = find_mapped(sysfs, rest + strlen("mapper/"));
	if (!found)
		found = find_name(sysfs, rest);
	if (!found && strchr(rest, '/'))
		found = find_volume(sysfs, rest);
	return found ? found : find_link(sysfs, name);
}
