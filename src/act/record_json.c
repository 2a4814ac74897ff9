// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/record_json.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "kernel-guard/act/state.h"
#include "kernel-guard/report/json.h"

enum { record_schema = 1 };

static void add_target(struct kg_json *json, struct json_object *array,
		       const struct kg_record_target *target)
{
	struct json_object *item = kg_json_append_object(json, array);
	struct json_object *files;

	kg_json_add_string(json, item, "entry", target->entry);
	kg_json_add_string(json, item, "release", target->release);
	files = kg_json_add_array(json, item, "files");
	for (size_t i = 0; i < target->file_count; i++) {
		struct json_object *file = kg_json_append_object(json, files);

		kg_json_add_string(json, file, "path", target->files[i].path);
		kg_json_add_string(json, file, "sha256", target->files[i].digest);
		kg_json_add_strings(json, file, "contents", &target->files[i].contents);
	}
}

static void add_tree(struct kg_json *json, struct json_object *array,
		     const struct kg_record_tree *tree)
{
	struct json_object *item = kg_json_append_object(json, array);
	struct json_object *modules;

	kg_json_add_string(json, item, "release", tree->release);
	kg_json_add_string(json, item, "pkgbase", tree->pkgbase);
	modules = kg_json_add_array(json, item, "modules");
	for (size_t i = 0; i < tree->module_count; i++) {
		struct json_object *module = kg_json_append_object(json, modules);

		kg_json_add_string(json, module, "name", tree->modules[i].name);
		kg_json_add_string(json, module, "package", tree->modules[i].package);
		kg_json_add_boolean(json, module, "dkms", tree->modules[i].dkms);
	}
}

int kg_record_store(const struct kg_root *root, const struct kg_record *record,
		    struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	struct json_object *targets;
	struct json_object *trees;
	const char *text;
	int result = -1;

	if (!json)
		return kg_fail_memory(err);
	kg_json_add_number(json, kg_json_root(json), "schema", record_schema);
	kg_json_add_string(json, kg_json_root(json), "boot_id", record->boot_id);
	targets = kg_json_add_array(json, kg_json_root(json), "targets");
	for (size_t i = 0; i < record->target_count; i++)
		add_target(json, targets, &record->targets[i]);
	trees = kg_json_add_array(json, kg_json_root(json), "trees");
	for (size_t i = 0; i < record->tree_count; i++)
		add_tree(json, trees, &record->trees[i]);
	text = kg_json_text(json, err);
	if (text)
		result = kg_state_write(root, KG_STATE_RECORD, text, strlen(text), err);
	kg_json_free(json);
	return result;
}

/* Sorted, as they were taken. */
static int load_contents(struct json_object *file, struct kg_strings *contents,
			 struct kg_error *err)
{
	struct json_object *array = kg_json_get_array(file, "contents");

	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		struct json_object *name = json_object_array_get_idx(array, i);

		if (!json_object_is_type(name, json_type_string))
			return kg_fail(err, EBADMSG, "has contents that are no names");
		if (kg_strings_add(contents, json_object_get_string(name), err) < 0)
			return -1;
	}
	kg_strings_sort(contents);
	return 0;
}

static int load_target(struct json_object *item, struct kg_record *record, struct kg_error *err)
{
	const char *entry = kg_json_get_string(item, "entry");
	struct json_object *files = kg_json_get_array(item, "files");
	struct kg_record_target *target;

	if (!entry || !files)
		return kg_fail(err, EBADMSG, "has a target without entry or files");
	target = kg_record_add_target(record, entry, kg_json_get_string(item, "release"), err);
	for (size_t i = 0; target && i < json_object_array_length(files); i++) {
		struct json_object *file = json_object_array_get_idx(files, i);
		const char *path = kg_json_get_string(file, "path");

		struct kg_record_file *added;

		if (!path)
			return kg_fail(err, EBADMSG, "has a file without path");
		added = kg_record_add_file(target, path, kg_json_get_string(file, "sha256"), err);
		if (!added || load_contents(file, &added->contents, err) < 0)
			return -1;
	}
	return target ? 0 : -1;
}

static int load_tree(struct json_object *item, struct kg_record *record, struct kg_error *err)
{
	const char *release = kg_json_get_string(item, "release");
	struct json_object *modules = kg_json_get_array(item, "modules");
	struct kg_record_tree *tree;

	if (!release || !modules)
		return kg_fail(err, EBADMSG, "has a tree without release or modules");
	tree = kg_record_add_tree(record, release, kg_json_get_string(item, "pkgbase"), err);
	for (size_t i = 0; tree && i < json_object_array_length(modules); i++) {
		struct json_object *module = json_object_array_get_idx(modules, i);
		const char *name = kg_json_get_string(module, "name");

		if (!name)
			return kg_fail(err, EBADMSG, "has a module without name");
		if (kg_record_add_module(tree, name, kg_json_get_string(module, "package"),
					 kg_json_get_boolean(module, "dkms"), err) < 0)
			return -1;
	}
	return tree ? 0 : -1;
}

static int load_all(struct json_object *root, const char *key,
		    int (*load)(struct json_object *item, struct kg_record *record,
				struct kg_error *err),
		    struct kg_record *record, struct kg_error *err)
{
	struct json_object *array = kg_json_get_array(root, key);

	if (!array)
		return kg_fail(err, EBADMSG, "has no %s", key);
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		if (load(json_object_array_get_idx(array, i), record, err) < 0)
			return -1;
	}
	return 0;
}

int kg_record_load(const struct kg_root *root, struct kg_record *record, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_record loaded = {0};
	struct json_object *object = NULL;
	int result = kg_state_read(root, KG_STATE_RECORD, &text, err);

	if (result < 0)
		return -1;
	object = kg_json_parse(kg_buffer_span(&text), record_schema, err);
	result = object ? load_all(object, "targets", load_target, &loaded, err) : -1;
	if (result == 0)
		result = load_all(object, "trees", load_tree, &loaded, err);
	if (result == 0 &&
	    !kg_copy_optional(&loaded.boot_id, kg_json_get_string(object, "boot_id"), err))
		result = -1;
	json_object_put(object);
	kg_buffer_free(&text);
	if (result < 0) {
		kg_record_free(&loaded);
		return kg_prefix(err, "/var/lib/kernel-guard/" KG_STATE_RECORD);
	}
	*record = loaded;
	return 0;
}
