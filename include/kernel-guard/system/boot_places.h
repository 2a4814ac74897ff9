/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_BOOT_PLACES_H
#define KERNEL_GUARD_SYSTEM_BOOT_PLACES_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/system/block_devices.h"
#include "kernel-guard/system/machine.h"
#include "kernel-guard/system/mount_table.h"

/* What the type of a partition says that it is. */
enum kg_boot_role {
	KG_BOOT_UNTOLD,
	KG_BOOT_ESP,	  /* EFI system partition */
	KG_BOOT_XBOOTLDR, /* extended boot loader partition */
};

/* A directory where a partition lies that loaders read entries from. */
struct kg_boot_place {
	char *point; /* "/efi": owned, below the root */
	enum kg_boot_role role;
	bool mounted; /* the machine has a mount of its own there */
};

/* A zeroed list is a valid empty one. */
struct kg_boot_places {
	struct kg_boot_place *items;
	size_t count;
	size_t capacity;
	size_t esp; /* which of them is the ESP; count where none is */
};

/* What is known of the machine and of the system's fstab. */
struct kg_boot_sources {
	const struct kg_mount_table *mounts;
	const struct kg_mount_table *fstab;
	const struct kg_block_devices *devices;
	const struct kg_machine *machine;
};

/*
 * Finds where the ESP and XBOOTLDR lie below root:
 * - /efi, /boot and /boot/efi (bootctl(1) of systemd 257, --esp-path= and --boot-path=;
 *   systemd-gpt-auto-generator(8) mounts them at the first two);
 * - where fstab mounts a vfat that holds EFI/ or loader/ ("/esp", "/boot/esp");
 * - where the machine has mounted the partition that the loader was started from
 *   (LoaderDevicePartUUID of the Boot Loader Interface), or an XBOOTLDR on the same disk
 *   (UAPI.2, Discoverable Partitions Specification). A stick with an ESP of its own is neither.
 * What the machine does not have mounted is left out where it has mounted others of them, and
 * so is an ESP that the loader is not from. A file system is listed once, under the first of
 * its names. 0, or -1 with ENOMEM. kg_boot_places_free() releases them.
 *
 * The ESP is what the partition's type says; else the first that holds a directory in EFI/ besides
 * EFI/Linux, which may lie on XBOOTLDR too; else the first with loader/loader.conf.
 */
int kg_boot_places_find(const struct kg_root *root, const struct kg_boot_sources *sources,
			struct kg_boot_places *places, struct kg_error *err);

/* Releases them and leaves a valid empty list. */
void kg_boot_places_free(struct kg_boot_places *places);

/* What the type of the partition is that this mount, or line of fstab, is of. */
enum kg_boot_role kg_boot_role_of(const struct kg_boot_sources *sources,
				  const struct kg_mount *mount);

/*
 * Whether a line of fstab mounts a boot partition: at /boot, /efi or below /boot, or what the
 * partition's type says is the machine's ESP or XBOOTLDR, or a vfat at a directory "esp" or "efi".
 */
bool kg_boot_is_mounted_by(const struct kg_boot_sources *sources, const struct kg_mount *line);

#endif
