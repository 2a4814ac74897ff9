// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/grub_places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel-guard/parse/grub_config.h"

/* Of a subvolume's or a dataset's path more components are not seen. */
enum { max_components = 8 };

/* How GRUB's paths become those below the root. */
struct translation {
	const char *point;
	size_t components; /* in front, that are left out */
};

struct mapper {
	const struct kg_root *root;
	const struct kg_grub_places *places;
	const struct kg_strings *files;
	struct kg_error *err;
};

/* Whether a device is named in a way that can be compared with GRUB's. */
static bool is_comparable(const char *device)
{
	return strncmp(device, "UUID=", 5) == 0 || strncmp(device, "LABEL=", 6) == 0;
}

static bool same_kind(const char *left, const char *right)
{
	return is_comparable(left) && is_comparable(right) && left[0] == right[0];
}

/* A UUID's letters may be in either case. */
static bool same_device(const char *left, const char *right)
{
	if (!same_kind(left, right))
		return false;
	return left[0] == 'U' ? strcasecmp(left, right) == 0 : strcmp(left, right) == 0;
}

static const char *skip_slashes(const char *path)
{
	return path + strspn(path, "/");
}

static const char *skip_components(const char *path, size_t count)
{
	path = skip_slashes(path);
	for (; path && count > 0; count--) {
		path = strchr(path, '/');
		if (path)
			path = skip_slashes(path);
	}
	return path;
}

/* Where a file lies by a translation. NULL: err->code is 0 where it has too few components. */
static char *translate(const struct translation *translation, const char *file,
		       struct kg_error *err)
{
	const char *path = skip_components(strstr(file, ")/") + 1, translation->components);
	const char *point = translation->point;

	err->code = 0;
	if (!path)
		return NULL;
	return kg_format(err, "%s/%s", strcmp(point, "/") == 0 ? "" : point, path);
}

/* How many of the files are there. -1 with ENOMEM. */
static int count_found(const struct mapper *mapper, const struct translation *translation)
{
	int count = 0;

	for (size_t i = 0; i < mapper->files->count; i++) {
		char *path = translate(translation, mapper->files->items[i], mapper->err);

		if (!path && mapper->err->code)
			return -1;
		if (path && kg_root_has_file(mapper->root, path))
			count++;
		free(path);
	}
	return count;
}

static int add_paths(const struct mapper *mapper, const struct translation *translation,
		     struct kg_strings *paths)
{
	for (size_t i = 0; i < mapper->files->count; i++) {
		char *path = translate(translation, mapper->files->items[i], mapper->err);
		int result;

		if (!path && mapper->err->code)
			return -1;
		/* An image outside of the subvolume that the others lie in. */
		result = kg_strings_add(paths, path ? path : mapper->files->items[i], mapper->err);
		free(path);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* Takes the translation where more files are found than by the best so far. */
static int try(const struct mapper *mapper, const char *point, struct translation *best, int *found)
{
	for (size_t i = 0; i <= max_components; i++) {
		struct translation translation = {.point = point, .components = i};
		int count = count_found(mapper, &translation);

		if (count < 0)
			return -1;
		if (count > *found) {
			*found = count;
			*best = translation;
		}
	}
	return 0;
}

/* How many components stand in front of end. */
static size_t count_components(const char *path, const char *end)
{
	size_t count = 0;

	for (path = skip_slashes(path); path < end && *path; path = skip_slashes(path)) {
		count++;
		path += strcspn(path, "/");
	}
	return count;
}

/* Where files would lie that are not there: below /boot, as GRUB's paths mostly name it. */
static void guess(const struct mapper *mapper, const char *point, struct translation *best)
{
	const char *path = strstr(mapper->files->items[0], ")/") + 1;
	const char *boot = strstr(path, "/boot/");

	*best = (struct translation){.point = point ? point : boot ? "/" : "/boot"};
	if (boot)
		best->components = count_components(path, boot);
}

static bool has_point(const struct kg_grub_places *places, const char *point)
{
	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->items[i].point, point) == 0)
			return true;
	}
	return false;
}

/* By the mount points whose device may be this one: the boot partition's before the root's. */
static int find_by_files(const struct mapper *mapper, const char *device, struct translation *best,
			 bool *found)
{
	bool boot = has_point(mapper->places, "/boot");
	int count = 0;

	if (try(mapper, boot ? "/boot" : "/", best, &count) < 0 ||
	    try(mapper, boot ? "/" : "/boot", best, &count) < 0)
		return -1;
	for (size_t i = 0; i < mapper->places->count; i++) {
		const struct kg_grub_place *place = &mapper->places->items[i];

		if (same_kind(place->device, device) || !place->point[1] ||
		    strcmp(place->point, "/boot") == 0)
			continue;
		if (try(mapper, place->point, best, &count) < 0)
			return -1;
	}
	*found = count > 0;
	return 0;
}

