// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/dkms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/module.h"
#include "kernel-guard/system/shell_files.h"

static const char tree[] = "/var/lib/dkms";

enum {
	max_log = 64 << 20,
	max_quote = 300, /* of each line */
	max_quoted_lines = 3,
};

static int add_module(struct kg_dkms_package *package, const char *name, struct kg_error *err)
{
	for (size_t i = 0; i < package->modules.count; i++) {
		if (kg_module_name_equal(package->modules.items[i], name))
			return 0;
	}
	return kg_strings_add(&package->modules, name, err);
}

/* KERNEL/ARCH/module/NAME.ko*, relative to a version's directory: not the build directory. */
static bool is_built_module(const char *path)
{
	const char *arch = strchr(path, '/');
	const char *directory = arch ? strchr(arch + 1, '/') : NULL;

	return directory && strncmp(directory, "/module/", 8) == 0 &&
	       !strchr(directory + 8, '/') && kg_is_module_path(path);
}

static int add_built_modules(const struct kg_root *root, const char *directory,
			     struct kg_dkms_package *package, struct kg_troubles *troubles,
			     struct kg_error *err)
{
	struct kg_strings paths = {0};
	struct kg_error reason;
	int result = 0;

	/* A package known by its source alone has no directory. */
	if (kg_root_walk(root, directory, &paths, &reason) < 0 && reason.code != ENOENT)
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, directory, &reason, err);
	for (size_t i = 0; result == 0 && i < paths.count; i++) {
		char *name;

		if (!is_built_module(paths.items[i]))
			continue;
		name = kg_module_name_of_path(paths.items[i], err);
		result = name ? add_module(package, name, err) : -1;
		free(name);
	}
	kg_strings_free(&paths);
	return result;
}

static int add_promised_modules(const struct kg_root *root, struct kg_dkms_package *package,
				struct kg_error *err)
{
	/*
	 * dkms.conf is a program: what is beyond the reader is normal there. It often runs
	 * the kernel's .config, which may assign anything and assigns nothing of this.
	 */
	struct kg_troubles ignored = {0};
	struct kg_shell shell = {.guess = true};
	const struct kg_shell_variable *names;
	char *path = kg_format(err, "/usr/src/%s-%s/dkms.conf", package->name, package->version);
	int result = path ? kg_shell_read_file(root, path, &shell, &ignored, err) : -1;

	names = kg_shell_get(&shell, "BUILT_MODULE_NAME");
	for (size_t i = 0; result == 0 && names && i < names->values.count; i++) {
		if (names->values.items[i][0])
			result = add_module(package, names->values.items[i], err);
	}
	kg_troubles_free(&ignored);
	kg_shell_free(&shell);
	free(path);
	return result;
}

static int add_package(const struct kg_root *root, const char *name, const char *version,
		       struct kg_dkms *dkms, struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_dkms_package *package;
	char *directory;
	int result = -1;

	if (kg_array_reserve(&dkms->items, &dkms->capacity, dkms->count, sizeof(*dkms->items),
			     err) < 0)
		return -1;
	package = &dkms->items[dkms->count++];
	*package = (struct kg_dkms_package){
		.name = kg_copy_string(name, err),
		.version = kg_copy_string(version, err),
	};
	directory = kg_format(err, "%s/%s/%s", tree, name, version);
	if (package->name && package->version && directory)
		result = add_built_modules(root, directory, package, troubles, err);
	if (result == 0)
		result = add_promised_modules(root, package, err);
	free(directory);
	return result;
}

/* A version's directory, unlike the links kernel-RELEASE-ARCH beside it, has a source. */
static int read_versions(const struct kg_root *root, const char *name, struct kg_dkms *dkms,
			 struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_strings versions = {0};
	struct kg_error reason;
	char *directory = kg_format(err, "%s/%s", tree, name);
	int result = 0;

	if (!directory)
		return -1;
	if (kg_root_list(root, directory, &versions, &reason) < 0 && reason.code != ENOTDIR)
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, directory, &reason, err);
	for (size_t i = 0; result == 0 && i < versions.count; i++) {
		const char *version = versions.items[i];
		char *path = kg_format(err, "%s/%s", directory, version);

		if (!path)
			result = -1;
		else if (strncmp(version, "kernel-", 7) != 0 &&
			 strcmp(version, "original_module") != 0 &&
			 kg_root_has_directory(root, path))
			result = add_package(root, name, version, dkms, troubles, err);
		free(path);
	}
	kg_strings_free(&versions);
	free(directory);
	return result;
}

