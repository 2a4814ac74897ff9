// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int kg_replace_temporary(const char *name, char temporary[kg_replace_name_size])
{
	int length = snprintf(temporary, kg_replace_name_size, ".%s.kg-new", name);

	if (length >= 0 && length < kg_replace_name_size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int write_all(int fd, const void *data, size_t size)
{
	const char *next = data;

	while (size > 0) {
		ssize_t count = write(fd, next, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		next += count;
		size -= (size_t)count;
	}
	return fsync(fd);
}

/* FAT keeps no modes, and says so or not. */
static int set_mode(int fd, mode_t mode)
{
	return fchmod(fd, mode) < 0 && errno != EPERM && errno != EOPNOTSUPP ? -1 : 0;
}

/* Writes the file under a name of its own; it is gone again on failure. */
static int write_beside(int directory, const char *temporary, const void *data, size_t size,
			mode_t mode)
{
	int fd;
	int result;
	int code;

	/* One that a killed process has left. */
	(void)unlinkat(directory, temporary, 0);
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -1;
	result = set_mode(fd, mode) < 0 ? -1 : write_all(fd, data, size);
	code = errno;
	if (close(fd) < 0 && result == 0) {
		result = -1;
		code = errno;
	}
	if (result < 0)
		(void)unlinkat(directory, temporary, 0);
	errno = code;
	return result;
}

int kg_replace_file(int directory, const char *name, const void *data, size_t size, mode_t mode)
{
	char temporary[kg_replace_name_size];
	int code;

	if (kg_replace_temporary(name, temporary) < 0 ||
	    write_beside(directory, temporary, data, size, mode) < 0)
		return -1;
	if (renameat(directory, temporary, directory, name) == 0)
		return fsync(directory);
	code = errno;
	(void)unlinkat(directory, temporary, 0);
	errno = code;
	return -1;
}

int kg_remove_file(int directory, const char *name)
{
	if (unlinkat(directory, name, 0) < 0)
		return errno == ENOENT ? 0 : -1;
	return fsync(directory);
}
