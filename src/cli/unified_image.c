// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "initramfs.h"
#include "kernel-guard/parse/bzimage.h"
#include "kernel-guard/report/escape.h"

enum {
	max_kernel = 256 << 20,
	max_text = 64 << 10,
};

static int read_section(const struct kg_source *source, const struct kg_pe_section *section,
			uint64_t limit, struct kg_buffer *bytes, struct kg_error *err)
{
	if (section->size > limit)
		return kg_fail(err, EFBIG, "its section %s has %" PRIu64 " bytes", section->name,
			       section->size);
	if (kg_buffer_reserve(bytes, (size_t)section->size, err) < 0 ||
	    kg_source_read(source, section->offset, bytes->data, (size_t)section->size, err) < 0)
		return -1;
	bytes->size = (size_t)section->size;
	return 0;
}

static int read_text(const struct kg_source *source, const struct kg_pe *pe, size_t profile,
		     const char *name, char **text, struct kg_error *err)
{
	const struct kg_pe_section *section = kg_pe_section(pe, profile, name);
	struct kg_buffer bytes = {0};
	int result;

	if (!section)
		return 0;
	result = read_section(source, section, max_text, &bytes, err);
	if (result == 0) {
		*text = kg_span_copy_string(kg_buffer_span(&bytes), err);
		result = *text ? 0 : -1;
	}
	kg_buffer_free(&bytes);
	return result;
}

static int read_release(const struct kg_source *source, const struct kg_pe *pe, size_t profile,
			char **release, struct kg_error *err)
{
	const struct kg_pe_section *section = kg_pe_section(pe, profile, ".linux");
	struct kg_buffer bytes = {0};
	struct kg_bzimage image;
	int result;

	if (!section)
		return 0;
	result = read_section(source, section, max_kernel, &bytes, err);
	if (result == 0) {
		result = kg_bzimage_parse(kg_buffer_span(&bytes), &image, err);
		if (result < 0)
			kg_prefix(err, "section .linux at byte %" PRIu64, section->offset);
	}
	if (result == 0) {
		*release = kg_copy_string(image.release, err);
		result = *release ? 0 : -1;
	}
	kg_buffer_free(&bytes);
	return result;
}

int unified_image_read(const struct kg_source *source, const struct kg_pe *pe, size_t profile,
		       struct unified_image *image, struct kg_error *err)
{
	struct unified_image read = {0};

	if (read_text(source, pe, profile, ".cmdline", &read.cmdline, err) < 0 ||
	    read_text(source, pe, profile, ".uname", &read.uname, err) < 0 ||
	    read_text(source, pe, profile, ".osrel", &read.os_release, err) < 0 ||
	    read_release(source, pe, profile, &read.release, err) < 0) {
		unified_image_free(&read);
		return -1;
	}
	*image = read;
	return 0;
}

void unified_image_free(struct unified_image *image)
{
	free(image->release);
	free(image->cmdline);
	free(image->uname);
	free(image->os_release);
	*image = (struct unified_image){0};
}

static void write_line(const char *label, const char *text)
{
	if (!text)
		return;
	(void)printf("  %s ", label);
	kg_write_escaped(stdout, text);
	(void)putchar('\n');
}

void unified_image_write_text(const char *path, const struct kg_pe *pe, size_t profile,
			      const struct unified_image *image)
{
	kg_write_escaped(stdout, path);
	(void)printf(": %s, profile %zu of %zu\n",
		     image->release ? "a unified kernel image" : "an addon", profile,
		     kg_pe_profile_count(pe));
	for (size_t i = 0; profile == 0 && i < pe->section_count; i++) {
		const struct kg_pe_section *section = &pe->sections[i];

		(void)fputs("  section ", stdout);
		kg_write_escaped(stdout, section->name);
		(void)printf(" at byte %" PRIu64 ", %" PRIu64 " bytes\n", section->offset,
			     section->size);
	}
	write_line("kernel", image->release);
	write_line("uname", image->uname);
	write_line("cmdline", image->cmdline);
	write_line("os-release", image->os_release);
}

void unified_image_add_json(struct kg_json *json, struct json_object *array, const char *path,
			    const struct kg_pe *pe, size_t profile,
			    const struct unified_image *image)
{
	struct json_object *object = kg_json_append_object(json, array);
	struct json_object *sections;

	kg_json_add_string(json, object, "file", path);
	kg_json_add_number(json, object, "profile", profile);
	kg_json_add_string(json, object, "release", image->release);
	kg_json_add_string(json, object, "uname", image->uname);
	kg_json_add_string(json, object, "cmdline", image->cmdline);
	kg_json_add_string(json, object, "os_release", image->os_release);
	sections = kg_json_add_array(json, object, "sections");
	for (size_t i = 0; i < pe->section_count; i++) {
		struct json_object *item = kg_json_append_object(json, sections);

		kg_json_add_string(json, item, "name", pe->sections[i].name);
		kg_json_add_number(json, item, "offset", pe->sections[i].offset);
		kg_json_add_number(json, item, "size", pe->sections[i].size);
	}
}
