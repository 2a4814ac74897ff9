// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel-guard/core/root.h"

enum {
	max_names = 1000000,
	max_depth = 64,
};

/* Lists fd, which is closed. */
static int list_fd(int fd, const char *path, struct kg_strings *names, struct kg_error *err)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *item;
	int result = 0;

	if (!directory) {
		int code = errno;

		close(fd);
		return kg_fail(err, code, "%s: %s", path, strerror(code));
	}
	errno = 0;
	while (result == 0 && (item = readdir(directory))) {
		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
			continue;
		if (names->count >= max_names)
			result = kg_fail(err, EFBIG, "%s: more than %d names", path, max_names);
		else
			result = kg_strings_add(names, item->d_name, err);
		errno = 0;
	}
	if (result == 0 && errno)
		result = kg_fail(err, errno, "%s: %s", path, strerror(errno));
	closedir(directory);
	if (result == 0)
		kg_strings_sort(names);
	return result;
}

int kg_directory_list(int fd, const char *path, struct kg_strings *names, struct kg_error *err)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return copy < 0 ? kg_fail(err, errno, "%s: %s", path, strerror(errno))
			: list_fd(copy, path, names, err);
}

int kg_root_list(const struct kg_root *root, const char *path, struct kg_strings *names,
		 struct kg_error *err)
{
	struct kg_strings found = {0};
	int fd = kg_root_open_directory(root, path, err);
	int result;

	if (fd < 0)
		return -1;
	result = list_fd(fd, path, &found, err);
	if (result == 0)
		result = kg_strings_add_all(names, &found, err);
	kg_strings_free(&found);
	return result;
}

static int walk_fd(int fd, const char *prefix, int depth, struct kg_strings *paths,
		   struct kg_error *err);

static int walk_name(int fd, const char *name, const char *prefix, int depth,
		     struct kg_strings *paths, struct kg_error *err)
{
	struct stat status;
	char *path;
	int child;
	int result = 0;

	/* What vanishes while it is listed was not there. */
	if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : kg_fail(err, errno, "%s: %s", name, strerror(errno));
	if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		return 0;
	path = kg_format(err, "%s%s%s", prefix, *prefix ? "/" : "", name);
	if (!path)
		return -1;
	if (S_ISREG(status.st_mode)) {
		result = paths->count < max_names
				 ? kg_strings_add(paths, path, err)
				 : kg_fail(err, EFBIG, "more than %d files", max_names);
	} else {
		child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			result = kg_fail(err, errno, "%s: %s", path, strerror(errno));
		else
			result = walk_fd(child, path, depth + 1, paths, err);
	}
	free(path);
	return result;
}

/* Walks fd, which is closed. */
static int walk_fd(int fd, const char *prefix, int depth, struct kg_strings *paths,
		   struct kg_error *err)
{
	struct kg_strings names = {0};
	int listed;
	int result;

	if (depth > max_depth) {
		close(fd);
		return kg_fail(err, EFBIG, "%s: more than %d levels of directories", prefix,
			       max_depth);
	}
	listed = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	result = listed < 0 ? kg_fail(err, errno, "%s: %s", prefix, strerror(errno))
			    : list_fd(listed, prefix, &names, err);
	for (size_t i = 0; result == 0 && i < names.count; i++)
		result = walk_name(fd, names.items[i], prefix, depth, paths, err);
	kg_strings_free(&names);
	close(fd);
	return result;
}

int kg_root_walk(const struct kg_root *root, const char *path, struct kg_strings *paths,
		 struct kg_error *err)
{
	int fd = kg_root_open_directory(root, path, err);
	size_t before = paths->count;

	if (fd < 0)
		return -1;
	if (walk_fd(fd, "", 0, paths, err) == 0)
		return 0;
	while (paths->count > before)
		free(paths->items[--paths->count]);
	return kg_prefix(err, "%s", path);
}
