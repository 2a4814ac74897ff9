// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/grub_environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { max_block = 1 << 20 };

static const char signature[] = "# GRUB Environment Block\n";

/* The end of the value at the front of text, its newline; false where there is none. */
static bool find_value_end(struct kg_span text, size_t *end)
{
	size_t at = 0;

	while (at < text.size && text.data[at] != '\n')
		at += text.data[at] == '\\' ? 2 : 1;
	*end = at;
	return at < text.size;
}

static int add_value(struct kg_grub_environment *environment, struct kg_span text,
		     struct kg_error *err)
{
	char *value = kg_span_copy_string(text, err);
	size_t length = 0;
	int result;

	if (!value)
		return -1;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '\\' && i + 1 < text.size)
			i++;
		value[length++] = (char)text.data[i];
	}
	value[length] = '\0';
	result = kg_strings_add(&environment->values, value, err);
	free(value);
	return result;
}

static int add_name(struct kg_grub_environment *environment, struct kg_span text,
		    struct kg_error *err)
{
	char *name = kg_span_copy_string(text, err);
	int result = kg_strings_take(&environment->names, name, err);
	return result;
}

static void skip(struct kg_span *rest, size_t size)
{
	*rest = kg_span_of(rest->data + size, rest->size - size);
}

/* Lines without "=" run on to the next one that has it, as GRUB reads them. */
static int read_variables(struct kg_span rest, struct kg_grub_environment *environment,
			  struct kg_error *err)
{
	while (rest.size > 0) {
		const unsigned char *equals = NULL;
		const unsigned char *newline;
		struct kg_span name;
		size_t end = 0;

		if (rest.data[0] != '#') {
			equals = memchr(rest.data, '=', rest.size);
			if (!equals)
				return 0;
			name = kg_span_of(rest.data, (size_t)(equals - rest.data));
			skip(&rest, name.size + 1);
			if (!find_value_end(rest, &end))
				return 0;
			if (add_name(environment, name, err) < 0 ||
			    add_value(environment, kg_span_of(rest.data, end), err) < 0)
				return -1;
			skip(&rest, end);
		}
		newline = memchr(rest.data, '\n', rest.size);
		if (!newline)
			return 0;
		skip(&rest, (size_t)(newline - rest.data) + 1);
	}
	return 0;
}

int kg_grub_environment_parse(struct kg_span block, struct kg_grub_environment *environment,
			      struct kg_error *err)
{
	struct kg_grub_environment parsed = {0};
	const size_t length = strlen(signature);

	if (block.size > max_block)
		return kg_fail(err, EFBIG, "has more than %d bytes", max_block);
	if (!kg_span_starts_with(block, signature, length))
		return kg_fail(err, EBADMSG, "is no GRUB environment block");
	skip(&block, length);
	if (read_variables(block, &parsed, err) < 0) {
		kg_grub_environment_free(&parsed);
		return -1;
	}
	*environment = parsed;
	return 0;
}

const char *kg_grub_environment_get(const struct kg_grub_environment *environment,
				    const char *name)
{
	for (size_t i = environment->names.count; i > 0; i--) {
		if (strcmp(environment->names.items[i - 1], name) == 0)
			return environment->values.items[i - 1];
	}
	return NULL;
}

void kg_grub_environment_free(struct kg_grub_environment *environment)
{
	kg_strings_free(&environment->names);
	kg_strings_free(&environment->values);
}
