/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_BLOCK_DEVICES_H
#define KERNEL_GUARD_SYSTEM_BLOCK_DEVICES_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"

/* What udev has found on a block device; NULL where it has found nothing. Strings are owned. */
struct kg_block_device {
	unsigned int major;
	unsigned int minor;
	char *fs_type;		 /* ID_FS_TYPE: "vfat", "crypto_LUKS" */
	char *fs_uuid;		 /* ID_FS_UUID */
	char *fs_label;		 /* ID_FS_LABEL_ENC, decoded */
	char *part_uuid;	 /* ID_PART_ENTRY_UUID */
	char *part_label;	 /* ID_PART_ENTRY_NAME, decoded */
	char *part_type;	 /* ID_PART_ENTRY_TYPE: a GUID in small letters, or "0xef" */
	char *part_disk;	 /* ID_PART_ENTRY_DISK: "259:0" */
	struct kg_strings links; /* below /dev: "disk/by-uuid/4B47-5541" */
	bool held;		 /* another block device lies on it */
};

/* What udev knows of all of them. A zeroed one is empty: nothing is known. */
struct kg_block_devices {
	struct kg_block_device *items;
	size_t count;
	size_t capacity;
	struct kg_strings names; /* of all block devices: "nvme0n1p2" (/sys/class/block) */
};

/*
 * Reads udev's database in /run/udev/data below place, which is as kg_machine_read() takes it
 * (device_update_db() of systemd 257: "b259:1" with lines "S:LINK" and "E:KEY=VALUE"). What
 * cannot be read is left out. 0, or -1: where place cannot be opened, or ENOMEM.
 * kg_block_devices_free() releases it.
 */
int kg_block_devices_read(const char *place, struct kg_block_devices *devices,
			  struct kg_error *err);

/* Releases it and leaves a zeroed one. */
void kg_block_devices_free(struct kg_block_devices *devices);

/* The device of this number, or NULL. */
const struct kg_block_device *kg_block_device_of(const struct kg_block_devices *devices,
						 unsigned int major, unsigned int minor);

/*
 * The first device that a tag of fstab(5) names: "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=";
 * or a link of udev's, "/dev/disk/by-uuid/4B47-5541". NULL where there is none.
 */
const struct kg_block_device *kg_block_device_named(const struct kg_block_devices *devices,
						    const char *name);

/* What a root= of the kernel command line is on the machine. */
enum kg_root_device {
	KG_ROOT_UNTOLD, /* of a form that is not looked up, or not enough is known */
	KG_ROOT_PRESENT,
	KG_ROOT_ABSENT,
};

/*
 * Looks up the value of root=: "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", a device below
 * /dev, or one of them behind dracut's "block:". Nothing is told where a device is locked or not
 * assembled that may hold it, and where no device has what it is named by.
 *
 * Sources: kernel-command-line(7) of systemd 257; block/early-lookup.c of Linux 6.12, whose
 * numbers ("0803") are not looked up; dracut.cmdline(7).
 */
enum kg_root_device kg_block_devices_root(const struct kg_block_devices *devices,
					  const char *value);

#endif
