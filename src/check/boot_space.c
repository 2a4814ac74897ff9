// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel-guard/check/boot_mounts.h"
#include "kernel-guard/check/check.h"

/* A file system that kernels lie on, and what the largest target of it takes. In bytes. */
struct room {
	uint64_t device;
	const struct kg_target *target;
	uint64_t needed;
};

/* The size of a file, or of the file that a section is of; 0 where it is not there. */
static uint64_t size_of(const struct kg_root *root, const char *path, uint64_t *device)
{
	struct kg_error ignored;
	struct kg_file file;

	if (kg_root_open_file(root, path, &file, &ignored) < 0)
		return 0;
	kg_file_close(&file);
	*device = file.device;
	return file.size;
}

/*
 * What the target's next kernel and images take: images grow with what they hold, by a quarter
 * here. Images that lie on another file system than the kernel are not counted.
 */
static uint64_t needed_by(const struct kg_root *root, const struct kg_target *target,
			  uint64_t *device)
{
	uint64_t kernel = size_of(root, target->kernel, device);
	uint64_t images = 0;

	for (size_t i = 0; i < target->initrds.count; i++) {
		uint64_t other = 0;
		uint64_t size = size_of(root, target->initrds.items[i], &other);

		images += other == *device ? size : 0;
	}
	if (target->unified)
		return kernel + kernel / 4;
	return kernel + images + images / 4;
}

/* Bytes that are free for those who are not root as well. False where that cannot be told. */
static bool free_at(const struct kg_root *root, const char *file, uint64_t *bytes)
{
	const char *slash = strrchr(file, '/');
	struct statvfs status;
	struct kg_error err;
	char *directory = kg_format(&err, "%.*s/", (int)(slash ? slash - file : 0), file);
	int fd = directory ? kg_root_open_directory(root, directory, &err) : -1;
	bool told = fd >= 0 && fstatvfs(fd, &status) == 0;

	if (told)
		*bytes = (uint64_t)status.f_bavail * status.f_frsize;
	if (fd >= 0)
		close(fd);
	free(directory);
	return told;
}

static unsigned long long mebibytes(uint64_t bytes)
{
	return (unsigned long long)(bytes >> 20);
}

static char *remedy_for(const struct kg_check *check, const char *directory, int length,
			struct kg_error *err)
{
	const char *package = kg_boot_package(check->system);

	return kg_format(err,
			 "ls -lS %.*s shows what takes the room: remove kernels that are not used, "
			 "or leave the fallback image out (PRESETS=('default') in "
			 "/etc/mkinitcpio.d/%s.preset, then remove initramfs-%s-fallback.img)",
			 length, directory, package, package);
}

static int report(const struct kg_check *check, const struct room *room, uint64_t available,
		  struct kg_error *err)
{
	const char *kernel = room->target->kernel;
	const char *slash = strrchr(kernel, '/');
	int length = slash && slash > kernel ? (int)(slash - kernel) : 1;
	char *remedy = remedy_for(check, kernel, length, err);
	const struct kg_finding_about about = {.subject = kernel, .remedy = remedy};
	int result = -1;

	if (remedy)
		result = kg_findings_add(
			check->findings, KG_FINDING_BOOT_SPACE, &about, err,
			"%.*s has %llu MiB left, and the next kernel with its "
			"initramfs takes some %llu MiB there, going by %s: it would "
			"be cut off",
			length, kernel, mebibytes(available),
			mebibytes(room->needed + (1 << 20) - 1), room->target->entry);
	free(remedy);
	return result;
}

/* Adds the target to the file system that its kernel lies on. */
static void add_target(const struct kg_root *root, const struct kg_target *target,
		       struct room *rooms, size_t *count, size_t limit)
{
	uint64_t device = 0;
	uint64_t needed = needed_by(root, target, &device);
	size_t i = 0;

	while (i < *count && rooms[i].device != device)
		i++;
	if (needed == 0 || i == limit || (i < *count && rooms[i].needed >= needed))
		return;
	rooms[i] = (struct room){device, target, needed};
	*count += i == *count;
}

/*
 * Is there room for the next kernel where the default's lies? Only where the machine is known: a
 * tree that is only looked at may lie on any file system.
 */
int kg_check_boot_space(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_system *system = check->system;
	struct room rooms[16];
	size_t count = 0;
	int result = 0;

	if (!system->mounts.known)
		return 0;
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->is_default && !target->foreign)
			add_target(&system->root, target, rooms, &count,
				   sizeof(rooms) / sizeof(rooms[0]));
	}
	for (size_t i = 0; result == 0 && i < count; i++) {
		uint64_t available;

		if (free_at(&system->root, rooms[i].target->kernel, &available) &&
		    available < rooms[i].needed)
			result = report(check, &rooms[i], available, err);
	}
	return result;
}
