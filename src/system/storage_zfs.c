// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "storage_walk.h"

/*
 * ZFS takes its devices without leaving a trace in sysfs: neither holders nor slaves. What
 * they are is asked in the order of what is certain:
 *   the pool's cache file names them;
 *   partitions that zpool itself has made are called zfs-…, and a device-mapper device that is
 *   open, and that nobody else holds, mounts or swaps to, is there for somebody;
 *   any partition or disk that is not otherwise in use.
 * Of the last two the members are some: what all of them need is needed for sure.
 */

static const char blocks[] = "/sys/class/block";

/* What of a machine's block devices is in use by others than ZFS. */
struct users {
	const struct kg_mount_table *mounts;
	struct kg_buffer swaps;
};

enum { max_cache = 1 << 20, max_swaps = 1 << 20 };

static bool has_word(const struct kg_buffer *text, const char *word, const char *before,
		     const char *after)
{
	size_t length = strlen(word);
	const unsigned char *at = text->data;
	size_t left = text->size;
	const unsigned char *hit;

	while (left > length && (hit = memmem(at, left, word, length))) {
		const unsigned char *end = hit + length;

		if (hit > text->data && strchr(before, hit[-1]) &&
		    end < text->data + text->size && strchr(after, *end))
			return true;
		left -= (size_t)(end - at);
		at = end;
	}
	return false;
}

/* The source of a mount may be several devices, "/dev/a:/dev/b". */
static bool is_source(const char *source, const char *device)
{
	size_t length = strlen(device);
	const char *at = source;

	while ((at = strstr(at, device))) {
		if ((at == source || at[-1] == ':') && (at[length] == '\0' || at[length] == ':'))
			return true;
		at += length;
	}
	return false;
}

static bool is_mounted(const struct kg_mount_table *mounts, const char *number, const char *own,
		       const char *mapper)
{
	unsigned int major = 0;
	unsigned int minor = 0;
	bool numbered = number && kg_device_number(number, &major, &minor);

	for (size_t i = 0; i < mounts->count; i++) {
		const struct kg_mount *mount = &mounts->items[i];

		if ((numbered && mount->major == major && mount->minor == minor) ||
		    (own && is_source(mount->source, own)) ||
		    (mapper && is_source(mount->source, mapper)))
			return true;
	}
	return false;
}

/* Whether a mount or a swap names the device by its number or by one of its names. */
static bool is_in_use(struct kg_sysfs *sysfs, const struct users *users, const char *path)
{
	char *number = kg_sysfs_text(sysfs, path, "dev");
	char *mapped = kg_sysfs_text(sysfs, path, "dm/name");
	char *own = kg_sysfs_format(sysfs, "/dev/%s", kg_base_name(path));
	char *mapper = mapped ? kg_sysfs_format(sysfs, "/dev/mapper/%s", mapped) : NULL;
	bool result = is_mounted(users->mounts, number, own, mapper) ||
		      (own && has_word(&users->swaps, own, "\n", " \t")) ||
		      (mapper && has_word(&users->swaps, mapper, "\n", " \t"));

	free(mapper);
	free(own);
	free(mapped);
	free(number);
	return result;
}

static bool is_empty(struct kg_sysfs *sysfs, const char *path, const char *name)
{
	struct kg_strings names = {0};
	char *directory = kg_sysfs_format(sysfs, "%s/%s", path, name);
	bool result;

	if (directory)
		kg_sysfs_list(sysfs, directory, &names);
	result = names.count == 0;
	kg_strings_free(&names);
	free(directory);
	return result;
}

/* A disk has its partitions in directories that hold a file of this name. */
static bool has_partitions(struct kg_sysfs *sysfs, const char *path)
{
	struct kg_strings names = {0};
	bool result = false;

	kg_sysfs_list(sysfs, path, &names);
	for (size_t i = 0; i < names.count && !result; i++) {
		char *child = kg_sysfs_format(sysfs, "%s/%s", path, names.items[i]);

		result = child && kg_sysfs_has_file(sysfs, child, "partition");
		free(child);
	}
	kg_strings_free(&names);
	return result;
}

/* Whether uevent names a partition as zpool names those that it makes. */
static bool is_made_by_zpool(struct kg_sysfs *sysfs, const char *path)
{
	static const char mark[] = "PARTNAME=zfs-";
	struct kg_buffer text = {0};
	char *file = kg_sysfs_format(sysfs, "%s/uevent", path);
	bool result = file && kg_sysfs_read(sysfs, file, 4096, &text) &&
		      memmem(text.data, text.size, mark, strlen(mark));

	kg_buffer_free(&text);
	free(file);
	return result;
}

