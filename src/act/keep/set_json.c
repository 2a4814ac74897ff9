// SPDX-License-Identifier: GPL-2.0-or-later
#include "set_json.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "directory.h"
#include "kernel-guard/act/replace.h"
#include "kernel-guard/report/json.h"
#include "kernel-guard/system/digest.h"

enum { set_schema = 1, max_facts = 1 << 20, max_set_files = 64 };

static const char *facts_text(struct kg_json *json, const struct kg_set *set, struct kg_error *err)
{
	struct json_object *root = kg_json_root(json);
	struct json_object *files;

	kg_json_add_number(json, root, "schema", set_schema);
	kg_json_add_string(json, root, "id", set->id);
	kg_json_add_string(json, root, "release", set->release);
	kg_json_add_string(json, root, "pkgbase", set->pkgbase);
	kg_json_add_string(json, root, "package", set->package);
	kg_json_add_string(json, root, "version", set->version);
	kg_json_add_string(json, root, "tree", set->tree);
	kg_json_add_number(json, root, "boot", set->boot);
	files = kg_json_add_array(json, root, "files");
	for (size_t i = 0; i < set->file_count; i++) {
		struct json_object *file = kg_json_append_object(json, files);

		kg_json_add_string(json, file, "path", set->files[i].path);
		kg_json_add_string(json, file, "name", set->files[i].name);
		kg_json_add_string(json, file, "sha256", set->files[i].digest);
		kg_json_add_number(json, file, "size", set->files[i].size);
	}
	return kg_json_text(json, err);
}

int kg_set_write_facts(int directory, const struct kg_set *set, struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	const char *text;
	int result = -1;

	if (!json)
		return kg_fail_memory(err);
	text = facts_text(json, set, err);
	if (text)
		result = kg_replace_file(directory, KG_SET_FACTS, text, strlen(text), 0644) < 0
				 ? kg_fail_at(err, KG_KEPT_SETS, set->id)
				 : 0;
	kg_json_free(json);
	return result;
}

/* A single component of a path, and none that leads elsewhere. */
static bool is_name(const char *text)
{
	return text && *text && *text != '.' && !strchr(text, '/') && strlen(text) < 256;
}

static bool is_path(const char *text)
{
	return text && *text == '/' && !strstr(text, "/../") && !kg_ends_with(text, "/..");
}

/* Whether it begins with the file's number: no two files of a set have one name. */
static bool is_numbered(const char *name, size_t number)
{
	char *end;

	return *name >= '0' && *name <= '9' && strtoul(name, &end, 10) == number && *end == '-';
}

static bool is_digest(const char *text)
{
	return text && strlen(text) == kg_digest_size - 1 &&
	       strspn(text, "0123456789abcdef") == kg_digest_size - 1;
}

static int read_file(struct json_object *item, struct kg_set *set, struct kg_error *err)
{
	const char *path = kg_json_get_string(item, "path");
	const char *name = kg_json_get_string(item, "name");
	const char *digest = kg_json_get_string(item, "sha256");

	if (!is_path(path) || !is_name(name) || !is_digest(digest))
		return kg_fail(err, EBADMSG, "has a file that is none");
	if (!is_numbered(name, set->file_count))
		return kg_fail(err, EBADMSG, "has a file of another name");
	if (kg_set_add_file(set, path, digest, kg_json_get_number(item, "size"), err) < 0)
		return -1;
	/* The file may lie elsewhere than where it got its name. */
	return kg_set_call_file(&set->files[set->file_count - 1], name, err);
}

static int read_object(struct json_object *object, struct kg_set *set, struct kg_error *err)
{
	struct json_object *files = kg_json_get_array(object, "files");
	const char *tree = kg_json_get_string(object, "tree");

	if (!kg_copy_optional(&set->id, kg_json_get_string(object, "id"), err) ||
	    !kg_copy_optional(&set->release, kg_json_get_string(object, "release"), err) ||
	    !kg_copy_optional(&set->pkgbase, kg_json_get_string(object, "pkgbase"), err) ||
	    !kg_copy_optional(&set->package, kg_json_get_string(object, "package"), err) ||
	    !kg_copy_optional(&set->version, kg_json_get_string(object, "version"), err) ||
	    !kg_copy_optional(&set->tree, tree, err))
		return -1;
	set->boot = kg_json_get_number(object, "boot");
	if (!is_name(set->id) || !is_name(set->release) || (tree && !is_name(tree)) || !files ||
	    json_object_array_length(files) == 0 || json_object_array_length(files) > max_set_files)
		return kg_fail(err, EBADMSG, "is damaged");
	for (size_t i = 0; i < json_object_array_length(files); i++) {
		if (read_file(json_object_array_get_idx(files, i), set, err) < 0)
			return -1;
	}
	return 0;
}

/* The ID says what the files are: one that does not fit is of other files. */
static int check_name(const struct kg_set *set, const char *id, struct kg_error *err)
{
	struct kg_set copy = {0};
	int result = kg_set_copy(set, &copy, err);

	if (result == 0)
		result = kg_set_name(&copy, err);
	if (result == 0 && (strcmp(copy.id, id) != 0 || strcmp(set->id, id) != 0))
		result = kg_fail(err, EBADMSG, "does not describe the set %s", id);
	kg_set_free(&copy);
	return result;
}

int kg_set_read_facts(const struct kg_root *root, const char *id, struct kg_set *set,
		      struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_set read = {0};
	struct json_object *object = NULL;
	char *path = kg_format(err, "%s/%s/" KG_SET_FACTS, KG_KEPT_SETS, id);
	int result = path ? kg_root_read_file(root, path, max_facts, &text, err) : -1;

	if (result == 0) {
		object = kg_json_parse(kg_buffer_span(&text), set_schema, err);
		result = object ? read_object(object, &read, err) : -1;
		if (result == 0)
			result = check_name(&read, id, err);
		if (result < 0)
			kg_prefix(err, "%s", path);
	}
	json_object_put(object);
	kg_buffer_free(&text);
	free(path);
	if (result < 0) {
		kg_set_free(&read);
		return -1;
	}
	*set = read;
	return 0;
}
