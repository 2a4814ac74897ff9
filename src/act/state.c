// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char parent_directory[] = "/var/lib";
static const char directory_name[] = "kernel-guard";

enum { max_state = 64 << 20 };

static int fail(const char *name, struct kg_error *err)
{
	int code = errno;

	return kg_fail(err, code, "%s/%s/%s: %s", parent_directory, directory_name, name,
		       strerror(code));
}

/* The state directory's descriptor, or -1. A link in its place is not followed. */
static int open_directory(const struct kg_root *root, struct kg_error *err)
{
	int parent = kg_root_open_directory(root, parent_directory, err);
	int directory;
	bool made;

	if (parent < 0)
		return -1;
	made = mkdirat(parent, directory_name, 0755) == 0;
	if (!made && errno != EEXIST) {
		fail("", err);
		close(parent);
		return -1;
	}
	directory = openat(parent, directory_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		fail("", err);
	else if (made)
		(void)fchmod(directory, 0755);
	close(parent);
	return directory;
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

/* Writes the file under a name of its own; it is gone again on failure. */
static int write_beside(int directory, const char *temporary, const void *data, size_t size)
{
	int fd;
	int result;
	int code;

	/* One that a killed process has left. */
	(void)unlinkat(directory, temporary, 0);
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	if (fd < 0)
		return -1;
	/* Everybody may ask for the verdict, whatever root's umask was. */
	result = fchmod(fd, 0644) < 0 ? -1 : write_all(fd, data, size);
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

int kg_state_write(const struct kg_root *root, const char *name, const void *data, size_t size,
		   struct kg_error *err)
{
	int directory = open_directory(root, err);
	char *temporary;
	int result = 0;

	if (directory < 0)
		return -1;
	temporary = kg_format(err, ".%s.new", name);
	if (!temporary)
		result = -1;
	else if (write_beside(directory, temporary, data, size) < 0 ||
		 renameat(directory, temporary, directory, name) < 0 || fsync(directory) < 0)
		result = fail(name, err);
	free(temporary);
	close(directory);
	return result;
}

int kg_state_read(const struct kg_root *root, const char *name, struct kg_buffer *out,
		  struct kg_error *err)
{
	char *path = kg_format(err, "%s/%s/%s", parent_directory, directory_name, name);
	int result = path ? kg_root_read_file(root, path, max_state, out, err) : -1;

	free(path);
	return result;
}

int kg_state_remove(const struct kg_root *root, const char *name, struct kg_error *err)
{
	int directory = open_directory(root, err);
	int result = 0;

	if (directory < 0)
		return -1;
	if (unlinkat(directory, name, 0) < 0 && errno != ENOENT)
		result = fail(name, err);
	else if (fsync(directory) < 0)
		result = fail(name, err);
	close(directory);
	return result;
}
