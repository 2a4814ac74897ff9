// SPDX-License-Identifier: GPL-2.0-or-later
#include "room.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel-guard/boot/fallback.h"
#include "placed.h"

enum { megabyte = 1 << 20 };

static uint64_t size_of(const struct kg_set *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->file_count; i++)
		size += set->files[i].size;
	return size;
}

/* How much larger than the old ones the new files may be at once. */
static uint64_t growth_of(const struct kg_set *set)
{
	return size_of(set) / 4 + megabyte;
}

/* Bytes of our files that are there already, under the numbers of all sets. */
static int add_placed(const struct kg_root *root, const struct kg_set *set, uint64_t *room,
		      struct kg_error *err)
{
	for (unsigned int number = 1; number <= kg_fallback_max; number++) {
		for (size_t i = 0; i < set->file_count; i++) {
			char *path = kg_placed_path(&set->files[i], number, err);
			struct kg_error ignored;
			struct kg_file file;

			if (!path)
				return -1;
			if (kg_root_open_file(root, path, &file, &ignored) == 0) {
				*room += file.size;
				kg_file_close(&file);
			}
			free(path);
		}
	}
	return 0;
}

/* Room on the file system of the kernel; false where that cannot be told. */
static bool find_room(const struct kg_root *root, const char *kernel, uint64_t *room)
{
	const char *name = kg_base_name(kernel);
	struct kg_error ignored;
	struct statvfs status;
	char *directory = kg_format(&ignored, "%.*s", (int)(name - kernel), kernel);
	int fd = directory ? kg_root_open_directory(root, directory, &ignored) : -1;
	bool known = fd >= 0 && fstatvfs(fd, &status) == 0;

	if (known)
		*room = (uint64_t)status.f_bavail * status.f_frsize;
	if (fd >= 0)
		close(fd);
	free(directory);
	return known;
}

int kg_room_limit(const struct kg_root *root, const struct kg_set *const *sets, size_t *count,
		  struct kg_strings *notes, struct kg_error *err)
{
	uint64_t room = 0;
	uint64_t needed;

	if (*count == 0 || !find_room(root, sets[0]->files[0].path, &room))
		return 0;
	if (add_placed(root, sets[0], &room, err) < 0)
		return -1;
	needed = growth_of(sets[0]);
	for (size_t i = 0; i < *count; i++) {
		needed += size_of(sets[i]);
		if (needed <= room)
			continue;
		*count = i;
		return kg_strings_take(
			notes,
			kg_format(err,
				  "there is no room beside %s to keep the kernel %s: %" PRIu64
				  " MiB are needed, %" PRIu64 " MiB are free",
				  sets[i]->files[0].path, sets[i]->release, needed / megabyte + 1,
				  room / megabyte),
			err);
	}
	return 0;
}
