// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "grub_run.h"
#include "kernel-guard/core/buffer.h"

/* What stands behind the name of the command in one of its readings. */
struct operands {
	const struct kg_grub_argument *items;
	size_t count;
};

static struct operands operands_of(const struct kg_grub_readings *readings, size_t index,
				   size_t skip)
{
	const struct kg_grub_arguments *reading = &readings->items[index];

	if (reading->count <= skip)
		return (struct operands){0};
	return (struct operands){reading->items + skip + 1, reading->count - skip - 1};
}

/* "(DEVICE)/path" of a path that may have a device of its own. */
static char *full_path(const char *device, const struct kg_grub_argument *path,
		       struct kg_error *err)
{
	if (path->text[0] == '(')
		return kg_copy_string(path->text, err);
	return kg_format(err, "(%s)%s%s", device, path->text[0] == '/' ? "" : "/", path->text);
}

static bool is_uncertain(const char *device, const struct kg_grub_argument *path)
{
	return path->unknown || path->text[strcspn(path->text, "*?")] ||
	       (path->text[0] != '(' && strcmp(device, "?") == 0);
}

static bool is_hexadecimal(const char *text)
{
	return text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
	       isxdigit((unsigned char)text[3]);
}

/* As grub_create_loader_cmdline() hands an argument to the kernel. */
static int append_option(struct kg_buffer *text, bool first, const char *option,
			 struct kg_error *err)
{
	bool blank = strchr(option, ' ') != NULL;

	if (!first && kg_buffer_append(text, " ", 1, err) < 0)
		return -1;
	if (blank && kg_buffer_append(text, "\"", 1, err) < 0)
		return -1;
	while (*option) {
		size_t length = is_hexadecimal(option) ? 4 : 1;

		if (length == 1 && strchr("\\'\"", *option) &&
		    kg_buffer_append(text, "\\", 1, err) < 0)
			return -1;
		if (kg_buffer_append(text, option, length, err) < 0)
			return -1;
		option += length;
	}
	return blank ? kg_buffer_append(text, "\"", 1, err) : 0;
}

static char *options_of(struct operands operands, struct kg_error *err)
{
	struct kg_buffer text = {0};
	int result = 0;

	for (size_t i = 1; result == 0 && i < operands.count; i++)
		result = append_option(&text, i == 1, operands.items[i].text, err);
	if (result == 0)
		result = kg_buffer_append(&text, "", 1, err);
	if (result < 0) {
		kg_buffer_free(&text);
		return NULL;
	}
	return (char *)text.data;
}

static int add_linux(struct kg_grub_run *run, const char *device, struct operands operands,
		     struct kg_error *err)
{
	struct kg_grub_boot boot = {
		.kernel = full_path(device, &operands.items[0], err),
		.options = options_of(operands, err),
		.uncertain = is_uncertain(device, &operands.items[0]),
	};
	int result = -1;

	if (boot.kernel && boot.options)
		result = kg_grub_state_add_boot(&run->state, &boot, err);
	kg_grub_boot_free(&boot);
	return result;
}

static const struct kg_grub_value *root_of(const struct kg_grub_run *run)
{
	return kg_grub_state_get(&run->state, "root", strlen("root"));
}

static int run_linux(struct kg_grub_run *run, const struct kg_grub_readings *readings, size_t skip,
		     struct kg_error *err)
{
	const struct kg_grub_value *root = root_of(run);
	int result = 0;

	kg_grub_state_unload(&run->state);
	for (size_t i = 0; result == 0 && i < readings->count; i++) {
		struct operands operands = operands_of(readings, i, skip);

		if (operands.count == 0)
			continue;
		for (size_t j = 0; result == 0 && j < root->texts.count; j++)
			result = add_linux(run, root->texts.items[j], operands, err);
		if (result == 0 && (root->unknown || root->texts.count == 0))
			result = add_linux(run, "?", operands, err);
	}
	return result;
}

/* The device of a kernel goes with its images where root has several values. */
static char *device_of_images(const struct kg_grub_run *run, const struct kg_grub_boot *boot,
			      struct kg_error *err)
{
	const struct kg_grub_value *root = root_of(run);
	const char *ignored;
	char *device;

	if (root->texts.count == 1 && !root->unknown)
		return kg_copy_string(root->texts.items[0], err);
	if (kg_grub_path_split(boot->kernel, &device, &ignored, err) < 0)
		return kg_copy_string("?", err);
	return device;
}

/* "newc:NAME:FILE" puts FILE there as NAME, instead of unpacking it. */
static const char *skip_newc(const char *text)
{
	const char *colon = strncmp(text, "newc:", 5) == 0 ? strchr(text + 5, ':') : NULL;

	return colon ? colon + 1 : text;
}

