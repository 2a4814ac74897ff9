// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/boot_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int open_file(const struct kg_root *root, const char *path, struct kg_boot_file *boot,
		     struct kg_error *err)
{
	if (kg_root_open_file(root, path, &boot->file, err) < 0)
		return -1;
	boot->whole = kg_file_source(&boot->file);
	boot->range = (struct kg_source_range){.whole = &boot->whole};
	boot->source = kg_source_of_range(&boot->range, boot->whole.size);
	return 0;
}

/* Narrows the source to a section; *found says whether there is one. */
static int choose_section(struct kg_boot_file *boot, const char *name, bool *found,
			  struct kg_error *err)
{
	const struct kg_pe_section *section;
	struct kg_pe pe;

	if (kg_pe_parse(&boot->whole, &pe, err) < 0)
		return -1;
	section = kg_pe_section(&pe, 0, name);
	*found = section != NULL;
	if (section) {
		boot->range.offset = section->offset;
		boot->source = kg_source_of_range(&boot->range, section->size);
	}
	kg_pe_free(&pe);
	return 0;
}

static int open_section(const struct kg_root *root, const char *path, const char *colon,
			struct kg_boot_file *boot, struct kg_error *err)
{
	char *file = kg_span_copy_string(kg_span_of(path, (size_t)(colon - path)), err);
	bool found;
	int result;

	if (!file)
		return -1;
	result = open_file(root, file, boot, err);
	if (result == 0) {
		result = choose_section(boot, colon + 1, &found, err);
		if (result < 0)
			kg_prefix(err, "%s", file);
		else if (!found)
			result = kg_fail(err, ENOENT, "%s: has no section %s", file, colon + 1);
		if (result < 0)
			kg_boot_file_close(boot);
	}
	free(file);
	return result;
}

int kg_boot_file_open(const struct kg_root *root, const char *path, struct kg_boot_file *boot,
		      struct kg_error *err)
{
	const char *colon = strrchr(path, ':');
	int result = open_file(root, path, boot, err);

	if (result < 0 && err->code == ENOENT && colon && colon[1] == '.')
		result = open_section(root, path, colon, boot, err);
	return result;
}

/* A kernel with an EFI stub is an EFI program as well (boot.rst: "HdrS" at 0x202). */
static bool is_bzimage(const struct kg_source *source)
{
	struct kg_error ignored;
	char magic[4];

	return kg_source_read(source, 0x202, magic, sizeof(magic), &ignored) == 0 &&
	       memcmp(magic, "HdrS", sizeof(magic)) == 0;
}

bool kg_boot_file_is_kernel(const struct kg_root *root, const char *path)
{
	struct kg_boot_file boot;
	struct kg_error ignored;
	bool kernel;

	if (open_file(root, path, &boot, &ignored) < 0)
		return false;
	kernel = is_bzimage(&boot.whole);
	kg_boot_file_close(&boot);
	return kernel;
}

int kg_boot_file_open_kernel(const struct kg_root *root, const char *path,
			     struct kg_boot_file *boot, struct kg_error *err)
{
	bool found;
	int result = 0;

	if (open_file(root, path, boot, err) < 0)
		return -1;
	if (!kg_pe_has_magic(&boot->whole) || is_bzimage(&boot->whole))
		return 0;
	result = choose_section(boot, ".linux", &found, err);
	if (result == 0 && !found)
		result = kg_fail(err, ENOTSUP,
				 "is an EFI program and no kernel that is read: it has no section "
				 ".linux");
	if (result < 0) {
		kg_boot_file_close(boot);
		return kg_prefix(err, "%s", path);
	}
	return 0;
}

void kg_boot_file_close(struct kg_boot_file *boot)
{
	kg_file_close(&boot->file);
}

static int read_bytes(const struct kg_boot_file *boot, uint64_t size, struct kg_buffer *out,
		      struct kg_error *err)
{
	if (kg_buffer_reserve(out, (size_t)size, err) < 0 ||
	    kg_source_read(&boot->source, 0, out->data + out->size, (size_t)size, err) < 0)
		return -1;
	out->size += (size_t)size;
	return 0;
}

int kg_boot_file_read(const struct kg_boot_file *boot, uint64_t limit, struct kg_buffer *out,
		      struct kg_error *err)
{
	uint64_t size = boot->source.size;

	if (size > limit)
		return kg_fail(err, EFBIG, "has %llu bytes, more than the limit of %llu",
			       (unsigned long long)size, (unsigned long long)limit);
	return read_bytes(boot, size, out, err);
}

int kg_boot_file_read_head(const struct kg_boot_file *boot, uint64_t most, struct kg_buffer *out,
			   struct kg_error *err)
{
	uint64_t size = boot->source.size;

	return read_bytes(boot, size < most ? size : most, out, err);
}
