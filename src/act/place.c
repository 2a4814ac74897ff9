// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int kg_place_open(const struct kg_root *root, const char *path, struct kg_place *place,
		  struct kg_error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int length = (int)(slash ? slash - path : 0);
	char *directory;

	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return kg_fail(err, EINVAL, "%s: is no path of a file", path);
	directory = kg_format(err, "%s%.*s", *path == '/' && length > 0 ? "" : "/", length, path);
	if (!directory)
		return -1;
	*place = (struct kg_place){.directory = kg_root_open_directory(root, directory, err)};
	free(directory);
	if (place->directory < 0)
		return -1;
	place->name = kg_copy_string(name, err);
	if (place->name)
		return 0;
	close(place->directory);
	return -1;
}

void kg_place_close(struct kg_place *place)
{
	close(place->directory);
	free(place->name);
}

bool kg_place_look(const struct kg_root *root, const char *path, struct stat *status)
{
	struct kg_error ignored;
	struct kg_place place;
	bool found;

	if (kg_place_open(root, path, &place, &ignored) < 0)
		return false;
	found = fstatat(place.directory, place.name, status, AT_SYMLINK_NOFOLLOW) == 0;
	kg_place_close(&place);
	return found;
}

int kg_place_make_directory(const struct kg_root *root, const char *path, struct kg_error *err)
{
	const char *slash = strrchr(path, '/');
	struct kg_place place;
	char *directory;
	int result = 0;

	if (!slash || slash == path)
		return 0;
	directory = kg_format(err, "%.*s", (int)(slash - path), path);
	if (!directory)
		return -1;
	if (!kg_root_has_directory(root, directory)) {
		result = kg_place_make_directory(root, directory, err);
		if (result == 0)
			result = kg_place_open(root, directory, &place, err);
		if (result == 0) {
			if ((mkdirat(place.directory, place.name, 0755) < 0 && errno != EEXIST) ||
			    fsync(place.directory) < 0)
				result = kg_fail(err, errno, "%s: %s", directory, strerror(errno));
			kg_place_close(&place);
		}
	}
	free(directory);
	return result;
}
