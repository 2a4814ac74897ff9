// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/system/grub_places.h"

enum { max_places = 1000 };

static void free_place(struct kg_grub_place *place)
{
	free(place->device);
	free(place->point);
	free(place->subvolume);
}

void kg_grub_places_free(struct kg_grub_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free_place(&places->items[i]);
	free(places->items);
	*places = (struct kg_grub_places){0};
}

/* Cuts slashes off both ends of what subvol= names, but for one in front. */
static char *subvolume_of(const char *option, struct kg_error *err)
{
	size_t length;

	option += strspn(option, "/");
	length = strlen(option);
	while (length > 0 && option[length - 1] == '/')
		length--;
	return kg_format(err, "%s%.*s", length ? "/" : "", (int)length, option);
}

/* The subvolume that a mount begins at, or NULL where it is not known. */
static int read_subvolume(const struct kg_mount *mount, char **subvolume, struct kg_error *err)
{
	char *option;

	*subvolume = NULL;
	if (strcmp(mount->type, "zfs") == 0 || strcmp(mount->type, "auto") == 0)
		return 0;
	if (strcmp(mount->type, "btrfs") != 0) {
		*subvolume = kg_copy_string("", err);
		return *subvolume ? 0 : -1;
	}
	option = kg_mount_option(mount, "subvol", err);
	if (!option)
		return err->code ? -1 : 0;
	*subvolume = subvolume_of(option, err);
	free(option);
	return *subvolume ? 0 : -1;
}

static int add_place(const struct kg_mount *mount, struct kg_grub_places *places,
		     struct kg_error *err)
{
	struct kg_grub_place place = {0};

	if (kg_array_reserve(&places->items, &places->capacity, places->count,
			     sizeof(*places->items), err) < 0)
		return -1;
	place.device = kg_copy_string(mount->source, err);
	place.point = kg_copy_string(mount->point, err);
	if (!place.device || !place.point || read_subvolume(mount, &place.subvolume, err) < 0) {
		free_place(&place);
		return -1;
	}
	places->items[places->count++] = place;
	return 0;
}

int kg_grub_places_read(const struct kg_mount_table *fstab, struct kg_grub_places *places,
			struct kg_error *err)
{
	int result = 0;

	*places = (struct kg_grub_places){0};
	for (size_t i = 0; result == 0 && i < fstab->count && places->count < max_places; i++) {
		if (fstab->items[i].point[0] == '/')
			result = add_place(&fstab->items[i], places, err);
	}
	if (result < 0)
		kg_grub_places_free(places);
	return result;
}

const char *kg_grub_places_root_subvolume(const struct kg_grub_places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->items[i].point, "/") == 0)
			return places->items[i].subvolume;
	}
	return NULL;
}
