// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { chunk_size = 1 << 16, range_size = 1 << 30 };

int kg_write_bytes(int fd, const void *data, size_t size)
{
	const unsigned char *next = data;

	while (size > 0) {
		ssize_t count = write(fd, next, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		next += count;
		size -= (size_t)count;
	}
	return 0;
}

static int read_and_write(int from, int to)
{
	unsigned char chunk[chunk_size];
	ssize_t count;

	while ((count = read(from, chunk, sizeof(chunk))) != 0) {
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 || kg_write_bytes(to, chunk, (size_t)count) < 0)
			return -1;
	}
	return 0;
}

/* What copy_file_range(2) says where these two files are none for it. */
static bool is_for_others(int code)
{
	return code == EXDEV || code == EINVAL || code == EOPNOTSUPP || code == ENOSYS ||
	       code == EBADF || code == ETXTBSY;
}

int kg_copy_bytes(int from, int to)
{
	ssize_t count;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while ((count = copy_file_range(from, NULL, to, NULL, range_size, 0)) != 0) {
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && is_for_others(errno))
			break;
		if (count < 0)
			return -1;
	}
	/* It ends early on some file systems (proc, and FUSE): what is left is read. */
	return read_and_write(from, to);
}

/* The copy has the mode and times of the original, as far as the file system keeps them. */
static int copy_attributes(const struct stat *status, int to)
{
	const struct timespec times[2] = {status->st_atim, status->st_mtim};

	if (fchmod(to, status->st_mode & 07777) < 0 && errno != EPERM && errno != EOPNOTSUPP)
		return -1;
	(void)futimens(to, times);
	return 0;
}

int kg_copy_open_file_at(int from, int to, const char *new_name)
{
	struct stat status;
	int result = -1;
	int target;
	int code;

	if (fstat(from, &status) < 0)
		return -1;
	target = openat(to, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (target >= 0 && kg_copy_bytes(from, target) == 0 &&
	    copy_attributes(&status, target) == 0)
		result = 0;
	code = errno;
	if (target >= 0) {
		/* Only begun: whoever waits for it finds less to wait for. */
		(void)sync_file_range(target, 0, 0, SYNC_FILE_RANGE_WRITE);
		close(target);
		if (result < 0)
			(void)unlinkat(to, new_name, 0);
	}
	errno = code;
	return result;
}

int kg_copy_file_at(int from, const char *name, int to, const char *new_name)
{
	int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	int result = -1;
	int code = EINVAL;

	if (source < 0)
		return -1;
	if (fstat(source, &status) == 0 && S_ISREG(status.st_mode)) {
		result = kg_copy_open_file_at(source, to, new_name);
		code = errno;
	}
	close(source);
	errno = code;
	return result;
}

int kg_sync_file_at(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int result = fd < 0 ? -1 : fsync(fd);
	int code = errno;

	if (fd >= 0)
		close(fd);
	errno = code;
	return result;
}