static int add_with_images(struct kg_grub_run *run, const struct kg_grub_boot *before,
			   struct operands operands, struct kg_error *err)
{
	struct kg_grub_boot boot = {
		.kernel = before->kernel,
		.options = before->options,
		.uncertain = before->uncertain,
	};
	char *device = device_of_images(run, before, err);
	int result = device ? 0 : -1;

	for (size_t i = 0; result == 0 && i < operands.count; i++) {
		struct kg_grub_argument file = operands.items[i];
		const char *inner = skip_newc(file.text);
		char *path;

		if (inner != file.text)
			continue;
		path = full_path(device, &file, err);
		boot.uncertain |= is_uncertain(device, &file);
		result = kg_strings_take(&boot.initrds, path, err);
	}
	if (result == 0)
		result = kg_grub_state_add_boot(&run->state, &boot, err);
	kg_strings_free(&boot.initrds);
	free(device);
	return result;
}

/* A later initrd takes the place of an earlier one. */
static int run_initrd(struct kg_grub_run *run, const struct kg_grub_readings *readings, size_t skip,
		      struct kg_error *err)
{
	struct kg_grub_state before = {
		.boots = run->state.boots,
		.boot_count = run->state.boot_count,
	};
	int result = 0;

	run->state.boots = NULL;
	run->state.boot_count = 0;
	run->state.boot_capacity = 0;
	for (size_t i = 0; result == 0 && i < before.boot_count; i++) {
		for (size_t j = 0; result == 0 && j < readings->count; j++)
			result = add_with_images(run, &before.boots[i],
						 operands_of(readings, j, skip), err);
	}
	kg_grub_state_free(&before);
	return result;
}

/* Another loader, of which only the file matters. */
static int run_chainloader(struct kg_grub_run *run, const struct kg_grub_readings *readings,
			   size_t skip, struct kg_error *err)
{
	const struct kg_grub_value *root = root_of(run);
	const char *device = root->texts.count == 1 && !root->unknown ? root->texts.items[0] : "?";
	struct operands operands = operands_of(readings, 0, skip);

	kg_grub_state_unload(&run->state);
	for (size_t i = 0; i < operands.count; i++) {
		if (operands.items[i].text[0] == '-')
			continue;
		run->state.chainloads = full_path(device, &operands.items[i], err);
		return run->state.chainloads ? 0 : -1;
	}
	return 0;
}

static int run_other_loader(struct kg_grub_run *run, const struct kg_grub_readings *readings,
			    size_t skip, struct kg_error *err)
{
	(void)readings;
	(void)skip;
	(void)err;
	kg_grub_state_unload(&run->state);
	return 0;
}

/* What a search command looks for, and the variable that takes the device; NULL for none. */
struct search {
	const char *kind;
	const char *wanted;
	const char *variable;
	bool unknown;
};

static bool is_option(const char *text, const char *name, char letter)
{
	return strcmp(text, name) == 0 || (text[0] == '-' && text[1] == letter && !text[2]);
}

/* Moves *at over the option there, and over its value where that is a word of its own. */
static void read_search_option(struct operands operands, size_t *at, struct search *search)
{
	const char *text = operands.items[*at].text;

	if (strncmp(text, "--set=", 6) == 0)
		search->variable = text + 6;
	else if (strncmp(text, "-s", 2) == 0 && text[2])
		search->variable = text + 2;
	else if (is_option(text, "--set", 's'))
		search->variable = "root";
	else if (is_option(text, "--fs-uuid", 'u'))
		search->kind = "UUID";
	else if (is_option(text, "--label", 'l'))
		search->kind = "LABEL";
	else if (is_option(text, "--file", 'f'))
		search->kind = "FILE";
	else if (is_option(text, "--hint", 'h') ||
		 (strncmp(text, "--hint-", 7) == 0 && !strchr(text, '=')))
		++*at;
}

/* As grub_cmd_search(). */
static void read_search(struct operands operands, struct search *search)
{
	bool variable_only;

	for (size_t i = 0; i < operands.count; i++) {
		const struct kg_grub_argument *operand = &operands.items[i];

		search->unknown |= operand->unknown && !search->wanted;
		if (operand->text[0] == '-')
			read_search_option(operands, &i, search);
		else if (!search->wanted)
			search->wanted = operand->text;
	}
	variable_only = !search->wanted && search->variable;
	if (variable_only) {
		search->wanted = search->variable;
		search->variable = "root";
	}
}