static bool is_known(const struct kg_dkms *dkms, const char *name, const char *version)
{
	for (size_t i = 0; i < dkms->count; i++) {
		if (strcmp(dkms->items[i].name, name) == 0 &&
		    strcmp(dkms->items[i].version, version) == 0)
			return true;
	}
	return false;
}

/*
 * A source that DKMS would take up: on Arch its hook forgets a module that has no kernel
 * to be built for, and remembers it by /usr/src/NAME-VERSION/dkms.conf.
 */
static int read_source(const struct kg_root *root, const char *directory, struct kg_dkms *dkms,
		       struct kg_troubles *troubles, struct kg_error *err)
{
	const char *dash = strrchr(directory, '-');
	char *path = kg_format(err, "/usr/src/%s/dkms.conf", directory);
	char *name = dash ? kg_span_copy_string(
				    kg_span_of(directory, (size_t)(dash - directory)), err)
			  : NULL;
	int result = path && (name || !dash) ? 0 : -1;

	if (result == 0 && name && kg_root_has_file(root, path) && !is_known(dkms, name, dash + 1))
		result = add_package(root, name, dash + 1, dkms, troubles, err);
	free(name);
	free(path);
	return result;
}

static int read_sources(const struct kg_root *root, struct kg_dkms *dkms,
			struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_strings directories = {0};
	struct kg_error ignored;
	int result = 0;

	(void)kg_root_list(root, "/usr/src", &directories, &ignored);
	for (size_t i = 0; result == 0 && i < directories.count; i++)
		result = read_source(root, directories.items[i], dkms, troubles, err);
	kg_strings_free(&directories);
	return result;
}

int kg_dkms_read(const struct kg_root *root, struct kg_dkms *dkms, struct kg_troubles *troubles,
		 struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error reason;
	int result = 0;

	if (kg_root_list(root, tree, &names, &reason) < 0 && reason.code != ENOENT)
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, tree, &reason, err);
	for (size_t i = 0; result == 0 && i < names.count; i++)
		result = read_versions(root, names.items[i], dkms, troubles, err);
	if (result == 0)
		result = read_sources(root, dkms, troubles, err);
	kg_strings_free(&names);
	return result;
}

const struct kg_dkms_package *kg_dkms_find(const struct kg_dkms *dkms, const char *module)
{
	for (size_t i = 0; i < dkms->count; i++) {
		for (size_t j = 0; j < dkms->items[i].modules.count; j++) {
			if (kg_module_name_equal(dkms->items[i].modules.items[j], module))
				return &dkms->items[i];
		}
	}
	return NULL;
}

/* What compilers, modpost and make call an error. */
static bool is_error_line(struct kg_span line)
{
	static const char *const marks[] = {"ERROR:", "error:", "Error!"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (memmem(line.data, line.size, marks[i], strlen(marks[i])))
			return true;
	}
	return false;
}

/* The log's first line says which kernel the build was for. */
static bool is_log_of(struct kg_span log, const char *release)
{
	struct kg_span first;

	return kg_span_next_line(&log, &first) &&
	       memmem(first.data, first.size, release, strlen(release));
}

/* The first lines of a log with an error, in one; NULL where there is none. */
static char *quote_errors(struct kg_span log)
{
	struct kg_error ignored;
	struct kg_span line;
	char *quote = NULL;
	int count = 0;

	while (count < max_quoted_lines && kg_span_next_line(&log, &line)) {
		char *longer;

		if (line.size > max_quote)
			line.size = max_quote;
		if (!is_error_line(line))
			continue;
		longer = kg_format(&ignored, "%s%s%.*s", quote ? quote : "", quote ? "; " : "",
				   (int)line.size, (const char *)line.data);
		if (!longer)
			break;
		free(quote);
		quote = longer;
		count++;
	}
	return quote;
}

char *kg_dkms_build_error(const struct kg_root *root, const struct kg_dkms_package *package,
			  const char *release)
{
	struct kg_buffer text = {0};
	struct kg_error ignored;
	char *found = NULL;
	char *path = kg_format(&ignored, "%s/%s/%s/build/make.log", tree, package->name,
			       package->version);

	if (path && kg_root_read_file(root, path, max_log, &text, &ignored) == 0 &&
	    is_log_of(kg_buffer_span(&text), release))
		found = quote_errors(kg_buffer_span(&text));
	kg_buffer_free(&text);
	free(path);
	return found;
}

void kg_dkms_free(struct kg_dkms *dkms)
{
	for (size_t i = 0; i < dkms->count; i++) {
		free(dkms->items[i].name);
		free(dkms->items[i].version);
		kg_strings_free(&dkms->items[i].modules);
	}
	free(dkms->items);
	*dkms = (struct kg_dkms){0};
}
