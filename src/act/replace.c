// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a file has a name of its own in memory only, as on FAT (fs/fat of Linux 6.12), order is
 * made by hand. There the directory holds a file's first cluster and size; fsync() of a
 * directory writes names and the table of clusters, but neither cluster nor size of a file whose
 * name has changed; fsync() of a file writes those, and its data; and clusters are freed, in the
 * table, when the last descriptor is closed. So:
 * - the table is written before the name under which its clusters are found;
 * - a name that is new is made for an empty file first, because rename() to it would make one
 *   that is empty anyway, or two names for the same clusters;
 * - after rename() the other name is taken from the disk before this one has the clusters;
 * - clusters are freed when no name on the disk has them.
 * Whatever a power cut leaves of that is the old file, an empty one where there was none, or the
 * new one, and at worst clusters that nothing uses.
 */
#include "kernel-guard/act/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel-guard/act/copy.h"

int kg_replace_temporary(const char *name, char temporary[kg_replace_name_size])
{
	int length = snprintf(temporary, kg_replace_name_size, ".%s.kg-new", name);

	if (length >= 0 && length < kg_replace_name_size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static bool is_fat(int directory)
{
	struct statfs status;

	return fstatfs(directory, &status) == 0 && status.f_type == MSDOS_SUPER_MAGIC;
}

/* What the file is to hold: bytes, or with source not -1 what that open file does. */
struct content {
	const void *data;
	size_t size;
	int source;
};

/* FAT keeps no modes, and says so or not. */
static int set_mode(int fd, mode_t mode)
{
	return fchmod(fd, mode) < 0 && errno != EPERM && errno != EOPNOTSUPP ? -1 : 0;
}

/* With its time: loaders sort kernels by it. */
static int copy_source(int source, int fd)
{
	struct stat status;

	if (kg_copy_bytes(source, fd) < 0 || fstat(source, &status) < 0)
		return -1;
	(void)futimens(fd, (const struct timespec[]){status.st_atim, status.st_mtim});
	return 0;
}

/* The fsync after the first of what may not be on the disk before the second. */
static int write_in_order(int directory, int fd, const struct content *content, bool fat)
{
	int result = content->source < 0 ? kg_write_bytes(fd, content->data, content->size)
					 : copy_source(content->source, fd);

	if (result < 0 || (fat && fsync(directory) < 0))
		return -1;
	return fsync(fd);
}

/* Writes the file under a name of its own, and returns it open; it is gone again on failure. */
static int write_beside(int directory, const char *temporary, const struct content *content,
			mode_t mode, bool fat)
{
	int fd;
	int code;

	/* One that a killed process has left. */
	if (kg_remove_file(directory, temporary) < 0)
		return -1;
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -1;
	if (set_mode(fd, mode) == 0 && write_in_order(directory, fd, content, fat) == 0)
		return fd;
	code = errno;
	close(fd);
	(void)unlinkat(directory, temporary, 0);
	errno = code;
	return -1;
}

/* The file that is to be replaced, or an empty one where there is none. */
static int hold(int directory, const char *name, bool *made)
{
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	*made = false;
	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	*made = fd >= 0;
	if (!*made || fsync(directory) == 0)
		return fd;
	close(fd);
	(void)unlinkat(directory, name, 0);
	return -1;
}

static int move_on_fat(int directory, const char *temporary, const char *name, int fd)
{
	bool made;
	int held = hold(directory, name, &made);
	int result;
	int code;

	if (held < 0)
		return -1;
	result = renameat(directory, temporary, directory, name);
	code = errno;
	if (result < 0 && made)
		(void)unlinkat(directory, name, 0);
	if (result == 0 && (fsync(directory) < 0 || fsync(fd) < 0)) {
		result = -1;
		code = errno;
	}
	close(held);
	errno = code;
	return result < 0 ? -1 : fsync(directory);
}

static int move(int directory, const char *temporary, const char *name)
{
	return renameat(directory, temporary, directory, name) < 0 ? -1 : fsync(directory);
}

/* Gives the open temporary file its name, and closes it; it is gone on failure. */
static int put_in_place(int directory, const char *temporary, const char *name, int fd, bool fat)
{
	int result = fat ? move_on_fat(directory, temporary, name, fd)
			 : move(directory, temporary, name);
	int code = errno;

	close(fd);
	if (result < 0)
		(void)unlinkat(directory, temporary, 0);
	errno = code;
	return result;
}

static int replace(int directory, const char *name, const struct content *content, mode_t mode)
{
	char temporary[kg_replace_name_size];
	bool fat = is_fat(directory);
	int fd;

	if (kg_replace_temporary(name, temporary) < 0)
		return -1;
	fd = write_beside(directory, temporary, content, mode, fat);
	return fd < 0 ? -1 : put_in_place(directory, temporary, name, fd, fat);
}

int kg_replace_file(int directory, const char *name, const void *data, size_t size, mode_t mode)
{
	const struct content content = {.data = data, .size = size, .source = -1};

	return replace(directory, name, &content, mode);
}

int kg_replace_by_copy(int directory, const char *name, int source, mode_t mode)
{
	const struct content content = {.source = source};

	return replace(directory, name, &content, mode);
}

int kg_replace_stage(int directory, const char *name, int source, mode_t mode)
{
	const struct content content = {.source = source};
	char temporary[kg_replace_name_size];
	int fd;

	if (kg_replace_temporary(name, temporary) < 0)
		return -1;
	fd = write_beside(directory, temporary, &content, mode, is_fat(directory));
	return fd < 0 ? -1 : close(fd);
}

int kg_replace_by_staged(int directory, const char *name)
{
	char temporary[kg_replace_name_size];
	int fd;

	if (kg_replace_temporary(name, temporary) < 0)
		return -1;
	fd = openat(directory, temporary, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -1 : put_in_place(directory, temporary, name, fd, is_fat(directory));
}

int kg_remove_file(int directory, const char *name)
{
	/* Held, so that its clusters are free only when its name is gone. */
	int held = is_fat(directory) ? openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)
				     : -1;
	int result = unlinkat(directory, name, 0);
	int code = errno;

	if (result == 0) {
		result = fsync(directory);
		code = errno;
	} else if (code == ENOENT) {
		result = 0;
	}
	if (held >= 0) {
		close(held);
		if (result == 0)
			return fsync(directory);
	}
	errno = code;
	return result;
}