/* search.fs_uuid and its like: NAME [VARIABLE [HINT]…]. */
static void read_single_search(const char *kind, struct operands operands, struct search *search)
{
	size_t at = 0;

	while (at < operands.count && strcmp(operands.items[at].text, "--no-floppy") == 0)
		at++;
	if (at >= operands.count)
		return;
	search->kind = kind;
	search->wanted = operands.items[at].text;
	search->unknown = operands.items[at].unknown;
	search->variable = at + 1 < operands.count ? operands.items[at + 1].text : NULL;
}

/* The device is taken as found: where it is not, the entry does not boot. */
static int set_found(struct kg_grub_run *run, const struct search *search, bool certain,
		     struct kg_error *err)
{
	char *device;
	int result;

	if (!search->variable || !search->wanted || !search->kind || !search->variable[0])
		return 0;
	device = kg_format(err, "%s=%s", search->kind, search->wanted);
	if (!device)
		return -1;
	result = kg_grub_state_set(&run->state, search->variable,
				   certain && !search->unknown ? device : NULL, err);
	free(device);
	return result;
}

static int run_search(struct kg_grub_run *run, const struct kg_grub_readings *readings, size_t skip,
		      struct kg_error *err)
{
	static const struct {
		const char *name;
		const char *kind;
	} single[] = {
		{"search.fs_uuid", "UUID"},
		{"search.fs_label", "LABEL"},
		{"search.file", "FILE"},
	};
	const char *name = readings->items[0].items[skip].text;
	struct operands operands = operands_of(readings, 0, skip);
	struct search search = {0};

	run->state.status = KG_GRUB_MAYBE;
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		if (strcmp(name, single[i].name) == 0)
			read_single_search(single[i].kind, operands, &search);
	}
	if (strcmp(name, "search") == 0)
		read_search(operands, &search);
	return set_found(run, &search, readings->count == 1, err);
}

/* Commands that put what they find out into a variable. */
static int run_query(struct kg_grub_run *run, const struct kg_grub_readings *readings, size_t skip,
		     struct kg_error *err)
{
	struct operands operands = operands_of(readings, 0, skip);
	int result = 0;

	run->state.status = KG_GRUB_MAYBE;
	if (strcmp(readings->items[0].items[skip].text, "hwmatch") == 0)
		return kg_grub_state_set(&run->state, "match", NULL, err);
	for (size_t i = 0; result == 0 && i < operands.count; i++) {
		const char *text = operands.items[i].text;
		const char *name = NULL;

		if (strncmp(text, "--set=", 6) == 0)
			name = text + 6;
		else if (is_option(text, "--set", 's') && i + 1 < operands.count)
			name = operands.items[++i].text;
		/* regexp: "NUMBER:NAME". */
		if (name && strchr(name, ':'))
			name = strchr(name, ':') + 1;
		if (name && name[0])
			result = kg_grub_state_set(&run->state, name, NULL, err);
	}
	return result;
}

static const struct {
	const char *name;
	int (*run)(struct kg_grub_run *run, const struct kg_grub_readings *readings, size_t skip,
		   struct kg_error *err);
} commands[] = {
	{"linux", run_linux},
	{"linux16", run_linux},
	{"linuxefi", run_linux},
	{"initrd", run_initrd},
	{"initrd16", run_initrd},
	{"initrdefi", run_initrd},
	{"search", run_search},
	{"search.fs_uuid", run_search},
	{"search.fs_label", run_search},
	{"search.file", run_search},
	{"chainloader", run_chainloader},
	{"multiboot", run_other_loader},
	{"multiboot2", run_other_loader},
	{"xen_hypervisor", run_other_loader},
	{"ntldr", run_other_loader},
	{"freedos", run_other_loader},
	{"plan9", run_other_loader},
	{"truecrypt", run_other_loader},
	{"pxechainloader", run_other_loader},
	{"kfreebsd", run_other_loader},
	{"knetbsd", run_other_loader},
	{"kopenbsd", run_other_loader},
	{"xnu_kernel", run_other_loader},
	{"xnu_kernel64", run_other_loader},
	{"regexp", run_query},
	{"probe", run_query},
	{"smbios", run_query},
	{"getenv", run_query},
	{"hwmatch", run_query},
};

int kg_grub_run_loader(struct kg_grub_run *run, const struct kg_grub_readings *readings,
		       size_t skip, bool *found, struct kg_error *err)
{
	const char *name = readings->items[0].items[skip].text;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			*found = true;
			run->state.status = KG_GRUB_YES;
			return commands[i].run(run, readings, skip, err);
		}
	}
	*found = false;
	return 0;
}
