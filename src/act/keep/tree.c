// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "kernel-guard/act/copy.h"
#include "tree_names.h"

static const char modules[] = "/usr/lib/modules";

/* What makes other tools take a directory for the tree of an installed kernel. */
bool kg_tree_leaves_out(const char *path)
{
	static const char *const names[] = {"build", "source", "vmlinuz", "pkgbase"};
	size_t length = strcspn(path, "/");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == length && strncmp(path, names[i], length) == 0)
			return true;
	}
	return false;
}

/* Where in the tree a directory is. */
struct level {
	const char *path; /* for messages */
	int depth;
	bool shared; /* below kernel/: files are linked */
};

static int keep_directory(int from, int to, const struct level *level, struct kg_error *err);

static int keep_link(int from, const char *name, int to)
{
	char target[4096];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

	if (length < 0)
		return -1;
	target[length] = '\0';
	return symlinkat(target, to, name);
}

/*
 * Where a link cannot be: it is a directory, the file system has none (both EPERM), it is another
 * mount of the same file system, or there are too many links.
 */
static bool is_to_be_copied(int code)
{
	return code == EPERM || code == EXDEV || code == EMLINK;
}

static int keep_subdirectory(int from, const char *name, int to, const struct level *level,
			     struct kg_error *err)
{
	char *path = kg_format(err, "%s/%s", level->path, name);
	int child = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int made = -1;
	int result = -1;

	if (path && child >= 0 && mkdirat(to, name, 0700) == 0)
		made = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (path && made < 0)
		kg_fail(err, errno, "%s: %s", path, strerror(errno));
	if (made >= 0) {
		struct level below = {
			.path = path,
			.depth = level->depth + 1,
			.shared = level->shared ||
				  (level->depth == 0 && strcmp(name, "kernel") == 0),
		};

		result = keep_directory(child, made, &below, err);
		close(made);
	}
	if (child >= 0)
		close(child);
	free(path);
	return result;
}

static int keep_name(int from, const char *name, int to, const struct level *level,
		     struct kg_error *err)
{
	struct stat status;
	int result;

	/* Most names by far are files of the package. */
	if (level->shared && linkat(from, name, to, name, 0) == 0)
		return 0;
	if (level->shared && !is_to_be_copied(errno))
		return errno == ENOENT ? 0 : kg_fail_at(err, level->path, name);
	result = fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW);
	if (result < 0 && errno == ENOENT)
		return 0;
	if (result == 0 && S_ISDIR(status.st_mode))
		return keep_subdirectory(from, name, to, level, err);
	if (result == 0 && S_ISREG(status.st_mode))
		result = kg_copy_file_at(from, name, to, name);
	else if (result == 0 && S_ISLNK(status.st_mode))
		result = keep_link(from, name, to);
	return result < 0 ? kg_fail_at(err, level->path, name) : 0;
}

static int keep_directory(int from, int to, const struct level *level, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct stat status;
	int result = kg_directory_list(from, level->path, &names, err);

	if (level->depth > kg_max_depth)
		result = kg_fail(err, EFBIG, "%s: is too deep", level->path);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		if (level->depth > 0 || !kg_tree_leaves_out(names.items[i]))
			result = keep_name(from, names.items[i], to, level, err);
	}
	kg_strings_free(&names);
	if (result < 0)
		return -1;
	if (fstat(from, &status) == 0) {
		const struct timespec times[2] = {status.st_atim, status.st_mtim};

		(void)fchmod(to, status.st_mode & 07777);
		(void)futimens(to, times);
	}
	return 0;
}

static int open_release(const struct kg_root *root, const char *release, char **path,
			struct kg_error *err)
{
	int fd;

	*path = kg_format(err, "%s/%s", modules, release);
	if (!*path)
		return -1;
	fd = kg_root_open_directory(root, *path, err);
	if (fd < 0) {
		free(*path);
		*path = NULL;
	}
	return fd;
}

/* Makes it in the directory kept under another name, and renames that. */
static int make(int from, const char *path, int kept, const char *name, struct kg_error *err)
{
	const struct level top = {.path = path};
	char making[256];
	int length = snprintf(making, sizeof(making), "%s" KG_MAKING, name);
	int to = -1;
	int result;

	if (length < 0 || (size_t)length >= sizeof(making))
		return kg_fail(err, ENAMETOOLONG, "%s: is too long a name", name);
	if (kg_directory_remove(kept, making) == 0 && mkdirat(kept, making, 0700) == 0)
		to = openat(kept, making, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return kg_fail_at(err, KG_KEPT_TREES, making);
	result = keep_directory(from, to, &top, err);
	/* At once: to fsync each of a thousand directories takes seconds. */
	if (result == 0 && syncfs(to) < 0)
		result = kg_fail_at(err, KG_KEPT_TREES, making);
	close(to);
	if (result == 0 && (renameat(kept, making, kept, name) < 0 || fsync(kept) < 0))
		result = kg_fail_at(err, KG_KEPT_TREES, name);
	if (result < 0)
		(void)kg_directory_remove(kept, making);
	return result;
}

int kg_tree_keep(const struct kg_root *root, const char *release, const char *name,
		 struct kg_error *err)
{
	char *path;
	int from = open_release(root, release, &path, err);
	int kept;
	int result;

	if (from < 0)
		return -1;
	kept = kg_directory_make(root, modules, ".kernel-guard", err);
	if (kept < 0)
		result = -1;
	else if (kg_module_tree_is_kept(root, name))
		result = 0;
	else
		result = make(from, path, kept, name, err);
	if (kept >= 0)
		close(kept);
	close(from);
	free(path);
	return result;
}

int kg_tree_remove(const struct kg_root *root, const char *name, struct kg_error *err)
{
	struct kg_error why;
	int kept = kg_root_open_directory(root, KG_KEPT_TREES, &why);
	int result = 0;

	if (kept < 0) {
		if (why.code == ENOENT)
			return 0;
		*err = why;
		return -1;
	}
	if (kg_directory_discard(kept, name) < 0)
		result = kg_fail_at(err, KG_KEPT_TREES, name);
	close(kept);
	return result;
}

int kg_tree_clear(const struct kg_root *root, const struct kg_clearing *clearing,
		  struct kg_error *err)
{
	struct kg_error why;
	int kept = kg_root_open_directory(root, KG_KEPT_TREES, &why);
	int result;

	if (kept < 0 && why.code == ENOENT)
		return 0;
	if (kept < 0) {
		*err = why;
		return -1;
	}
	result = kg_directory_clear(clearing, kept, KG_KEPT_TREES, err);
	close(kept);
	return result;
}
