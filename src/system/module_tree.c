// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/module_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel-guard/parse/kmod_index.h"
#include "kernel-guard/parse/module.h"

enum {
	max_index = 256 << 20,
	max_module = 256 << 20,
	max_name = 1024, /* longer than any module or alias; libkmod's limit is PATH_MAX */
};

struct kg_module_tree {
	const struct kg_root *root;
	char *release;
	char *path;
	int fd;
	char *fd_path; /* the tree for libkmod, which takes only paths */
	struct kmod_ctx *kmod;
	struct kg_strings files;
	bool has_index_error;
	struct kg_error index_error;
};

/* The indexes libkmod opens by itself (enum kmod_resources and the names behind it). */
static const char *const indexes[] = {
	"modules.dep.bin",     "modules.alias.bin",         "modules.symbols.bin",
	"modules.builtin.bin", "modules.builtin.alias.bin",
};

/* Adds the module files below the tree's directory name. */
static int collect_below(struct kg_module_tree *tree, const char *name, struct kg_error *err)
{
	struct kg_strings found = {0};
	char *directory = kg_format(err, "%s/%s", tree->path, name);
	int result = directory ? kg_root_walk(tree->root, directory, &found, err) : -1;

	for (size_t i = 0; i < found.count && result == 0; i++) {
		char *path;

		if (!kg_is_module_path(found.items[i]))
			continue;
		path = kg_format(err, "%s/%s", name, found.items[i]);
		result = kg_strings_take(&tree->files, path, err);
	}
	kg_strings_free(&found);
	free(directory);
	return result;
}

/* The headers, tens of thousands of files, hold no modules but test programs' own. */
static bool is_headers(const char *name)
{
	return strcmp(name, "build") == 0 || strcmp(name, "source") == 0;
}

static int collect_files(struct kg_module_tree *tree, struct kg_error *err)
{
	struct kg_strings names = {0};
	int result = kg_root_list(tree->root, tree->path, &names, err);

	for (size_t i = 0; i < names.count && result == 0; i++) {
		struct stat status;

		if (fstatat(tree->fd, names.items[i], &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(status.st_mode) && !is_headers(names.items[i]))
			result = collect_below(tree, names.items[i], err);
		else if (S_ISREG(status.st_mode) && kg_is_module_path(names.items[i]))
			result = kg_strings_add(&tree->files, names.items[i], err);
	}
	kg_strings_free(&names);
	kg_strings_sort(&tree->files);
	return result;
}

/* libkmod would follow a link out of the root, and trusts what it maps. */
static int check_index(int directory, const char *name, struct kg_error *err)
{
	struct kg_buffer bytes = {0};
	struct kg_file file;
	int result;

	if (kg_file_adopt(openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
			  name, &file, err) < 0)
		return -1;
	result = kg_file_read(&file, max_index, &bytes, err);
	kg_file_close(&file);
	if (result == 0)
		result = kg_kmod_index_check(kg_buffer_span(&bytes), err);
	kg_buffer_free(&bytes);
	return result < 0 ? kg_prefix(err, "%s", name) : 0;
}

static int check_indexes(int directory, struct kg_error *err)
{
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		/* Only the first is always there: the last needs modules.builtin.modinfo. */
		if (check_index(directory, indexes[i], err) < 0 && (i == 0 || err->code != ENOENT))
			return -1;
	}
	return 0;
}

static void be_silent(void *data, int priority, const char *file, int line, const char *function,
		      const char *format, va_list args)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)args;
}

static int open_kmod(struct kg_module_tree *tree, struct kg_error *err)
{
	/* None of the host's modprobe.d: only the tree decides. */
	static const char *const no_configuration[] = {NULL};

	if (check_indexes(tree->fd, &tree->index_error) < 0) {
		kg_prefix(&tree->index_error, "%s", tree->path);
		tree->has_index_error = true;
		return 0;
	}
	tree->fd_path = kg_fd_path(tree->fd, err);
	if (!tree->fd_path)
		return -1;
	tree->kmod = kmod_new(tree->fd_path, no_configuration);
	if (!tree->kmod)
		return kg_fail_memory(err);
	kmod_set_log_fn(tree->kmod, be_silent, NULL);
	/* Only a matter of speed. */
	(void)kmod_load_resources(tree->kmod);
	return 0;
}

bool kg_module_tree_is_installed(const struct kg_root *root, const char *release)
{
	struct kg_strings names = {0};
	struct kg_error ignored;
	char *path = kg_format(&ignored, "/usr/lib/modules/%s", release);
	bool installed = path && kg_root_list(root, path, &names, &ignored) == 0 &&
			 names.count > 0;

	kg_strings_free(&names);
	free(path);
	return installed;
}

bool kg_module_tree_is_kept(const struct kg_root *root, const char *name)
{
	struct kg_error ignored;
	char *path = kg_format(&ignored, "%s/%s", KG_KEPT_TREES, name);
	bool kept = path && kg_root_has_directory(root, path);

	free(path);
	return kept;
}

