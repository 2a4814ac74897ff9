// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel-guard/cli/command.h"
#include "kernel-guard/core/root.h"

/* Of more profiles no menu makes use. */
enum { max_profiles = 64 };

struct output {
	const struct kg_options *options;
	struct kg_json *json;
	struct json_object *images;
	struct json_object *unified;
};

/* Shows one image; that it is damaged is an error when it has been shown. */
static int show_image(const struct output *output, const char *path,
		      const struct kg_source *source, struct kg_error *err)
{
	struct kg_initrd initrd;
	int result;

	if (kg_initrd_list(source, NULL, NULL, &initrd, err) < 0)
		return kg_prefix(err, "%s", path);
	result = output->options->json
			 ? initramfs_add_json(output->json, output->images, path, &initrd, err)
			 : initramfs_write_text(path, &initrd, output->options->verbose, err);
	if (result == 0 && initrd.damage.code) {
		*err = initrd.damage;
		result = kg_prefix(err, "%s", path);
	}
	kg_initrd_free(&initrd);
	return result;
}

static int show_section(const struct output *output, const char *path,
			const struct kg_source *source, const struct kg_pe *pe, size_t profile,
			const char *name, struct kg_error *err)
{
	const struct kg_pe_section *section = kg_pe_section(pe, profile, name);
	struct kg_source_range range = {.whole = source};
	struct kg_source part;
	char *title;
	int result;

	/* What a profile has of the base was shown with the first. */
	if (!section || (profile > 0 && section == kg_pe_section(pe, 0, name)))
		return 0;
	title = profile ? kg_format(err, "%s@%zu:%s", path, profile, name)
			: kg_format(err, "%s:%s", path, name);
	if (!title)
		return -1;
	range.offset = section->offset;
	part = kg_source_of_range(&range, section->size);
	result = show_image(output, title, &part, err);
	free(title);
	return result;
}

static int show_profile(const struct output *output, const char *path,
			const struct kg_source *source, const struct kg_pe *pe, size_t profile,
			struct kg_error *err)
{
	static const char *const names[] = {".ucode", ".initrd"};
	struct unified_image image;

	if (unified_image_read(source, pe, profile, &image, err) < 0)
		return kg_prefix(err, "%s", path);
	if (output->options->json)
		unified_image_add_json(output->json, output->unified, path, pe, profile, &image);
	else
		unified_image_write_text(path, pe, profile, &image);
	unified_image_free(&image);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (show_section(output, path, source, pe, profile, names[i], err) < 0)
			return -1;
	}
	return 0;
}

static bool holds_anything(const struct kg_pe *pe)
{
	static const char *const names[] = {".linux", ".initrd", ".ucode", ".cmdline"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (kg_pe_section(pe, 0, names[i]))
			return true;
	}
	return false;
}

static int show_program(const struct output *output, const char *path,
			const struct kg_source *source, struct kg_error *err)
{
	struct kg_pe pe;
	size_t count;
	int result = 0;

	if (kg_pe_parse(source, &pe, err) < 0)
		return kg_prefix(err, "%s", path);
	if (!holds_anything(&pe))
		result = kg_fail(err, ENOTSUP,
				 "%s: is an EFI program that holds neither a kernel nor an "
				 "initramfs",
				 path);
	count = kg_pe_profile_count(&pe);
	for (size_t i = 0; result == 0 && i < count && i < max_profiles; i++)
		result = show_profile(output, path, source, &pe, i, err);
	kg_pe_free(&pe);
	return result;
}

static int show(const struct output *output, const char *path, struct kg_error *err)
{
	struct kg_source source;
	struct kg_file file;
	int result;

	if (kg_file_open(path, &file, err) < 0)
		return -1;
	source = kg_file_source(&file);
	result = kg_pe_has_magic(&source) ? show_program(output, path, &source, err)
					  : show_image(output, path, &source, err);
	kg_file_close(&file);
	return result;
}

enum kg_status kg_command_initramfs(const struct kg_options *options)
{
	enum kg_status status = KG_STATUS_DONE;
	struct output output = {.options = options, .json = kg_json_new()};
	struct kg_error err;

	if (options->operands.count == 0) {
		kg_json_free(output.json);
		return kg_usage_error("initramfs needs a FILE");
	}
	if (!output.json) {
		kg_fail_memory(&err);
		return kg_command_failed(&err);
	}
	kg_json_add_number(output.json, kg_json_root(output.json), "schema", kg_report_schema);
	output.images = kg_json_add_array(output.json, kg_json_root(output.json), "images");
	output.unified =
		kg_json_add_array(output.json, kg_json_root(output.json), "unified_images");
	for (size_t i = 0; i < options->operands.count; i++) {
		if (show(&output, options->operands.items[i], &err) < 0)
			status = kg_command_failed(&err);
	}
	if (options->json && kg_json_write(output.json, stdout, &err) < 0)
		status = kg_command_failed(&err);
	kg_json_free(output.json);
	return status;
}
