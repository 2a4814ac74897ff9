// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/pacman_log.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The log's descriptor, for appending. */
static int open_log(const struct kg_root *root, const char *path, struct kg_error *err)
{
	char *copy = kg_copy_string(path, err);
	const char *slash = strrchr(path, '/');
	struct stat status;
	int directory;
	int fd = -1;

	if (!copy)
		return -1;
	directory = kg_root_open_directory(root, dirname(copy), err);
	free(copy);
	if (directory < 0)
		return -1;
	fd = openat(directory, slash ? slash + 1 : path,
		    O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		kg_fail(err, errno, "%s: %s", path, strerror(errno));
	close(directory);
	if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		return kg_fail(err, EINVAL, "%s: is not a regular file", path);
	}
	return fd;
}

int kg_pacman_log_append(const struct kg_root *root, const char *path, const char *text,
			 struct kg_error *err)
{
	struct kg_span rest = kg_span_of_string(text);
	struct kg_span line;
	char stamp[64] = "";
	time_t now = time(NULL);
	struct tm local;
	int fd = open_log(root, path, err);
	int result = 0;

	if (fd < 0)
		return -1;
	if (localtime_r(&now, &local))
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S%z", &local);
	while (result == 0 && kg_span_next_line(&rest, &line)) {
		if (dprintf(fd, "[%s] [KERNEL-GUARD] %.*s\n", stamp, (int)line.size,
			    (const char *)line.data) < 0)
			result = kg_fail(err, errno, "%s: %s", path, strerror(errno));
	}
	close(fd);
	return result;
}