static char *find_tree(const struct kg_root *root, const char *release, struct kg_error *err)
{
	bool kept = !kg_module_tree_is_installed(root, release) &&
		    kg_module_tree_is_kept(root, release);

	return kg_format(err, "%s/%s", kept ? KG_KEPT_TREES : "/usr/lib/modules", release);
}

int kg_module_tree_open(const struct kg_root *root, const char *release,
			struct kg_module_tree **tree, struct kg_error *err)
{
	struct kg_module_tree *opened;

	if (!*release || strchr(release, '/') || strcmp(release, ".") == 0 ||
	    strcmp(release, "..") == 0)
		return kg_fail(err, EINVAL, "%s: is no kernel release", release);
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return kg_fail_memory(err);
	opened->root = root;
	opened->fd = -1;
	opened->release = kg_copy_string(release, err);
	opened->path = find_tree(root, release, err);
	if (opened->release && opened->path)
		opened->fd = kg_root_open_directory(root, opened->path, err);
	if (opened->fd < 0 || collect_files(opened, err) < 0 || open_kmod(opened, err) < 0) {
		kg_module_tree_free(opened);
		return -1;
	}
	*tree = opened;
	return 0;
}

void kg_module_tree_free(struct kg_module_tree *tree)
{
	if (!tree)
		return;
	if (tree->kmod)
		kmod_unref(tree->kmod);
	if (tree->fd >= 0)
		close(tree->fd);
	kg_strings_free(&tree->files);
	free(tree->fd_path);
	free(tree->path);
	free(tree->release);
	free(tree);
}

const char *kg_module_tree_release(const struct kg_module_tree *tree)
{
	return tree->release;
}

const char *kg_module_tree_path(const struct kg_module_tree *tree)
{
	return tree->path;
}

const struct kg_strings *kg_module_tree_files(const struct kg_module_tree *tree)
{
	return &tree->files;
}

const struct kg_error *kg_module_tree_index_error(const struct kg_module_tree *tree)
{
	return tree->has_index_error ? &tree->index_error : NULL;
}

/* Adds the module's path relative to the tree. */
static int add_path(const struct kg_module_tree *tree, struct kmod_module *module,
		    struct kg_strings *paths, struct kg_error *err)
{
	const char *path = kmod_module_get_path(module);
	size_t prefix = strlen(tree->fd_path);

	if (!path)
		return 0;
	/* depmod's "external" directories lie elsewhere: such a module is not this tree's. */
	if (strncmp(path, tree->fd_path, prefix) != 0 || path[prefix] != '/')
		return 0;
	return kg_strings_add_unique(paths, path + prefix + 1, err);
}

/* modules.dep may still name what is gone. */
static int add_existing(const struct kg_module_tree *tree, struct kmod_module *module,
			enum kg_module_presence *presence, struct kg_strings *paths,
			struct kg_error *err)
{
	struct kg_strings found = {0};
	int result = add_path(tree, module, &found, err);

	if (result == 0 && found.count > 0 &&
	    kg_strings_contain_sorted(&tree->files, found.items[0])) {
		*presence = KG_MODULE_FILE;
		result = kg_strings_add_unique(paths, found.items[0], err);
	}
	kg_strings_free(&found);
	return result;
}

static int add_found(const struct kg_module_tree *tree, struct kmod_list *list,
		     enum kg_module_presence *presence, struct kg_strings *paths,
		     struct kg_error *err)
{
	struct kmod_list *item;
	int result = 0;

	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);

		if (result == 0 && kmod_module_get_path(module)) {
			result = add_existing(tree, module, presence, paths, err);
		} else if (*presence == KG_MODULE_ABSENT &&
			   kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN) {
			*presence = KG_MODULE_BUILTIN;
		}
		kmod_module_unref(module);
	}
	return result;
}

int kg_module_tree_find(const struct kg_module_tree *tree, const char *name,
			enum kg_module_presence *presence, struct kg_strings *paths,
			struct kg_error *err)
{
	struct kmod_list *list = NULL;
	int result;

	*presence = KG_MODULE_ABSENT;
	if (!tree->kmod || strlen(name) > max_name)
		return 0;
	result = kmod_module_new_from_lookup(tree->kmod, name, &list);
	if (result == -ENOMEM)
		return kg_fail_memory(err);
	/* No such name, or one that can be none ("ext4["). */
	if (result < 0)
		return 0;
	result = add_found(tree, list, presence, paths, err);
	kmod_module_unref_list(list);
	return result;
}

/* The file, where it is there, or that the module is built in. */
static int add_candidate(const struct kg_module_tree *tree, struct kmod_module *module,
			 struct kg_strings *names, bool *builtin, struct kg_error *err)
{
	enum kg_module_presence presence = KG_MODULE_ABSENT;
	struct kg_strings paths = {0};
	int result = 0;

	if (kmod_module_get_path(module))
		result = add_existing(tree, module, &presence, &paths, err);
	else if (kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN)
		*builtin = true;
	if (result == 0 && presence == KG_MODULE_FILE)
		result = kg_strings_add_unique(names, kmod_module_get_name(module), err);
	kg_strings_free(&paths);
	return result;
}

