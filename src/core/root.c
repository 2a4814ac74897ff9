// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/core/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As many as the kernel follows (MAXSYMLINKS of include/linux/namei.h). */
enum { max_links = 40 };

/* glibc has no wrapper for openat2 before 2.42. */
static int open_in_root(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	while (*path == '/')
		path++;
	do {
		fd = (int)syscall(SYS_openat2, root_fd, *path ? path : ".", &how, sizeof(how));
		/* A rename elsewhere while ".." is resolved: openat2(2) says to try again. */
	} while (fd < 0 && errno == EAGAIN);
	return fd;
}

static int fail_errno(struct kg_error *err, const char *path)
{
	int code = errno;

	return kg_fail(err, code, "%s: %s", path, strerror(code));
}

int kg_root_open(const char *path, struct kg_root *root, struct kg_error *err)
{
	int probe;
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *copy;

	if (fd < 0)
		return fail_errno(err, path);
	probe = open_in_root(fd, ".", O_PATH);
	if (probe < 0) {
		close(fd);
		return kg_fail(err, ENOSYS,
			       "%s: openat2 is not available here (Linux 5.6 or a less strict "
			       "sandbox is needed)",
			       path);
	}
	close(probe);
	copy = kg_copy_string(path, err);
	if (!copy) {
		close(fd);
		return -1;
	}
	root->fd = fd;
	root->path = copy;
	return 0;
}

void kg_root_close(struct kg_root *root)
{
	if (!root->path)
		return;
	close(root->fd);
	free(root->path);
	*root = (struct kg_root){.fd = -1};
}

/* Where a name is there all the same, it is a link: opening it says that nothing is there. */
static int explain_dangling(const struct kg_root *root, const char *path, struct kg_error *err)
{
	int link = err->code == ENOENT ? open_in_root(root->fd, path, O_PATH | O_NOFOLLOW) : -1;

	if (link < 0)
		return -1;
	close(link);
	return kg_fail(err, ENOENT, "%s: is a symbolic link that leads to nothing", path);
}

int kg_root_open_file(const struct kg_root *root, const char *path, struct kg_file *file,
		      struct kg_error *err)
{
	struct kg_file looked_at;

	/* O_PATH first: opening a device or a FIFO already has effects. */
	if (kg_file_adopt(open_in_root(root->fd, path, O_PATH), path, &looked_at, err) < 0)
		return explain_dangling(root, path, err);
	kg_file_close(&looked_at);
	return kg_file_adopt(open_in_root(root->fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY), path,
			     file, err);
}

int kg_root_open_directory(const struct kg_root *root, const char *path, struct kg_error *err)
{
	int fd = open_in_root(root->fd, path, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? fail_errno(err, path) : fd;
}

int kg_root_read_file(const struct kg_root *root, const char *path, uint64_t limit,
		      struct kg_buffer *out, struct kg_error *err)
{
	struct kg_file file;
	int result;

	if (kg_root_open_file(root, path, &file, err) < 0)
		return -1;
	result = kg_file_read(&file, limit, out, err);
	if (result < 0)
		kg_prefix(err, "%s", path);
	kg_file_close(&file);
	return result;
}

/* stat(2) below the root. False where there is nothing. */
static bool get_status(const struct kg_root *root, const char *path, struct stat *status)
{
	bool result;
	int fd = open_in_root(root->fd, path, O_PATH);

	if (fd < 0)
		return false;
	result = fstat(fd, status) == 0;
	close(fd);
	return result;
}

static bool has_type(const struct kg_root *root, const char *path, mode_t type)
{
	struct stat status;

	return get_status(root, path, &status) && (status.st_mode & S_IFMT) == type;
}

bool kg_root_same_directory(const struct kg_root *root, const char *left, const char *right)
{
	struct stat a;
	struct stat b;

	return get_status(root, left, &a) && get_status(root, right, &b) && S_ISDIR(a.st_mode) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool kg_root_is_mount(const struct kg_root *root, const char *path)
{
	struct statx status;
	bool told;
	int fd = open_in_root(root->fd, path, O_PATH);

	if (fd < 0)
		return false;
	told = statx(fd, "", AT_EMPTY_PATH, 0, &status) == 0 &&
	       (status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
	close(fd);
	return told;
}

static bool is_later(struct timespec left, struct timespec right)
{
	return left.tv_sec > right.tv_sec ||
	       (left.tv_sec == right.tv_sec && left.tv_nsec > right.tv_nsec);
}

/* What the open link leads to, as a path below the root; NULL, and err, with ENOMEM. */
static char *follow(int link, const char *path, struct kg_error *err)
{
	const char *slash = strrchr(path, '/');
	char target[PATH_MAX];
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);

	target[length < 0 ? 0 : length] = '\0';
	if (target[0] == '/' || !slash)
		return kg_copy_string(target, err);
	return kg_format(err, "%.*s/%s", (int)(slash - path), path, target);
}

int kg_root_last_change(const struct kg_root *root, const char *path, struct timespec *changed,
			struct kg_error *err)
{
	char *name = kg_copy_string(path, err);
	struct kg_file file;
	int result = name ? kg_root_open_file(root, path, &file, err) : -1;

	if (result == 0) {
		*changed = file.changed;
		kg_file_close(&file);
	}
	/* That it has opened says that there are not too many. */
	for (int i = 0; result == 0 && i < max_links; i++) {
		struct stat status;
		int fd = open_in_root(root->fd, name, O_PATH | O_NOFOLLOW);
		char *next;

		if (fd < 0 || fstat(fd, &status) < 0 || !S_ISLNK(status.st_mode)) {
			if (fd >= 0)
				close(fd);
			break;
		}
		if (is_later(status.st_ctim, *changed))
			*changed = status.st_ctim;
		next = follow(fd, name, err);
		close(fd);
		free(name);
		name = next;
		result = name ? 0 : -1;
	}
	free(name);
	return result;
}

bool kg_root_has_file(const struct kg_root *root, const char *path)
{
	return has_type(root, path, S_IFREG);
}

bool kg_root_has_directory(const struct kg_root *root, const char *path)
{
	return has_type(root, path, S_IFDIR);
}

char *kg_fd_path(int fd, struct kg_error *err)
{
	char *path = kg_format(err, "/proc/self/fd/%d", fd);

	if (path && access(path, F_OK) < 0) {
		kg_fail(err, ENOTSUP, "/proc is not mounted here");
		free(path);
		return NULL;
	}
	return path;
}
