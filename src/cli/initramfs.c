// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/cli/command.h"
#include "kernel-guard/report/escape.h"
#include "kernel-guard/report/json.h"
#include "kernel-guard/system/initrd.h"

/* The kinds of members that are listed on their own. */
enum kind {
	kind_module,
	kind_firmware,
	kind_microcode,
	kind_other,
	kind_count,
};

static const char *const kind_names[kind_count] = {
	[kind_module] = "modules",
	[kind_firmware] = "firmware",
	[kind_microcode] = "microcode",
	[kind_other] = "others",
};

static const char *const generator_names[] = {
	[KG_INITRD_UNKNOWN] = NULL,
	[KG_INITRD_MKINITCPIO] = "mkinitcpio",
	[KG_INITRD_DRACUT] = "dracut",
};

static enum kind kind_of(const struct kg_initrd *initrd, const struct kg_initrd_member *member)
{
	const struct kg_initramfs_segment *first = initrd->segments;

	if (S_ISDIR(member->mode))
		return kind_other;
	/* find_cpio_data(): the loader looks only into an uncompressed archive at the front. */
	if (strncmp(member->path, "kernel/x86/microcode/", 21) == 0 && member->segment == 0 &&
	    initrd->segment_count > 0 && first->offset == 0 &&
	    first->compression == KG_COMPRESSION_NONE)
		return kind_microcode;
	if (kg_initrd_module_path(member->path))
		return kind_module;
	return strstr(member->path, "lib/firmware/") ? kind_firmware : kind_other;
}

static void write_text(const char *path, const struct kg_initrd *initrd,
		       const struct kg_options *options)
{
	const char *generator = generator_names[kg_initrd_generator_of(initrd)];
	size_t counts[kind_count] = {0};

	kg_write_escaped(stdout, path);
	(void)printf(": %zu members in %zu segments%s%s\n", initrd->member_count,
		     initrd->segment_count, generator ? ", written by " : "",
		     generator ? generator : "");
	for (size_t i = 0; i < initrd->segment_count; i++) {
		const struct kg_initramfs_segment *segment = &initrd->segments[i];

		(void)printf("  segment %zu: %s at byte %" PRIu64 ", %" PRIu64
			     " bytes, unpacked %" PRIu64 ", %" PRIu64 " members\n",
			     i, kg_compression_name(segment->compression), segment->offset,
			     segment->size, segment->unpacked_size, segment->member_count);
	}
	for (size_t i = 0; i < initrd->member_count; i++) {
		const struct kg_initrd_member *member = &initrd->members[i];
		enum kind kind = kind_of(initrd, member);

		counts[kind]++;
		if (kind == kind_other && !options->verbose)
			continue;
		(void)fputs("  ", stdout);
		kg_write_escaped(stdout, member->path);
		if (member->link) {
			(void)fputs(" -> ", stdout);
			kg_write_escaped(stdout, member->link);
		}
		(void)putchar('\n');
	}
	(void)printf("  %zu modules, %zu firmware files, %zu microcode files, %zu others\n",
		     counts[kind_module], counts[kind_firmware], counts[kind_microcode],
		     counts[kind_other]);
}

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

static void add_members(struct kg_json *json, struct json_object *object,
			const struct kg_initrd *initrd)
{
	struct json_object *arrays[kind_count];

	for (size_t i = 0; i < kind_count; i++)
		arrays[i] = kg_json_add_array(json, object, kind_names[i]);
	for (size_t i = 0; i < initrd->member_count; i++) {
		const struct kg_initrd_member *member = &initrd->members[i];
		struct json_object *item =
			kg_json_append_object(json, arrays[kind_of(initrd, member)]);

		kg_json_add_string(json, item, "path", member->path);
		kg_json_add_number(json, item, "mode", member->mode);
		kg_json_add_number(json, item, "size", member->size);
		kg_json_add_number(json, item, "segment", member->segment);
		kg_json_add_string(json, item, "link", member->link);
	}
}

static void add_image(struct kg_json *json, struct json_object *images, const char *path,
		      const struct kg_initrd *initrd)
{
	struct json_object *object = kg_json_append_object(json, images);
	const char *generator = generator_names[kg_initrd_generator_of(initrd)];

	kg_json_add_string(json, object, "file", path);
	kg_json_add_string(json, object, "generator", generator);
	kg_json_add_string(json, object, "damage",
			   initrd->damage.code ? initrd->damage.message : NULL);
	add_segments(json, object, initrd);
	add_members(json, object, initrd);
}

static int show(const char *path, const struct kg_options *options, struct kg_json *json,
		struct json_object *images, struct kg_error *err)
{
	struct kg_initrd initrd;
	struct kg_source source;
	struct kg_file file;
	int result;

	if (kg_file_open(path, &file, err) < 0)
		return -1;
	source = kg_file_source(&file);
	result = kg_initrd_list(&source, NULL, NULL, &initrd, err);
	kg_file_close(&file);
	if (result < 0)
		return kg_prefix(err, "%s", path);
	if (options->json)
		add_image(json, images, path, &initrd);
	else
		write_text(path, &initrd, options);
	if (initrd.damage.code) {
		*err = initrd.damage;
		result = kg_prefix(err, "%s", path);
	}
	kg_initrd_free(&initrd);
	return result;
}

enum kg_status kg_command_initramfs(const struct kg_options *options)
{
	enum kg_status status = KG_STATUS_DONE;
	struct kg_json *json;
	struct json_object *images;
	struct kg_error err;

	if (options->operands.count == 0)
		return kg_usage_error("initramfs needs a FILE");
	json = kg_json_new();
	if (!json) {
		kg_fail_memory(&err);
		return kg_command_failed(&err);
	}
	kg_json_add_number(json, kg_json_root(json), "schema", kg_report_schema);
	images = kg_json_add_array(json, kg_json_root(json), "images");
	for (size_t i = 0; i < options->operands.count; i++) {
		if (show(options->operands.items[i], options, json, images, &err) < 0)
			status = kg_command_failed(&err);
	}
	if (options->json && kg_json_write(json, stdout, &err) < 0)
		status = kg_command_failed(&err);
	kg_json_free(json);
	return status;
}
