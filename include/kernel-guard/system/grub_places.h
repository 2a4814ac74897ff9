/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_GRUB_PLACES_H
#define KERNEL_GUARD_SYSTEM_GRUB_PLACES_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/mount_table.h"

/* A file system that /etc/fstab mounts. */
struct kg_grub_place {
	char *device; /* "UUID=…", "LABEL=…", "/dev/sda2": as it stands there */
	char *point;  /* "/", "/boot" */
	/* Where the mounted directory lies on the file system: "/@"; NULL where not known. */
	char *subvolume;
};

/* A zeroed list is a valid empty one. */
struct kg_grub_places {
	struct kg_grub_place *items;
	size_t count;
	size_t capacity;
};

enum kg_grub_mapping {
	KG_GRUB_MAPPED,
	KG_GRUB_FOREIGN, /* they lie on a file system, or in a subvolume, of another system */
	KG_GRUB_HIDDEN,  /* another file system is mounted over them */
	KG_GRUB_UNTOLD,  /* where they lie cannot be told, and none is found */
};

/* Takes what fstab mounts. 0, or -1 with ENOMEM. kg_grub_places_free() releases them. */
int kg_grub_places_read(const struct kg_mount_table *fstab, struct kg_grub_places *places,
			struct kg_error *err);

/* Releases them and leaves a valid empty list. */
void kg_grub_places_free(struct kg_grub_places *places);

/*
 * Adds to paths, below the root, where the files of one entry lie, which GRUB names
 * "(DEVICE)/path" (kernel-guard/parse/grub_config.h): GRUB's paths begin at the root of the
 * file system, below the mount point and above a subvolume. The places decide where
 * they know the device's UUID or label. Where they do not, those decide under which most of the
 * files are found. Unless it is KG_GRUB_MAPPED nothing is added. 0, or -1 with ENOMEM.
 *
 * Sources: grub-core/kern/file.c; grub-core/fs/btrfs.c and zfs/zfs.c ("/DATASET@/path") of GRUB
 * 2.12; fstab(5); btrfs(5), subvol=.
 */
int kg_grub_places_map(const struct kg_root *root, const struct kg_grub_places *places,
		       const struct kg_strings *files, enum kg_grub_mapping *mapping,
		       struct kg_strings *paths, struct kg_error *err);

/* The subvolume that / is mounted from: "/@"; "" for none, NULL where not known. */
const char *kg_grub_places_root_subvolume(const struct kg_grub_places *places);

#endif