int kg_module_tree_candidates(const struct kg_module_tree *tree, const char *name,
			      struct kg_strings *names, bool *builtin, struct kg_error *err)
{
	struct kmod_list *list = NULL;
	struct kmod_list *item;
	int result;

	*builtin = false;
	if (!tree->kmod || strlen(name) > max_name)
		return 0;
	result = kmod_module_new_from_lookup(tree->kmod, name, &list);
	if (result < 0)
		return result == -ENOMEM ? kg_fail_memory(err) : 0;
	result = 0;
	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);

		if (result == 0)
			result = add_candidate(tree, module, names, builtin, err);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	return result;
}

static int add_dependencies(const struct kg_module_tree *tree, struct kmod_module *module,
			    struct kg_strings *paths, struct kg_error *err)
{
	struct kmod_list *dependencies = kmod_module_get_dependencies(module);
	struct kmod_list *item;
	int result = 0;

	kmod_list_foreach(item, dependencies) {
		struct kmod_module *dependency = kmod_module_get_module(item);

		if (result == 0)
			result = add_path(tree, dependency, paths, err);
		kmod_module_unref(dependency);
	}
	kmod_module_unref_list(dependencies);
	return result;
}

int kg_module_tree_closure(const struct kg_module_tree *tree, const char *path,
			   struct kg_strings *paths, struct kg_error *err)
{
	struct kmod_module *module = NULL;
	char *name;
	int result = 0;

	if (tree->kmod) {
		name = kg_module_name_of_path(path, err);
		if (!name)
			return -1;
		result = kmod_module_new_from_name(tree->kmod, name, &module);
		free(name);
		if (result < 0)
			return kg_fail(err, -result, "%s: %s", path, strerror(-result));
		/* Asking for the path makes libkmod read the line of modules.dep. */
		(void)kmod_module_get_path(module);
		result = add_dependencies(tree, module, paths, err);
		kmod_module_unref(module);
	}
	return result < 0 ? -1 : kg_strings_add_unique(paths, path, err);
}

int kg_module_tree_indexed(const struct kg_module_tree *tree, const char *path,
			   enum kg_module_indexed *indexed, struct kg_error *err)
{
	struct kmod_module *module = NULL;
	struct kg_strings found = {0};
	char *name;
	int result = 0;

	*indexed = KG_MODULE_INDEXED;
	if (!tree->kmod)
		return 0;
	*indexed = KG_MODULE_NOT_INDEXED;
	name = kg_module_name_of_path(path, err);
	if (!name)
		return -1;
	if (kmod_module_new_from_name(tree->kmod, name, &module) == 0) {
		result = add_path(tree, module, &found, err);
		if (result == 0 && found.count > 0)
			*indexed = strcmp(found.items[0], path) == 0 ? KG_MODULE_INDEXED
								     : KG_MODULE_INDEXED_OTHER;
		kmod_module_unref(module);
	}
	kg_strings_free(&found);
	free(name);
	return result;
}

int kg_module_tree_count(const struct kg_module_tree *tree, size_t *named, size_t *missing,
			 char **first, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_error ignored;
	struct kg_span rest;
	struct kg_span line;
	int result = 0;

	*named = 0;
	*missing = 0;
	*first = NULL;
	if (kg_module_tree_read(tree, "modules.dep", &text, &ignored) < 0)
		return 0;
	rest = kg_buffer_span(&text);
	while (result == 0 && kg_span_next_line(&rest, &line)) {
		const unsigned char *colon = memchr(line.data, ':', line.size);
		char *path;

		if (!colon || !kg_span_starts_with(line, "kernel/", 7))
			continue;
		path = kg_span_copy_string(kg_span_of(line.data, (size_t)(colon - line.data)), err);
		result = path ? 0 : -1;
		++*named;
		if (path && !kg_strings_contain_sorted(&tree->files, path) && ++*missing == 1)
			*first = path;
		else
			free(path);
	}
	kg_buffer_free(&text);
	return result;
}

const char *kg_module_tree_file_of_name(const struct kg_module_tree *tree, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < tree->files.count; i++) {
		const char *path = tree->files.items[i];
		const char *slash = strrchr(path, '/');
		const char *base = slash ? slash + 1 : path;
		struct kg_error ignored;
		char *found;
		bool equal;

		/* Most differ in length, which saves the copy. */
		if (strlen(base) < length + 3 || base[length] != '.')
			continue;
		found = kg_module_name_of_path(path, &ignored);
		equal = found && kg_module_name_equal(found, name);
		free(found);
		if (equal)
			return path;
	}
	return NULL;
}

bool kg_module_path_is_out_of_tree(const char *path)
{
	return strncmp(path, "kernel/", 7) != 0;
}

int kg_module_tree_read(const struct kg_module_tree *tree, const char *path, struct kg_buffer *out,
			struct kg_error *err)
{
	char *full = kg_format(err, "%s/%s", tree->path, path);
	int result;

	if (!full)
		return -1;
	result = kg_root_read_file(tree->root, full, max_module, out, err);
	free(full);
	return result;
}
