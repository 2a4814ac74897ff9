/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_STORAGE_H
#define KERNEL_GUARD_SYSTEM_STORAGE_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/module_tree.h"
#include "kernel-guard/system/requirement.h"

/*
 * Something that the kernel needs a module for before a mount can be reached, as the
 * machine names it: a kernel's tree says which module that is.
 */
struct kg_storage_need {
	char *module; /* by its name; NULL where only the alias is known */
	char *alias;  /* a device's modalias, or "fs-ext4"; NULL where there is none */
	char *driver; /* that is bound to the device, or NULL */
	struct kg_strings others; /* modules any of which does as well: of other paths */
	char *reason; /* "/ is on LUKS2 device cryptroot (/ > dm-0)" */
	bool advisory; /* without it the machine may boot all the same */
};

/* A zeroed list is a valid empty one. */
struct kg_storage_needs {
	struct kg_storage_need *items;
	size_t count;
	size_t capacity;
};

/* A keyboard of the machine, and what drives it. */
struct kg_keyboard {
	char *name; /* "AT Translated Set 2 keyboard" */
	struct kg_storage_needs needs;
};

/* What the machine's root, /usr and resume device lie on. A zeroed one says nothing. */
struct kg_storage {
	bool asked; /* there is a machine, and it was looked at */
	bool encrypted; /* / or /usr lies on an encrypted device */
	struct kg_storage_needs needs;
	struct kg_strings unknown; /* what could not be told, each a clause */
	struct kg_keyboard *keyboards; /* only where something is encrypted */
	size_t keyboard_count;
	size_t keyboard_capacity;
};

/*
 * Follows /, /usr where it is a mount of its own, and the resume device through
 * proc/self/mountinfo and sys below place, which is as kg_machine_read() takes it, down to
 * the devices that drivers are bound to: partitions, device-mapper, md, bcache, NVMe
 * multipath, the members of btrfs, bcachefs and ZFS pools. root is where the system's
 * own files lie: its /etc/zfs/zpool.cache names the members of pools, which sysfs does
 * not. Nothing outside of place and root is opened, and nothing is executed. What is
 * not there is said in unknown. 0, or -1: where place cannot be opened, or ENOMEM.
 * kg_storage_free() releases it.
 *
 * Sources, Linux 6.12: fs/proc_namespace.c; block/genhd.c (slaves); drivers/md/dm-sysfs.c,
 * with the prefixes of dm/uuid that cryptsetup, LVM and multipath-tools write;
 * drivers/md/md.c (level); fs/btrfs/sysfs.c; fs/bcachefs/sysfs.c; drivers/base/bus.c and
 * module.c (driver, driver/module); kernel/power/hibernate.c (/sys/power/resume).
 */
int kg_storage_read(const char *place, const struct kg_root *root, struct kg_storage *storage,
		    struct kg_error *err);

/* Releases it and leaves a zeroed one. */
void kg_storage_free(struct kg_storage *storage);

/*
 * Adds what the needs are in the module tree of a kernel to requirements. What is built in,
 * and a modalias that no module of the tree has, adds nothing. Of several modules with the
 * modalias of one device the one that bears the name of the bound driver is required,
 * else any one of them. 0, or -1 with ENOMEM.
 */
int kg_storage_resolve(const struct kg_storage_needs *needs, const struct kg_module_tree *tree,
		       struct kg_requirements *requirements, struct kg_error *err);

/*
 * Adds the modules that a kernel command line implies (root=, rootfstype=, zfs=, resume=,
 * cryptdevice=, rd.luks.*, rd.lvm.*, rd.md.*; dracut.cmdline(7), systemd-cryptsetup-generator(8),
 * mkinitcpio's hooks) to requirements, as far as the tree does not have them built in. tree
 * may be NULL. source is where the line stands, for the reasons. 0, or -1 with ENOMEM.
 */
int kg_command_line_requirements(const char *command_line, const char *source,
				 const struct kg_module_tree *tree,
				 struct kg_requirements *requirements, struct kg_error *err);

/* Frees everything and leaves a valid empty list. */
void kg_storage_needs_free(struct kg_storage_needs *needs);

#endif
