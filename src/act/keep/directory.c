// SPDX-License-Identifier: GPL-2.0-or-later
#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int kg_fail_at(struct kg_error *err, const char *directory, const char *name)
{
	int code = errno;

	return kg_fail(err, code, "%s/%s: %s", directory, name, strerror(code));
}

int kg_directory_make(const struct kg_root *root, const char *parent, const char *name,
		      struct kg_error *err)
{
	int above = kg_root_open_directory(root, parent, err);
	int directory = -1;
	bool made;

	if (above < 0)
		return -1;
	made = mkdirat(above, name, 0755) == 0;
	if (made || errno == EEXIST)
		directory = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0) {
		kg_fail_at(err, parent, name);
	} else if (made) {
		(void)fchmod(directory, 0755);
		(void)fsync(above);
	}
	close(above);
	return directory;
}

static int remove_below(int fd, int depth);

static int remove_name(int fd, const char *name, int depth)
{
	int child;
	int result;

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0)
		return -1;
	result = remove_below(child, depth);
	close(child);
	return result < 0 ? -1 : unlinkat(fd, name, AT_REMOVEDIR);
}

static int remove_below(int fd, int depth)
{
	struct kg_strings names = {0};
	struct kg_error err;
	int result;
	int code;

	if (depth > kg_max_depth) {
		errno = ELOOP;
		return -1;
	}
	result = kg_directory_list(fd, "", &names, &err);
	code = result < 0 ? err.code : 0;
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		result = remove_name(fd, names.items[i], depth + 1);
		code = errno;
	}
	kg_strings_free(&names);
	errno = code;
	return result;
}

int kg_directory_remove(int fd, const char *name)
{
	return remove_name(fd, name, 0) < 0 ? -1 : fsync(fd);
}

int kg_directory_discard(int fd, const char *name)
{
	char gone[256];
	int length = snprintf(gone, sizeof(gone), "%s" KG_REMOVING, name);

	if (length < 0 || (size_t)length >= sizeof(gone)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (kg_directory_remove(fd, gone) < 0)
		return -1;
	if (renameat(fd, name, fd, gone) < 0)
		return errno == ENOENT ? 0 : -1;
	/* The name first: what is half removed may not come back with it. */
	return fsync(fd) < 0 ? -1 : kg_directory_remove(fd, gone);
}

int kg_directory_clear(const struct kg_clearing *clearing, int fd, const char *path,
		       struct kg_error *err)
{
	struct kg_strings names = {0};
	int result = kg_directory_list(fd, path, &names, err);

	for (size_t i = 0; result == 0 && i < names.count; i++) {
		const char *name = names.items[i];

		if (!kg_ends_with(name, KG_MAKING) && !kg_ends_with(name, KG_REMOVING))
			continue;
		result = !clearing->dry_run && kg_directory_remove(fd, name) < 0
				 ? kg_fail_at(err, path, name)
				 : kg_clearing_tell(clearing, "removed", path, name, err);
	}
	kg_strings_free(&names);
	return result;
}
