// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/storage.h"

#include <stdlib.h>
#include <string.h>

#include "storage_walk.h"

/* What lies elsewhere, or in several places at once, is not looked through. */
static const struct {
	const char *type;
	const char *what;
} opaque_types[] = {
	{"nfs", "the network"},	    {"nfs4", "the network"},	 {"cifs", "the network"},
	{"smb3", "the network"},    {"ceph", "the network"},	 {"afs", "the network"},
	{"9p", "the host's disk"},  {"virtiofs", "the host's disk"}, {"overlay", "several layers"},
	{"aufs", "several layers"}, {"squashfs", "an image"},
	{"tmpfs", "memory"},	    {"ramfs", "memory"},	 {"rootfs", "memory"},
};

static const char *opaque(const char *type)
{
	for (size_t i = 0; i < sizeof(opaque_types) / sizeof(opaque_types[0]); i++) {
		if (strcmp(opaque_types[i].type, type) == 0)
			return opaque_types[i].what;
	}
	return strncmp(type, "fuse", 4) == 0 ? "a program" : NULL;
}

static void add_filesystem(struct kg_storage_walk *walk, const char *type)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	char *alias = kg_sysfs_format(sysfs, "fs-%s", type);
	char *reason = kg_sysfs_format(sysfs, "the file system of %s is %s", walk->mount, type);

	if (alias && reason)
		kg_storage_need_add(walk, type, alias, NULL, reason, false);
	free(reason);
	free(alias);
}

static void find_starts(struct kg_storage_walk *walk, const struct kg_mount *mount,
			struct kg_strings *starts)
{
	struct kg_storage_reader *reader = walk->reader;
	char *device = NULL;

	if (strcmp(mount->type, "btrfs") == 0)
		kg_storage_btrfs_members(reader, mount->source, starts);
	else if (strcmp(mount->type, "bcachefs") == 0)
		kg_storage_bcachefs_members(reader, mount->source, starts);
	if (starts->count == 0 && mount->major != 0)
		device = kg_storage_find_number(reader, mount->major, mount->minor);
	if (starts->count == 0 && !device)
		device = kg_storage_find_device(reader, mount->source);
	kg_sysfs_add(&reader->sysfs, starts, device);
	if (starts->count == 0)
		kg_storage_unknown(walk, "%s is on %s, which sysfs does not show", walk->mount,
				   mount->source);
	free(device);
}

static void follow_mount(struct kg_storage_walk *walk, const struct kg_mount *mount)
{
	struct kg_strings starts = {0};
	const char *what = opaque(mount->type);

	if (what) {
		kg_storage_unknown(walk, "%s is %s, and so on %s, which is not looked at",
				   walk->mount, mount->type, what);
		return;
	}
	add_filesystem(walk, mount->type);
	if (strcmp(mount->type, "zfs") == 0) {
		kg_storage_follow_pool(walk, mount->source);
		return;
	}
	find_starts(walk, mount, &starts);
	kg_storage_follow(walk, &starts, walk->mount);
	kg_strings_free(&starts);
}

/* False where nothing is mounted there. */
static bool read_mount(struct kg_storage_reader *reader, const char *point)
{
	struct kg_storage_walk walk = {
		.reader = reader,
		.mount = point,
		.needs = &reader->storage->needs,
	};
	const struct kg_mount *mount = kg_mount_at(reader->mounts, point);

	if (!mount)
		return false;
	follow_mount(&walk, mount);
	reader->storage->encrypted = reader->storage->encrypted || walk.encrypted;
	return true;
}

/* /sys/power/resume: "0:0" where there is none. */
static void read_resume(struct kg_storage_reader *reader)
{
	struct kg_storage_walk walk = {
		.reader = reader,
		.mount = "the resume device",
		.needs = &reader->storage->needs,
	};
	char *text = kg_sysfs_text(&reader->sysfs, "/sys/power", "resume");
	struct kg_strings starts = {0};
	unsigned int major = 0;
	unsigned int minor = 0;
	char *device = NULL;

	if (text && kg_device_number(text, &major, &minor) && major > 0) {
		device = kg_storage_find_number(reader, major, minor);
		if (device)
			kg_sysfs_add(&reader->sysfs, &starts, device);
		else
			kg_storage_unknown(&walk,
					   "the resume device is %u:%u, which sysfs does not show",
					   major, minor);
	}
	kg_storage_follow(&walk, &starts, walk.mount);
	kg_strings_free(&starts);
	free(device);
	free(text);
}

static void read_all(struct kg_storage_reader *reader)
{
	struct kg_storage_walk walk = {.reader = reader};

	if (!read_mount(reader, "/"))
		kg_storage_unknown(&walk, "what / is on the machine's mountinfo does not say");
	(void)read_mount(reader, "/usr");
	read_resume(reader);
	if (reader->storage->encrypted)
		kg_storage_read_keyboards(reader);
}

int kg_storage_read(const char *place, const struct kg_root *root, struct kg_storage *storage,
		    struct kg_error *err)
{
	struct kg_storage read = {.asked = place != NULL};
	struct kg_mount_table mounts;
	struct kg_storage_reader reader = {.system = root, .storage = &read, .mounts = &mounts};
	struct kg_root machine;

	*storage = (struct kg_storage){0};
	if (!place)
		return 0;
	if (kg_mountinfo_read(place, &mounts, err) < 0)
		return -1;
	if (kg_root_open(place, &machine, err) < 0) {
		kg_mount_table_free(&mounts);
		return -1;
	}
	reader.sysfs.root = &machine;
	read_all(&reader);
	kg_mount_table_free(&mounts);
	kg_root_close(&machine);
	if (reader.sysfs.failed) {
		kg_storage_free(&read);
		return kg_fail_memory(err);
	}
	*storage = read;
	return 0;
}

void kg_storage_free(struct kg_storage *storage)
{
	for (size_t i = 0; i < storage->keyboard_count; i++) {
		free(storage->keyboards[i].name);
		kg_storage_needs_free(&storage->keyboards[i].needs);
	}
	free(storage->keyboards);
	kg_storage_needs_free(&storage->needs);
	kg_strings_free(&storage->unknown);
	*storage = (struct kg_storage){0};
}
