// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/mount_field.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/system/grub_places.h"

enum {
	max_fstab = 1 << 20,
	max_places = 1000,
};

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

/* Quotes around the value, which libmount takes off. */
static void unquote(char *device)
{
	char *value = strchr(device, '=');
	size_t length;

	if (!value || value[1] != '"')
		return;
	value++;
	length = strlen(value);
	if (length >= 2 && value[length - 1] == '"') {
		memmove(value, value + 1, length - 2);
		value[length - 2] = '\0';
	}
}

/* The subvolume that a mount begins at, or NULL where it is not known. */
static int read_subvolume(const char *type, const char *options, char **subvolume,
			  struct kg_error *err)
{
	const char *found = NULL;
	size_t length;

	*subvolume = NULL;
	if (strcmp(type, "btrfs") != 0) {
		*subvolume = strcmp(type, "zfs") == 0 || strcmp(type, "auto") == 0
				     ? NULL
				     : kg_copy_string("", err);
		return *subvolume || strcmp(type, "zfs") == 0 || strcmp(type, "auto") == 0 ? 0 : -1;
	}
	for (const char *option = options; option; option = strchr(option, ',')) {
		option += *option == ',' ? 1 : 0;
		if (strncmp(option, "subvol=", 7) == 0)
			found = option + 7;
	}
	if (!found)
		return 0;
	found += strspn(found, "/");
	length = strcspn(found, ",");
	while (length > 0 && found[length - 1] == '/')
		length--;
	*subvolume = kg_format(err, "%s%.*s", length ? "/" : "", (int)length, found);
	return *subvolume ? 0 : -1;
}

static int add_place(const struct kg_strings *words, struct kg_grub_places *places,
		     struct kg_error *err)
{
	const char *type = words->count > 2 ? words->items[2] : "auto";
	const char *options = words->count > 3 ? words->items[3] : "";
	struct kg_grub_place place = {0};

	if (words->items[1][0] != '/' || places->count >= max_places)
		return 0;
	if (kg_array_reserve(&places->items, &places->capacity, places->count,
			     sizeof(*places->items), err) < 0)
		return -1;
	place.device = kg_copy_string(words->items[0], err);
	place.point = kg_copy_string(words->items[1], err);
	if (!place.device || !place.point ||
	    read_subvolume(type, options, &place.subvolume, err) < 0) {
		free_place(&place);
		return -1;
	}
	kg_mount_unescape(place.device);
	unquote(place.device);
	kg_mount_unescape(place.point);
	if (place.subvolume)
		kg_mount_unescape(place.subvolume);
	places->items[places->count++] = place;
	return 0;
}

static int read_line(struct kg_span line, struct kg_grub_places *places, struct kg_error *err)
{
	struct kg_strings words = {0};
	char *text = kg_span_copy_string(line, err);
	int result = text ? kg_strings_add_words(&words, text, err) : -1;

	if (result == 0 && words.count >= 2 && words.items[0][0] != '#')
		result = add_place(&words, places, err);
	kg_strings_free(&words);
	free(text);
	return result;
}

int kg_grub_places_read(const struct kg_root *root, struct kg_grub_places *places,
			struct kg_troubles *troubles, struct kg_error *err)
{
	static const char path[] = "/etc/fstab";
	struct kg_buffer text = {0};
	struct kg_error reason;
	struct kg_span rest;
	struct kg_span line;
	int result = 0;

	*places = (struct kg_grub_places){0};
	if (kg_root_read_file(root, path, max_fstab, &text, &reason) < 0 && reason.code != ENOENT)
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, path, &reason, err);
	rest = kg_buffer_span(&text);
	while (result == 0 && kg_span_next_line(&rest, &line))
		result = read_line(line, places, err);
	kg_buffer_free(&text);
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
