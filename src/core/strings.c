// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/core/strings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

int kg_strings_add_failure(struct kg_strings *list, const struct kg_error *why,
			   struct kg_error *err)
{
	return why->code == ENOMEM ? kg_fail_memory(err) : kg_strings_add(list, why->message, err);
}

int kg_strings_take(struct kg_strings *list, char *text, struct kg_error *err)
{
	if (!text)
		return kg_fail_memory(err);
	if (kg_array_reserve(&list->items, &list->capacity, list->count, sizeof(*list->items),
			     err) < 0) {
		free(text);
		return -1;
	}
	list->items[list->count++] = text;
	return 0;
}

int kg_strings_add(struct kg_strings *list, const char *text, struct kg_error *err)
{
	return kg_strings_take(list, strdup(text), err);
}

int kg_strings_add_unique(struct kg_strings *list, const char *text, struct kg_error *err)
{
	return kg_strings_contain(list, text) ? 0 : kg_strings_add(list, text, err);
}

int kg_strings_add_all(struct kg_strings *list, const struct kg_strings *from, struct kg_error *err)
{
	for (size_t i = 0; i < from->count; i++) {
		if (kg_strings_add(list, from->items[i], err) < 0)
			return -1;
	}
	return 0;
}

bool kg_strings_contain(const struct kg_strings *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

static int compare_strings(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

bool kg_strings_contain_sorted(const struct kg_strings *list, const char *text)
{
	char *const *key = (char *const *)&text;

	return list->count > 0 &&
	       bsearch(key, list->items, list->count, sizeof(*list->items), compare_strings);
}

void kg_strings_sort(struct kg_strings *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare_strings);
}

void kg_strings_sort_unique(struct kg_strings *list)
{
	size_t kept = 0;

	kg_strings_sort(list);
	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 && strcmp(list->items[kept - 1], list->items[i]) == 0)
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

char *kg_strings_join(const struct kg_strings *list, const char *separator, struct kg_error *err)
{
	char *joined = kg_copy_string("", err);

	for (size_t i = 0; joined && i < list->count; i++) {
		char *longer = kg_format(err, "%s%s%s", joined, i ? separator : "", list->items[i]);

		free(joined);
		joined = longer;
	}
	return joined;
}

void kg_strings_free(struct kg_strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct kg_strings){0};
}

char *kg_format(struct kg_error *err, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		kg_fail_memory(err);
		return NULL;
	}
	return text;
}

char *kg_span_copy_string(struct kg_span span, struct kg_error *err)
{
	char *text = malloc(span.size + 1);

	if (!text) {
		kg_fail_memory(err);
		return NULL;
	}
	if (span.size)
		memcpy(text, span.data, span.size);
	text[span.size] = '\0';
	return text;
}

char *kg_copy_string(const char *text, struct kg_error *err)
{
	return kg_span_copy_string(kg_span_of_string(text), err);
}

bool kg_copy_optional(char **field, const char *text, struct kg_error *err)
{
	*field = text ? kg_copy_string(text, err) : NULL;
	return !text || *field;
}

const char *kg_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool kg_ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text);
	size_t tail = strlen(suffix);

	return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

int kg_strings_add_words(struct kg_strings *list, const char *text, struct kg_error *err)
{
	static const char blanks[] = " \t\r\n";

	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t length = strcspn(text, blanks);

		if (kg_strings_take(list, strndup(text, length), err) < 0)
			return -1;
		text += length;
	}
	return 0;
}
