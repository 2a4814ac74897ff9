// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/library_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of Arch's glibc, of others that know lib64, and of Debian's. */
static const char *const own_directories[] = {
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib/aarch64-linux-gnu",
	"/usr/lib/aarch64-linux-gnu",
	"/usr/local/lib",
};

static const char *const capabilities[] = {
	"",
	"/glibc-hwcaps/x86-64-v2",
	"/glibc-hwcaps/x86-64-v3",
	"/glibc-hwcaps/x86-64-v4",
};

enum { max_directories = 256 };

/* One directory a line; comments, "include" and "hwcap" are none. */
static int add_directories(struct kg_span text, struct kg_strings *list, struct kg_error *err)
{
	struct kg_span line;

	while (kg_span_next_line(&text, &line) && list->count < max_directories) {
		char *copy = kg_span_copy_string(line, err);
		int result = 0;

		if (!copy)
			return -1;
		copy[strcspn(copy, " \t#=:")] = '\0';
		if (copy[0] == '/')
			result = kg_strings_add_unique(list, copy, err);
		free(copy);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int add_configuration(void *context, const struct kg_initrd_member *member,
			     struct kg_error *err)
{
	struct kg_library_path *path = context;

	return member->text ? add_directories(kg_span_of_string(member->text), &path->directories,
					      err)
			    : 0;
}

int kg_library_path_read(const struct kg_initrd_tree *tree, struct kg_library_path *path,
			 struct kg_error *err)
{
	struct kg_library_path read = {
		.cached = kg_initrd_tree_find(tree, "etc/ld.so.cache") != NULL,
	};
	const struct kg_initrd_member *main = kg_initrd_tree_find(tree, "etc/ld.so.conf");

	if ((main && add_configuration(&read, main, err) < 0) ||
	    kg_initrd_tree_each(tree, "etc/ld.so.conf.d/", add_configuration, &read, err) < 0) {
		kg_library_path_free(&read);
		return -1;
	}
	*path = read;
	return 0;
}

void kg_library_path_free(struct kg_library_path *path)
{
	kg_strings_free(&path->directories);
	*path = (struct kg_library_path){0};
}

/* Sets *found where the directory, which begins as first and goes on as rest, has the library. */
static int look_in(const struct kg_initrd_tree *tree, const char *first, size_t length,
		   const char *rest, const char *name, char **found, struct kg_error *err)
{
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]) && !*found; i++) {
		char *path = kg_format(err, "%.*s%s%s/%s", (int)length, first, rest,
				       capabilities[i], name);
		struct kg_error why = {0};
		char *resolved = NULL;

		if (!path)
			return -1;
		if (kg_initrd_tree_resolve(tree, path, &resolved, &why)) {
			*found = path;
			free(resolved);
			continue;
		}
		free(path);
		if (why.code == ENOMEM)
			return kg_fail_memory(err);
	}
	return 0;
}

/* $ORIGIN is the directory of the program; $LIB is one of two. */
static int look_as_written(const struct kg_initrd_tree *tree, const char *directory,
			   const char *file, const char *name, char **found, struct kg_error *err)
{
	static const char *const origins[] = {"$ORIGIN", "${ORIGIN}"};
	const char *slash = strrchr(file, '/');
	char *origin;
	int result;

	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		size_t length = strlen(origins[i]);

		if (strncmp(directory, origins[i], length) != 0)
			continue;
		origin = kg_format(err, "/%.*s", slash ? (int)(slash - file) : 0, file);
		if (!origin)
			return -1;
		result = look_in(tree, origin, strlen(origin), directory + length, name, found,
				 err);
		free(origin);
		return result;
	}
	return look_in(tree, directory, strlen(directory), "", name, found, err);
}

int kg_library_path_find(const struct kg_library_path *path, const struct kg_initrd_tree *tree,
			 const char *name, const char *file, const struct kg_program *program,
			 char **found, struct kg_error *err)
{
	*found = NULL;
	for (size_t i = 0; i < program->search.count && i < max_directories && !*found; i++) {
		if (look_as_written(tree, program->search.items[i], file, name, found, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < path->directories.count && !*found; i++) {
		if (look_as_written(tree, path->directories.items[i], file, name, found, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(own_directories) / sizeof(own_directories[0]) && !*found;
	     i++) {
		if (look_as_written(tree, own_directories[i], file, name, found, err) < 0)
			return -1;
	}
	return 0;
}

bool kg_library_path_may_have(const struct kg_library_path *path,
			      const struct kg_initrd_tree *tree, const char *name)
{
	return path->cached && kg_initrd_tree_has_name(tree, name);
}
