// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/modprobe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/module.h"

enum { max_file = 1 << 20 };

/* In the order in which one hides files of the same name in the next (kmod 30 to 34). */
static const char *const directories[] = {
	"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
	"/usr/lib/modprobe.d", "/lib/modprobe.d",
};

static void free_line(struct kg_modprobe_line *line)
{
	free(line->module);
	free(line->value);
	free(line->path);
}

static int add_line(struct kg_modprobe *modprobe, enum kg_modprobe_command command,
		    const char *module, const char *value, const char *path, struct kg_error *err)
{
	struct kg_modprobe_line line = {
		.command = command,
		.module = kg_copy_string(module, err),
		.value = kg_copy_string(value, err),
		.path = kg_copy_string(path, err),
	};

	if (!line.module || !line.value || !line.path ||
	    kg_array_reserve(&modprobe->lines, &modprobe->capacity, modprobe->count,
			     sizeof(*modprobe->lines), err) < 0) {
		free_line(&line);
		return -1;
	}
	modprobe->lines[modprobe->count++] = line;
	return 0;
}

/* "blacklist NAME", "install NAME COMMAND"; all else keeps no module from being loaded. */
static int read_line(struct kg_modprobe *modprobe, char *text, const char *path,
		     struct kg_error *err)
{
	static const char blank[] = " \t";
	char *rest = NULL;
	const char *command = strtok_r(text, blank, &rest);
	const char *module = command ? strtok_r(NULL, blank, &rest) : NULL;

	if (!module || command[0] == '#')
		return 0;
	if (strcmp(command, "blacklist") == 0)
		return add_line(modprobe, KG_MODPROBE_BLACKLIST, module, "", path, err);
	if (strcmp(command, "install") != 0 || !rest)
		return 0;
	rest += strspn(rest, blank);
	return *rest ? add_line(modprobe, KG_MODPROBE_INSTALL, module, rest, path, err) : 0;
}

/* Puts together lines that end in a backslash, in place. */
static int read_text(struct kg_modprobe *modprobe, char *text, const char *path,
		     struct kg_error *err)
{
	while (*text) {
		char *line = text;
		char *out = text;

		for (; *text && *text != '\n'; text++) {
			if (text[0] == '\\' && text[1] == '\n')
				text++;
			else
				*out++ = *text;
		}
		if (*text)
			text++;
		*out = '\0';
		if (read_line(modprobe, line, path, err) < 0)
			return -1;
	}
	return 0;
}

static int read_file(const struct kg_root *root, const char *path, struct kg_modprobe *modprobe,
		     struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_buffer bytes = {0};
	struct kg_error why;
	char *text = NULL;
	int result = kg_root_read_file(root, path, max_file, &bytes, &why);

	if (result == 0) {
		text = kg_span_copy_string(kg_buffer_span(&bytes), err);
		result = text ? read_text(modprobe, text, path, err) : -1;
	} else if (why.code == EINVAL || why.code == ENOENT) {
		/* A link to /dev/null hides a file of this name; one to nowhere is no file. */
		result = 0;
	} else {
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, path, &why, err);
	}
	free(text);
	kg_buffer_free(&bytes);
	return result;
}

/* The files of a directory that no earlier one has hidden. */
static int read_directory(const struct kg_root *root, const char *directory,
			  struct kg_modprobe *modprobe, struct kg_strings *seen,
			  struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error ignored;
	int result = 0;

	(void)kg_root_list(root, directory, &names, &ignored);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		char *path;

		if (!kg_ends_with(names.items[i], ".conf") ||
		    kg_strings_contain(seen, names.items[i]))
			continue;
		path = kg_format(err, "%s/%s", directory, names.items[i]);
		result = path && kg_strings_add(seen, names.items[i], err) == 0
				 ? read_file(root, path, modprobe, troubles, err)
				 : -1;
		free(path);
	}
	kg_strings_free(&names);
	return result;
}

int kg_modprobe_read(const struct kg_root *root, struct kg_modprobe *modprobe,
		       struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_strings seen = {0};
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(directories) / sizeof(directories[0]); i++)
		result = read_directory(root, directories[i], modprobe, &seen, troubles, err);
	kg_strings_free(&seen);
	return result;
}

const struct kg_modprobe_line *kg_modprobe_find(const struct kg_modprobe *modprobe,
						enum kg_modprobe_command command,
						const char *module)
{
	for (size_t i = 0; i < modprobe->count; i++) {
		if (modprobe->lines[i].command == command &&
		    kg_module_name_equal(modprobe->lines[i].module, module))
			return &modprobe->lines[i];
	}
	return NULL;
}

void kg_modprobe_free(struct kg_modprobe *modprobe)
{
	for (size_t i = 0; i < modprobe->count; i++)
		free_line(&modprobe->lines[i]);
	free(modprobe->lines);
	*modprobe = (struct kg_modprobe){0};
}
