/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_SYSTEM_STORAGE_WALK_H
#define KERNEL_GUARD_SRC_SYSTEM_STORAGE_WALK_H

#include "kernel-guard/system/mount_table.h"
#include "kernel-guard/system/storage.h"
#include "storage_sysfs.h"

/* Who reads a machine's storage stack. */
struct kg_storage_reader {
	struct kg_sysfs sysfs;
	const struct kg_root *system; /* with the files of the system */
	struct kg_storage *storage;
	const struct kg_mount_table *mounts;
	size_t visits; /* devices that were looked at in all walks */
};

/* A way down from a mount. The strings are borrowed. */
struct kg_storage_walk {
	struct kg_storage_reader *reader;
	const char *mount; /* "/", "/usr", "the resume device" */
	struct kg_storage_needs *needs; /* where it puts what it finds */
	bool encrypted; /* has passed an encrypted device */
	unsigned int depth; /* of walks inside of walks */
};

/*
 * Follows the block devices at starts, paths in sysfs without links, and adds what they need.
 * above is what the devices are reached through ("/"), for the reasons.
 */
void kg_storage_follow(struct kg_storage_walk *walk, const struct kg_strings *starts,
		       const char *above);

/*
 * The same where one of the devices is enough: what only some of them need is advisory.
 * With strict false nothing is added of what only some need.
 */
void kg_storage_follow_any(struct kg_storage_walk *walk, const struct kg_strings *starts,
			   const char *above, bool strict);

/*
 * Adds what the devices of drivers need that a path in sysfs lies below. what is the
 * device at its end ("nvme0n1"), chain how it is reached. False where no device has said
 * anything.
 */
bool kg_storage_add_drivers(struct kg_storage_walk *walk, const char *path, const char *what,
			    const char *chain);

/*
 * Adds what the layer of a device-mapper, md or bcache device needs, and the devices below
 * it to below. False where it is no such device. *any is set where one of those below is enough.
 */
bool kg_storage_add_layer(struct kg_storage_walk *walk, const char *path, const char *chain,
			  struct kg_strings *below, bool *any);

/*
 * Adds a need that is told from others by its module, driver or alias; the first reason
 * stays, and what is needed for sure is not made advisory by a later one. Strings are
 * copied and, but for reason, may be NULL.
 */
void kg_storage_need_add(struct kg_storage_walk *walk, const char *module, const char *alias,
			 const char *driver, const char *reason, bool advisory);

/* Adds that the module of first, whose others are empty, or any of the others is needed. */
void kg_storage_need_add_any(struct kg_storage_walk *walk, const struct kg_storage_need *first,
			     const struct kg_strings *others);

/* Says once that something is not known, as a clause. */
void kg_storage_unknown(struct kg_storage_walk *walk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The path in sysfs of the block device that a name below /dev stands for
 * ("/dev/nvme0n1p2", "/dev/mapper/root", "/dev/vg/lv", links of udev where place has a
 * dev of its own); the caller frees it. NULL where it is not to be found.
 */
char *kg_storage_find_device(struct kg_storage_reader *reader, const char *name);

/* Reads "MAJOR:MINOR", and nothing else. False where it is of another form. */
bool kg_device_number(const char *text, unsigned int *major, unsigned int *minor);

/* The path in sysfs of the block device MAJOR:MINOR, or NULL. */
char *kg_storage_find_number(struct kg_storage_reader *reader, unsigned int major,
			     unsigned int minor);

/* Adds the members of the file system on an anonymous device to starts. */
void kg_storage_btrfs_members(struct kg_storage_reader *reader, const char *source,
			      struct kg_strings *starts);
void kg_storage_bcachefs_members(struct kg_storage_reader *reader, const char *source,
				 struct kg_strings *starts);

/* Follows the members of a ZFS pool as far as they are known. */
void kg_storage_follow_pool(struct kg_storage_walk *walk, const char *source);

/* Adds the keyboards of the machine to the storage. */
void kg_storage_read_keyboards(struct kg_storage_reader *reader);

/*
 * Adds to paths every path of a device in the nvlist of a ZFS pool of this name in a cache
 * file (spa_write_cachefile(), OpenZFS 2.3). pool NULL: of all pools. 0, or -1: EBADMSG
 * where it is damaged, with the paths before the damage, or ENOMEM.
 */
int kg_zpool_cache_paths(struct kg_span cache, const char *pool, struct kg_strings *paths,
			 struct kg_error *err);

#endif
