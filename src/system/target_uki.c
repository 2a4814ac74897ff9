// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/system/boot_file.h"
#include "kernel-guard/system/target.h"

enum {
	/* COMMAND_LINE_SIZE of x86 is 2048; no kernel takes more of it. */
	max_text = 64 << 10,
	/* Of real machines' addons there are a handful. */
	max_addons = 256,
};

/* What a unified image and its addons give to the kernel. */
struct parts {
	struct kg_strings ucode;
	struct kg_strings initrds;
	char *cmdline; /* NULL where there is none */
	char *uname;   /* the same */
	bool read;     /* the file is what was wanted */
};

static void free_parts(struct parts *parts)
{
	kg_strings_free(&parts->ucode);
	kg_strings_free(&parts->initrds);
	free(parts->cmdline);
	free(parts->uname);
}

/* systemd's stub makes blanks of control characters and cuts those at the end. */
static void clean_text(char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < ' ')
			text[i] = ' ';
	}
	while (length > 0 && text[length - 1] == ' ')
		text[--length] = '\0';
}

/* Appends text to *cmdline, which may be NULL, behind a blank. */
static int append(char **cmdline, const char *text, struct kg_error *err)
{
	char *joined = *cmdline ? kg_format(err, "%s %s", *cmdline, text)
				: kg_copy_string(text, err);

	if (!joined)
		return -1;
	free(*cmdline);
	*cmdline = joined;
	return 0;
}

/* Appends the text of a section, which is a path of kg_boot_file_open(). */
static int add_text(const struct kg_root *root, const char *path, char **field,
		    struct kg_error *err)
{
	struct kg_buffer bytes = {0};
	struct kg_boot_file boot;
	char *text = NULL;
	int result;

	if (kg_boot_file_open(root, path, &boot, err) < 0)
		return -1;
	result = kg_boot_file_read(&boot, max_text, &bytes, err);
	kg_boot_file_close(&boot);
	if (result == 0)
		text = kg_span_copy_string(kg_buffer_span(&bytes), err);
	else
		kg_prefix(err, "%s", path);
	kg_buffer_free(&bytes);
	if (!text)
		return -1;
	clean_text(text);
	result = append(field, text, err);
	free(text);
	return result;
}

/* Adds "FILE:NAME" to list where pe has the section. */
static int add_section(const struct kg_pe *pe, const char *file, const char *name,
		       struct kg_strings *list, struct kg_error *err)
{
	char *path;
	int result;

	if (!kg_pe_section(pe, 0, name))
		return 0;
	path = kg_format(err, "%s:%s", file, name);
	result = kg_strings_take(list, path, err);
	return result;
}

static int add_sections(const struct kg_root *root, const struct kg_pe *pe, const char *file,
			struct parts *parts, struct kg_error *err)
{
	struct kg_strings cmdline = {0};
	struct kg_strings uname = {0};
	int result = 0;

	if (add_section(pe, file, ".cmdline", &cmdline, err) < 0 ||
	    add_section(pe, file, ".uname", &uname, err) < 0 ||
	    add_section(pe, file, ".ucode", &parts->ucode, err) < 0 ||
	    add_section(pe, file, ".initrd", &parts->initrds, err) < 0 ||
	    (cmdline.count && add_text(root, cmdline.items[0], &parts->cmdline, err) < 0) ||
	    (uname.count && add_text(root, uname.items[0], &parts->uname, err) < 0))
		result = -1;
	kg_strings_free(&cmdline);
	kg_strings_free(&uname);
	return result;
}

static int read_pe(const struct kg_root *root, const char *file, struct kg_pe *pe,
		   struct kg_error *err)
{
	struct kg_boot_file boot;
	int result;

	if (kg_boot_file_open(root, file, &boot, err) < 0)
		return -1;
	result = kg_pe_parse(&boot.source, pe, err);
	kg_boot_file_close(&boot);
	return result < 0 ? kg_prefix(err, "%s", file) : 0;
}

/* Reads what file, an image or an addon, gives; what is wrong with an addon is a trouble. */
static int read_parts(const struct kg_root *root, const char *file, const char *wanted,
		      struct parts *parts, struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_error reason;
	struct kg_pe pe;
	int result = read_pe(root, file, &pe, &reason);

	if (result < 0 && wanted && reason.code != ENOMEM)
		return 0;
	if (result == 0) {
		parts->read = !wanted || kg_pe_section(&pe, 0, wanted);
		if (parts->read)
			result = add_sections(root, &pe, file, parts, &reason);
		kg_pe_free(&pe);
	}
	if (result < 0 && reason.code == ENOMEM)
		return kg_fail_memory(err);
	return result < 0 ? kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, file, &reason, err)
			  : 0;
}
static int add_addons(const struct kg_root *root, const char *directory, struct parts *parts,
		      struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error reason;
	size_t used = 0;
	int result = 0;

	if (kg_root_list(root, directory, &names, &reason) < 0 && reason.code != ENOENT)
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, directory, &reason, err);
	for (size_t i = 0; result == 0 && i < names.count && used < max_addons; i++) {
		char *file;

		if (!kg_ends_with(names.items[i], ".addon.efi"))
			continue;
		file = kg_format(err, "%s/%s", directory, names.items[i]);
		result = file ? read_parts(root, file, NULL, parts, troubles, err) : -1;
		free(file);
		used++;
	}
	kg_strings_free(&names);
	return result;
}

/* Addons of this image, and those of the partition for all (systemd-stub(7)). */
static int add_all_addons(const struct kg_root *root, const char *file, struct parts *parts,
			  struct kg_troubles *troubles, struct kg_error *err)
{
	const char *inside = strstr(file, "/EFI/");
	size_t length = inside ? (size_t)(inside - file) : 0;
	char *common = kg_format(err, "%.*s/loader/addons", (int)length, file);
	char *own = kg_format(err, "%s.extra.d", file);
	int result = -1;

	if (own && common && add_addons(root, own, parts, troubles, err) == 0)
		result = inside ? add_addons(root, common, parts, troubles, err) : 0;
	free(own);
	free(common);
	return result;
}

/*
 * The order of systemd's stub. Without Secure Boot what the boot entry says takes the place of
 * .cmdline.
 */
static int take_parts(struct kg_target *target, struct parts *image, const struct parts *addons,
		      struct kg_error *err)
{
	target->uname = image->uname;
	image->uname = NULL;
	if (!target->options) {
		target->options = image->cmdline;
		image->cmdline = NULL;
	}
	if (addons->cmdline && append(&target->options, addons->cmdline, err) < 0)
		return -1;
	if (kg_strings_add_all(&target->initrds, &addons->ucode, err) < 0 ||
	    kg_strings_add_all(&target->initrds, &image->ucode, err) < 0 ||
	    kg_strings_add_all(&target->initrds, &image->initrds, err) < 0)
		return -1;
	return kg_strings_add_all(&target->initrds, &addons->initrds, err);
}

int kg_target_read_uki(const struct kg_root *root, struct kg_target *target,
		       struct kg_troubles *troubles, struct kg_error *err)
{
	struct parts addons = {0};
	struct parts image = {0};
	/* What is wrong with the image itself is told where the kernel is read from it. */
	int result = read_parts(root, target->kernel, ".linux", &image, troubles, err);

	if (result == 0 && image.read)
		result = add_all_addons(root, target->kernel, &addons, troubles, err);
	if (result == 0 && image.read)
		result = take_parts(target, &image, &addons, err);
	free_parts(&addons);
	free_parts(&image);
	return result;
}
