// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/report/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "kernel-guard/report/escape.h"

struct kg_json {
	struct json_object *root;
	bool failed;
};

struct kg_json *kg_json_new(void)
{
	struct kg_json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->root = json_object_new_object();
	if (!json->root) {
		free(json);
		return NULL;
	}
	return json;
}

void kg_json_free(struct kg_json *json)
{
	if (!json)
		return;
	json_object_put(json->root);
	free(json);
}

struct json_object *kg_json_root(struct kg_json *json)
{
	return json->root;
}

/* Takes ownership of value. */
static void add(struct kg_json *json, struct json_object *object, const char *key,
		struct json_object *value)
{
	if (!object || !value || json_object_object_add(object, key, value) < 0) {
		json_object_put(value);
		json->failed = true;
	}
}

static struct json_object *new_string(const char *text)
{
	struct kg_error ignored;
	char *escaped = kg_escape(text, &ignored);
	struct json_object *value = escaped ? json_object_new_string(escaped) : NULL;

	free(escaped);
	return value;
}

void kg_json_add_string(struct kg_json *json, struct json_object *object, const char *key,
			const char *text)
{
	if (text)
		add(json, object, key, new_string(text));
	else if (!object || json_object_object_add(object, key, NULL) < 0)
		json->failed = true;
}

void kg_json_add_number(struct kg_json *json, struct json_object *object, const char *key,
			uint64_t number)
{
	add(json, object, key, json_object_new_uint64(number));
}

void kg_json_add_boolean(struct kg_json *json, struct json_object *object, const char *key,
			 bool value)
{
	add(json, object, key, json_object_new_boolean(value));
}

static bool append(struct json_object *array, struct json_object *value)
{
	if (array && value && json_object_array_add(array, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

void kg_json_add_strings(struct kg_json *json, struct json_object *object, const char *key,
			 const struct kg_strings *list)
{
	struct json_object *array = kg_json_add_array(json, object, key);

	for (size_t i = 0; array && i < list->count; i++) {
		if (!append(array, new_string(list->items[i])))
			json->failed = true;
	}
}

struct json_object *kg_json_add_array(struct kg_json *json, struct json_object *object,
				      const char *key)
{
	struct json_object *array = json_object_new_array();

	add(json, object, key, array);
	return json->failed ? NULL : array;
}

struct json_object *kg_json_append_object(struct kg_json *json, struct json_object *array)
{
	struct json_object *object = json_object_new_object();

	if (append(array, object))
		return object;
	json->failed = true;
	return NULL;
}

const char *kg_json_text(struct kg_json *json, struct kg_error *err)
{
	const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			  JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text = json->failed ? NULL : json_object_to_json_string_ext(json->root, flags);

	if (!text)
		kg_fail_memory(err);
	return text;
}

int kg_json_write(struct kg_json *json, FILE *out, struct kg_error *err)
{
	const char *text = kg_json_text(json, err);

	if (!text)
		return -1;
	if (fprintf(out, "%s\n", text) < 0)
		return kg_fail(err, EIO, "the output cannot be written");
	return 0;
}

struct json_object *kg_json_parse(struct kg_span text, int schema, struct kg_error *err)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;
	struct json_object *found = NULL;

	if (!tokener) {
		kg_fail_memory(err);
		return NULL;
	}
	object = json_tokener_parse_ex(tokener, (const char *)text.data,
				       text.size > INT32_MAX ? INT32_MAX : (int)text.size);
	json_tokener_free(tokener);
	if (json_object_is_type(object, json_type_object) &&
	    json_object_object_get_ex(object, "schema", &found) &&
	    json_object_is_type(found, json_type_int)) {
		if (json_object_get_int(found) == schema)
			return object;
		kg_fail(err, ENOTSUP,
			"is of another version of kernel-guard: install that one, or move the file "
			"away");
	} else {
		kg_fail(err, EBADMSG, "is damaged");
	}
	json_object_put(object);
	return NULL;
}

static struct json_object *get(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *found = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &found) || !json_object_is_type(found, type))
		return NULL;
	return found;
}

const char *kg_json_get_string(struct json_object *object, const char *key)
{
	struct json_object *found = get(object, key, json_type_string);

	return found ? json_object_get_string(found) : NULL;
}

struct json_object *kg_json_get_array(struct json_object *object, const char *key)
{
	return get(object, key, json_type_array);
}

bool kg_json_get_boolean(struct json_object *object, const char *key)
{
	struct json_object *found = get(object, key, json_type_boolean);

	return found && json_object_get_boolean(found);
}

uint64_t kg_json_get_number(struct json_object *object, const char *key)
{
	struct json_object *found = get(object, key, json_type_int);
	int64_t number = found ? json_object_get_int64(found) : 0;

	return number < 0 ? 0 : (uint64_t)number;
}
