// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kernel-guard/system/block_devices.h"

/* Whether something on the machine is closed that may hold more devices. */
static bool has_closed(const struct kg_block_devices *devices)
{
	static const char *const containers[] = {"crypto_LUKS", "LVM2_member", "linux_raid_member",
						 "bcache", "BitLocker"};

	for (size_t i = 0; i < devices->count; i++) {
		const struct kg_block_device *device = &devices->items[i];

		for (size_t j = 0; device->fs_type && !device->held &&
				   j < sizeof(containers) / sizeof(containers[0]);
		     j++) {
			if (strcmp(device->fs_type, containers[j]) == 0)
				return true;
		}
	}
	return false;
}

/* Whether udev tells of any device what a tag names it by. */
static bool is_kind_known(const struct kg_block_devices *devices, const char *value, bool *tag)
{
	bool known = false;

	*tag = true;
	for (size_t i = 0; i < devices->count; i++) {
		const struct kg_block_device *device = &devices->items[i];

		if (strncmp(value, "UUID=", 5) == 0)
			known |= device->fs_uuid != NULL;
		else if (strncmp(value, "LABEL=", 6) == 0)
			known |= device->fs_uuid != NULL;
		else if (strncmp(value, "PARTUUID=", 9) == 0)
			known |= device->part_uuid != NULL;
		else if (strncmp(value, "PARTLABEL=", 10) == 0)
			known |= device->part_uuid != NULL;
		else
			*tag = false;
	}
	return known;
}

/* Names below /dev that are no device's: others give them a meaning. */
static bool has_meaning(const char *name)
{
	static const char *const names[] = {"root",	     "nfs",  "ram",
					    "gpt-auto-root", "cifs", "block/"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/* sysfs writes "!" for "/" in a device's own name: "cciss!c0d0p1". */
static bool is_own_name(const char *own, const char *name)
{
	for (; *own && (*own == *name || (*own == '!' && *name == '/')); own++)
		name++;
	return *own == *name;
}

static bool has_device(const struct kg_block_devices *devices, const char *value)
{
	bool found = kg_block_device_named(devices, value) != NULL;

	for (size_t i = 0; !found && i < devices->names.count; i++)
		found = is_own_name(devices->names.items[i], value + strlen("/dev/"));
	return found;
}

enum kg_root_device kg_block_devices_root(const struct kg_block_devices *devices, const char *value)
{
	bool tag;
	bool known;

	if (strncmp(value, "block:", strlen("block:")) == 0)
		value += strlen("block:");
	known = is_kind_known(devices, value, &tag);
	/* A variable of GRUB's, several devices, or one by its distance from another. */
	if (!known && tag)
		return KG_ROOT_UNTOLD;
	if (strchr(value, '$') || strchr(value, ':') || (tag && strstr(value, "/PARTNROFF=")))
		return KG_ROOT_UNTOLD;
	if (!tag && (strncmp(value, "/dev/", 5) != 0 || has_meaning(value + 5) ||
		     devices->names.count == 0 || devices->count == 0))
		return KG_ROOT_UNTOLD;
	if (tag ? kg_block_device_named(devices, value) != NULL : has_device(devices, value))
		return KG_ROOT_PRESENT;
	return has_closed(devices) ? KG_ROOT_UNTOLD : KG_ROOT_ABSENT;
}
