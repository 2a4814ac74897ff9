// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "initramfs.h"
#include "kernel-guard/parse/module.h"
#include "kernel-guard/system/microcode.h"

static const char *const kind_names[MEMBER_KIND_COUNT] = {
	[MEMBER_MODULE] = "modules",
	[MEMBER_FIRMWARE] = "firmware",
	[MEMBER_MICROCODE] = "microcode",
	[MEMBER_OTHER] = "others",
};

static void add_segments(struct kg_json *json, struct json_object *object,
			 const struct kg_initrd *initrd)
{
	struct json_object *array = kg_json_add_array(json, object, "segments");

	for (size_t i = 0; i < initrd->segment_count; i++) {
		const struct kg_initramfs_segment *segment = &initrd->segments[i];
		struct json_object *item = kg_json_append_object(json, array);

		kg_json_add_number(json, item, "offset", segment->offset);
		kg_json_add_number(json, item, "size", segment->size);
		kg_json_add_number(json, item, "unpacked_size", segment->unpacked_size);
		kg_json_add_string(json, item, "compression",
				   kg_compression_name(segment->compression));
		kg_json_add_number(json, item, "members", segment->member_count);
	}
}

static int add_module(struct kg_json *json, struct json_object *item, const char *path,
		      struct kg_error *err)
{
	size_t length = 0;
	const char *start = initramfs_module_release(path, &length);
	char *release = start ? kg_span_copy_string(kg_span_of(start, length), err) : NULL;
	char *name = kg_module_name_of_path(path, err);
	int result = name && !release == !start ? 0 : -1;

	kg_json_add_string(json, item, "name", name);
	kg_json_add_string(json, item, "release", release);
	kg_json_add_string(json, item, "compression", initramfs_module_compression(path));
	free(name);
	free(release);
	return result;
}

static int add_members(struct kg_json *json, struct json_object *object,
		       const struct kg_initrd *initrd, struct kg_error *err)
{
	struct json_object *arrays[MEMBER_KIND_COUNT];
	size_t early = kg_initrd_early_segments(initrd);
	int result = 0;

	for (size_t i = 0; i < MEMBER_KIND_COUNT; i++)
		arrays[i] = kg_json_add_array(json, object, kind_names[i]);
	for (size_t i = 0; result == 0 && i < initrd->member_count; i++) {
		const struct kg_initrd_member *member = &initrd->members[i];
		enum member_kind kind = initramfs_member_kind(member);
		struct json_object *item = kg_json_append_object(json, arrays[kind]);

		kg_json_add_string(json, item, "path", member->path);
		kg_json_add_number(json, item, "mode", member->mode);
		kg_json_add_number(json, item, "size", member->size);
		kg_json_add_number(json, item, "segment", member->segment);
		kg_json_add_string(json, item, "link", member->link);
		if (kind == MEMBER_MODULE)
			result = add_module(json, item, member->path, err);
		if (kind == MEMBER_MICROCODE)
			kg_json_add_boolean(json, item, "early", member->segment < early);
	}
	return result;
}

/* Every path, in the image's order. */
static int add_paths(struct kg_json *json, struct json_object *object,
		     const struct kg_initrd *initrd, struct kg_error *err)
{
	struct kg_strings paths = {0};
	int result = 0;

	for (size_t i = 0; result == 0 && i < initrd->member_count; i++)
		result = kg_strings_add(&paths, initrd->members[i].path, err);
	kg_json_add_strings(json, object, "members", &paths);
	kg_strings_free(&paths);
	return result;
}

int initramfs_add_json(struct kg_json *json, struct json_object *images, const char *path,
		       const struct kg_initrd *initrd, struct kg_error *err)
{
	struct json_object *object = kg_json_append_object(json, images);
	struct kg_strings releases = {0};
	int result = initramfs_releases(initrd, &releases, err);

	kg_json_add_string(json, object, "file", path);
	kg_json_add_string(json, object, "generator",
			   kg_initrd_generator_name(kg_initrd_generator_of(initrd)));
	kg_json_add_strings(json, object, "releases", &releases);
	kg_json_add_string(json, object, "damage",
			   initrd->damage.code ? initrd->damage.message : NULL);
	add_segments(json, object, initrd);
	if (result == 0)
		result = add_paths(json, object, initrd, err);
	if (result == 0)
		result = add_members(json, object, initrd, err);
	kg_strings_free(&releases);
	return result;
}
