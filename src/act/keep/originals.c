// SPDX-License-Identifier: GPL-2.0-or-later
#include "originals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/system/boot_file.h"

/* The devices that are done. */
struct devices {
	uint64_t *items;
	size_t count;
	size_t capacity;
};

static bool is_done(const struct devices *done, uint64_t device)
{
	for (size_t i = 0; i < done->count; i++) {
		if (done->items[i] == device)
			return true;
	}
	return false;
}

/*
 * The whole file system: on FAT fsync(2) of a file does not write the name that it has got since
 * (fs/fat of Linux 6.12). What cannot be opened is no original that anything counts on.
 */
static int sync_file(const struct kg_root *root, const char *path, struct devices *done,
		     struct kg_error *err)
{
	struct kg_boot_file boot;
	struct kg_error why;
	int result = 0;

	if (kg_boot_file_open(root, path, &boot, &why) < 0)
		return why.code == ENOMEM ? kg_fail_memory(err) : 0;
	if (!is_done(done, boot.file.device)) {
		if (syncfs(boot.file.fd) < 0)
			result = kg_fail(err, errno,
					 "%s: cannot be written to the disk, and nothing that is "
					 "kept beside it is removed: %s",
					 path, strerror(errno));
		else
			result = kg_array_reserve(&done->items, &done->capacity, done->count,
						  sizeof(*done->items), err);
		if (result == 0)
			done->items[done->count++] = boot.file.device;
	}
	kg_boot_file_close(&boot);
	return result;
}

int kg_originals_sync(const struct kg_system *system, struct kg_error *err)
{
	struct devices done = {0};
	int result = 0;

	for (size_t i = 0; result == 0 && i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		result = sync_file(&system->root, target->kernel, &done, err);
		for (size_t j = 0; result == 0 && j < target->initrds.count; j++)
			result = sync_file(&system->root, target->initrds.items[j], &done, err);
	}
	free(done.items);
	return result;
}