/* What is smaller holds no pool: SPA_MINDEVSIZE is 64 MiB. In sectors of 512 bytes. */
static bool is_large_enough(struct kg_sysfs *sysfs, const char *path)
{
	char *size = kg_sysfs_text(sysfs, path, "size");
	bool result = !size || strtoull(size, NULL, 10) >= (64 << 20) / 512;

	free(size);
	return result;
}

static bool is_candidate(struct kg_sysfs *sysfs, const struct users *users, const char *path)
{
	static const char *const others[] = {"loop", "zram", "ram", "zd", "sr", "fd"};
	const char *name = kg_base_name(path);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strncmp(name, others[i], strlen(others[i])) == 0)
			return false;
	}
	return is_empty(sysfs, path, "holders") && !has_partitions(sysfs, path) &&
	       is_large_enough(sysfs, path) && !is_in_use(sysfs, users, path);
}

/* The likely members in likely, all that may be one in possible. */
static void find_candidates(struct kg_storage_reader *reader, const struct users *users,
			    struct kg_strings *likely, struct kg_strings *possible)
{
	struct kg_sysfs *sysfs = &reader->sysfs;
	struct kg_strings names = {0};

	kg_sysfs_list(sysfs, blocks, &names);
	for (size_t i = 0; i < names.count && !sysfs->failed; i++) {
		char *path = kg_sysfs_resolve(
			sysfs, kg_sysfs_format(sysfs, "%s/%s", blocks, names.items[i]));

		if (path && is_candidate(sysfs, users, path)) {
			kg_sysfs_add(sysfs, possible, path);
			if (is_made_by_zpool(sysfs, path) ||
			    kg_sysfs_has_directory(sysfs, path, "dm"))
				kg_sysfs_add(sysfs, likely, path);
		}
		free(path);
	}
	kg_strings_free(&names);
}

/* The devices that the cache file of the system names for the pool. */
static void find_cached(struct kg_storage_walk *walk, const char *pool, struct kg_strings *members)
{
	static const char file[] = "/etc/zfs/zpool.cache";
	struct kg_storage_reader *reader = walk->reader;
	struct kg_buffer cache = {0};
	struct kg_strings names = {0};
	struct kg_error err;

	if (!reader->system ||
	    kg_root_read_file(reader->system, file, max_cache, &cache, &err) < 0)
		return;
	if (kg_zpool_cache_paths(kg_buffer_span(&cache), pool, &names, &err) < 0 &&
	    err.code == ENOMEM)
		reader->sysfs.failed = true;
	for (size_t i = 0; i < names.count; i++) {
		char *path = kg_storage_find_device(reader, names.items[i]);

		if (!path)
			kg_storage_unknown(walk, "%s is on %s, which is not to be found",
					   walk->mount, names.items[i]);
		kg_sysfs_add(&reader->sysfs, members, path);
		free(path);
	}
	kg_strings_free(&names);
	kg_buffer_free(&cache);
}

static void follow_candidates(struct kg_storage_walk *walk, const char *pool)
{
	struct kg_storage_reader *reader = walk->reader;
	struct users users = {.mounts = reader->mounts};
	struct kg_strings likely = {0};
	struct kg_strings possible = {0};

	/* The first line of swaps is a heading, so that a newline is before each name. */
	(void)kg_sysfs_read(&reader->sysfs, "/proc/swaps", max_swaps, &users.swaps);
	find_candidates(reader, &users, &likely, &possible);
	kg_storage_unknown(walk, "which devices the ZFS pool %s is on nobody says "
			   "(/etc/zfs/zpool.cache does not name them)", pool);
	if (likely.count > 0)
		kg_storage_follow_any(walk, &likely, walk->mount, false);
	else
		kg_storage_follow_any(walk, &possible, walk->mount, true);
	kg_strings_free(&possible);
	kg_strings_free(&likely);
	kg_buffer_free(&users.swaps);
}

void kg_storage_follow_pool(struct kg_storage_walk *walk, const char *source)
{
	struct kg_strings members = {0};
	char *pool = kg_sysfs_format(&walk->reader->sysfs, "%.*s", (int)strcspn(source, "/"),
				     source);

	if (!pool)
		return;
	find_cached(walk, pool, &members);
	if (members.count > 0)
		kg_storage_follow(walk, &members, walk->mount);
	else
		follow_candidates(walk, pool);
	kg_strings_free(&members);
	free(pool);
}