/* Whether path lies in a subvolume. */
static bool lies_in(const char *path, const char *subvolume)
{
	size_t length = strlen(subvolume);

	path = skip_slashes(path) - 1;
	return length == 0 || (strncmp(path, subvolume, length) == 0 && path[length] == '/');
}

/* The place on the device that holds path, the innermost subvolume's; unknown where one may. */
static const struct kg_grub_place *find_place(const struct mapper *mapper, const char *device,
					      const char *path, bool *any)
{
	const struct kg_grub_place *best = NULL;

	*any = false;
	for (size_t i = 0; i < mapper->places->count; i++) {
		const struct kg_grub_place *place = &mapper->places->items[i];

		if (!same_device(place->device, device))
			continue;
		*any = true;
		if (place->subvolume && !lies_in(path, place->subvolume))
			continue;
		if (!best || (place->subvolume && (!best->subvolume || strlen(place->subvolume) >
								       strlen(best->subvolume))))
			best = place;
	}
	return best;
}

/* Whether another file system is mounted between point and path. */
static bool is_hidden(const struct mapper *mapper, const struct kg_grub_place *place,
		      const char *path)
{
	size_t outer = strlen(place->point);

	for (size_t i = 0; i < mapper->places->count; i++) {
		const struct kg_grub_place *other = &mapper->places->items[i];
		size_t length = strlen(other->point);

		if (other != place && length > outer && strncmp(path, other->point, length) == 0 &&
		    path[length] == '/')
			return true;
	}
	return false;
}

static int map_to_place(const struct mapper *mapper, const struct kg_grub_place *place,
			enum kg_grub_mapping *mapping, struct kg_strings *paths)
{
	struct translation best = {.point = place->point};
	int count = 0;
	char *path;

	if (place->subvolume)
		best.components = count_components(
			place->subvolume, place->subvolume + strlen(place->subvolume));
	else if (try(mapper, place->point, &best, &count) < 0)
		return -1;
	else if (count == 0)
		guess(mapper, place->point, &best);
	path = translate(&best, mapper->files->items[0], mapper->err);
	if (!path)
		return mapper->err->code ? -1 : 0;
	*mapping = is_hidden(mapper, place, path) ? KG_GRUB_HIDDEN : KG_GRUB_MAPPED;
	free(path);
	return *mapping == KG_GRUB_MAPPED ? add_paths(mapper, &best, paths) : 0;
}

/* Whether fstab names what / and /boot lie on, so that a device that is neither is foreign. */
static bool knows_all(const struct mapper *mapper, const char *device)
{
	bool root = false;

	for (size_t i = 0; i < mapper->places->count; i++) {
		const struct kg_grub_place *place = &mapper->places->items[i];
		bool comparable = same_kind(place->device, device);

		if (strcmp(place->point, "/") == 0)
			root = comparable;
		else if (!comparable && strcmp(place->point, "/boot") == 0)
			return false;
	}
	return root;
}

static int map(const struct mapper *mapper, const char *device, const char *path,
	       enum kg_grub_mapping *mapping, struct kg_strings *paths)
{
	struct translation best = {0};
	const struct kg_grub_place *place;
	bool any;
	bool found;

	place = find_place(mapper, device, path, &any);
	*mapping = KG_GRUB_FOREIGN;
	if (place)
		return map_to_place(mapper, place, mapping, paths);
	if (any || knows_all(mapper, device))
		return 0;
	if (find_by_files(mapper, device, &best, &found) < 0)
		return -1;
	*mapping = KG_GRUB_UNTOLD;
	/* GRUB's own file system is this system's, whether the files are there or not. */
	if (!found && strcmp(device, "own") != 0)
		return 0;
	if (!found)
		guess(mapper, NULL, &best);
	*mapping = KG_GRUB_MAPPED;
	return add_paths(mapper, &best, paths);
}

int kg_grub_places_map(const struct kg_root *root, const struct kg_grub_places *places,
		       const struct kg_strings *files, enum kg_grub_mapping *mapping,
		       struct kg_strings *paths, struct kg_error *err)
{
	const struct mapper mapper = {root, places, files, err};
	struct kg_error reason;
	const char *path;
	char *device;
	int result;

	*mapping = KG_GRUB_UNTOLD;
	for (size_t i = 0; i < files->count; i++) {
		if (!strstr(files->items[i], ")/"))
			return 0;
	}
	if (files->count == 0)
		return 0;
	if (kg_grub_path_split(files->items[0], &device, &path, &reason) < 0) {
		*err = reason;
		return reason.code == ENOMEM ? -1 : 0;
	}
	result = map(&mapper, device, path, mapping, paths);
	free(device);
	return result;
}
