/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_REPORT_JSON_H
#define KERNEL_GUARD_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

/*
 * A JSON document under construction, over json-c. Failures add up: nothing has to
 * be checked before kg_json_write(), which reports the first one.
 */
struct kg_json;
struct json_object;

/* A new document, an empty object. NULL when memory is out. kg_json_free() releases it. */
struct kg_json *kg_json_new(void);
void kg_json_free(struct kg_json *json);

/* The document's outermost object. */
struct json_object *kg_json_root(struct kg_json *json);

/* Adds a member. text may be NULL, for null; it is escaped as kg_escape() does. */
void kg_json_add_string(struct kg_json *json, struct json_object *object, const char *key,
			const char *text);
void kg_json_add_number(struct kg_json *json, struct json_object *object, const char *key,
			uint64_t number);
void kg_json_add_boolean(struct kg_json *json, struct json_object *object, const char *key,
			 bool value);
void kg_json_add_strings(struct kg_json *json, struct json_object *object, const char *key,
			 const struct kg_strings *list);

/* Adds an empty array, owned by the document, and returns it; NULL after a failure. */
struct json_object *kg_json_add_array(struct kg_json *json, struct json_object *object,
				      const char *key);

/* Adds an empty object to an array and returns it; NULL after a failure. */
struct json_object *kg_json_append_object(struct kg_json *json, struct json_object *array);

/* The document as text, valid until it changes. NULL, and err, with ENOMEM. */
const char *kg_json_text(struct kg_json *json, struct kg_error *err);

/*
 * Parses a document that this program has written: an object whose "schema" is this one.
 * The caller releases it with json_object_put(). NULL, and err: EBADMSG, ENOMEM.
 */
struct json_object *kg_json_parse(struct kg_span text, int schema, struct kg_error *err);

/*
 * A member of a parsed object that may be NULL or none: NULL, or false, where the member
 * is absent or of another type.
 */
const char *kg_json_get_string(struct json_object *object, const char *key);
struct json_object *kg_json_get_array(struct json_object *object, const char *key);
bool kg_json_get_boolean(struct json_object *object, const char *key);

/* The same; 0 where it is none, or negative. */
uint64_t kg_json_get_number(struct json_object *object, const char *key);

/* Writes the document and a newline. 0, or -1 with ENOMEM, or with EIO for out. */
int kg_json_write(struct kg_json *json, FILE *out, struct kg_error *err);

#endif
