// SPDX-License-Identifier: GPL-2.0-or-later
#include "forecast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel-guard/act/tree.h"
#include "kernel-guard/core/buffer.h"

enum {
	/* pacman's cushion in CheckSpace is not larger (lib/libalpm/diskspace.c, 7.1). */
	cushion = 32 << 20,
	/* How much larger a new tree may be: a tenth, as between releases of Arch's linux. */
	growth_divisor = 10,
};

static const char modules[] = "/usr/lib/modules";

/* The directory of the file, or the nearest above that is there. */
static int open_directory(const struct kg_root *root, const char *file, struct kg_error *err)
{
	char *directory = kg_copy_string(file, err);
	int fd = -1;

	for (char *slash = directory ? strrchr(directory, '/') : NULL; slash && fd < 0;
	     slash = strrchr(directory, '/')) {
		struct kg_error ignored;

		*slash = '\0';
		fd = kg_root_open_directory(root, *directory ? directory : "/", &ignored);
	}
	free(directory);
	return fd;
}

int kg_forecast_find(struct kg_forecast *forecast, const struct kg_root *root, const char *file,
		     struct kg_forecast_room **room, struct kg_error *err)
{
	struct statvfs space;
	struct stat status;
	bool known;
	int fd;

	*room = NULL;
	err->code = 0;
	fd = open_directory(root, file, err);
	known = fd >= 0 && fstatvfs(fd, &space) == 0 && fstat(fd, &status) == 0;
	if (fd >= 0)
		close(fd);
	if (!known)
		return err->code == ENOMEM ? -1 : 0;
	for (size_t i = 0; i < forecast->count; i++) {
		if (forecast->rooms[i].device == (uint64_t)status.st_dev) {
			*room = &forecast->rooms[i];
			return 0;
		}
	}
	if (kg_array_reserve(&forecast->rooms, &forecast->capacity, forecast->count,
			     sizeof(*forecast->rooms), err) < 0)
		return -1;
	*room = &forecast->rooms[forecast->count++];
	**room = (struct kg_forecast_room){.device = (uint64_t)status.st_dev,
					   .free = (uint64_t)space.f_bavail * space.f_frsize};
	return 0;
}

void kg_forecast_free(struct kg_forecast *forecast)
{
	free(forecast->rooms);
	*forecast = (struct kg_forecast){0};
}

/* Which names of a file go together. */
struct going {
	size_t trees; /* kept trees of one release */
	bool paired;  /* and the installed one */
};

/* The room that files take, and that of it which stays taken when their names here go. */
struct sizes {
	uint64_t all;
	uint64_t shared;
	uint64_t freed; /* of all of it, where the names of going go: the part of this tree */
	uint64_t built; /* by DKMS, which builds beside what is there */
	struct going going;
};

/* What a file frees with all of its names is divided by the kept trees that have it. */
static uint64_t part_of(const struct going *going, uint64_t bytes, uint64_t names)
{
	uint64_t installed = going->paired && names > 1 ? 1 : 0;

	return names > going->trees + installed ? 0 : bytes / (names - installed);
}

static void add_file(const struct kg_root *root, const char *path, bool built, struct sizes *sizes)
{
	struct kg_error ignored;
	struct kg_file file;
	struct stat status;

	if (kg_root_open_file(root, path, &file, &ignored) < 0)
		return;
	if (fstat(file.fd, &status) == 0) {
		uint64_t bytes = (uint64_t)status.st_blocks * 512;

		sizes->all += bytes;
		sizes->shared += status.st_nlink > 1 ? bytes : 0;
		sizes->freed += part_of(&sizes->going, bytes, (uint64_t)status.st_nlink);
		sizes->built += built ? bytes : 0;
	}
	kg_file_close(&file);
}

static int add_tree(const struct kg_root *root, const char *release, struct sizes *sizes,
		    struct kg_error *err)
{
	struct kg_strings files = {0};
	struct kg_error why;
	char *tree = kg_format(err, "%s/%s", modules, release);
	int result = tree ? 0 : -1;

	if (tree && kg_root_walk(root, tree, &files, &why) < 0 && why.code == ENOMEM)
		result = kg_fail_memory(err);
	for (size_t i = 0; result == 0 && i < files.count; i++) {
		const char *file = files.items[i];
		char *path;

		/* The headers' package. */
		if (strncmp(file, "build/", strlen("build/")) == 0)
			continue;
		path = kg_format(err, "%s/%s", tree, file);
		result = path ? 0 : -1;
		if (path)
			add_file(root, path, strncmp(file, "updates/", strlen("updates/")) == 0,
				 sizes);
		free(path);
	}
	kg_strings_free(&files);
	free(tree);
	return result;
}

int kg_forecast_transaction(const struct kg_root *root, const struct kg_transaction *transaction,
			    uint64_t *needed, uint64_t *least, struct kg_error *err)
{
	struct sizes sizes = {0};

	for (size_t i = 0; i < transaction->going.count; i++) {
		if (add_tree(root, transaction->going.items[i], &sizes, err) < 0)
			return -1;
	}
	/* pacman takes the old tree away before it unpacks the new one (lib/libalpm/add.c, 7.1). */
	*needed = cushion + transaction->growth + sizes.shared + sizes.all / growth_divisor +
		  2 * sizes.built;
	if (least)
		*least = sizes.shared;
	return 0;
}

int kg_forecast_kept_tree(const struct kg_root *root, const char *tree, size_t trees, bool paired,
			  uint64_t *bytes, struct kg_error *err)
{
	struct sizes sizes = {.going = {.trees = trees, .paired = paired}};
	char *name = kg_format(err, "%s/%s", strrchr(KG_KEPT_TREES, '/') + 1, tree);
	int result = name ? add_tree(root, name, &sizes, err) : -1;

	free(name);
	*bytes = sizes.freed;
	return result;
}

int kg_forecast_add_transaction(struct kg_forecast *forecast, const struct kg_root *root,
				const struct kg_transaction *transaction, struct kg_error *err)
{
	size_t known = forecast->count;
	struct kg_forecast_room *room;
	uint64_t needed;

	if (kg_forecast_find(forecast, root, "/usr/lib/modules/", &room, err) < 0)
		return -1;
	/* A room that nobody has asked for is nobody's concern, and the trees are large. */
	if (!room || forecast->count > known)
		return 0;
	if (kg_forecast_transaction(root, transaction, &needed, NULL, err) < 0)
		return -1;
	room->taken += needed;
	return 0;
}
