// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/boot_entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { max_text = 1 << 20 };

struct kg_span kg_boot_value_unquoted(struct kg_span value)
{
	unsigned char first = value.size >= 2 ? value.data[0] : '\0';

	if ((first == '"' || first == '\'') && value.data[value.size - 1] == first)
		return kg_span_of(value.data + 1, value.size - 2);
	return value;
}

/* "key value"; false for comments and empty lines. */
static bool split_line(struct kg_span line, struct kg_span *key, struct kg_span *value)
{
	size_t length = 0;

	line = kg_span_trimmed(line);
	if (line.size == 0 || line.data[0] == '#')
		return false;
	while (length < line.size && line.data[length] != ' ' && line.data[length] != '\t')
		length++;
	(void)kg_span_sub(line, 0, length, key);
	(void)kg_span_sub(line, length, line.size - length, value);
	*value = kg_boot_value_unquoted(kg_span_trimmed(*value));
	return true;
}

static bool is_key(struct kg_span key, const char *name)
{
	return key.size == strlen(name) && kg_span_starts_with(key, name, key.size);
}

static int replace(char **field, struct kg_span value, struct kg_error *err)
{
	char *copy = kg_span_copy_string(value, err);

	if (!copy)
		return -1;
	free(*field);
	*field = copy;
	return 0;
}

static int add_options(struct kg_boot_entry *entry, struct kg_span value, struct kg_error *err)
{
	char *joined;

	if (!entry->options)
		return replace(&entry->options, value, err);
	joined = kg_format(err, "%s %.*s", entry->options, (int)value.size,
			   (const char *)value.data);
	if (!joined)
		return -1;
	free(entry->options);
	entry->options = joined;
	return 0;
}

static int add_initrd(struct kg_boot_entry *entry, struct kg_span value, struct kg_error *err)
{
	char *copy = kg_span_copy_string(value, err);

	return kg_strings_take(&entry->initrds, copy, err);
}

static int read_line(struct kg_boot_entry *entry, struct kg_span line, struct kg_error *err)
{
	const struct {
		const char *key;
		char **field;
	} fields[] = {
		{"title", &entry->title},           {"version", &entry->version},
		{"machine-id", &entry->machine_id}, {"sort-key", &entry->sort_key},
		{"linux", &entry->linux_path},      {"efi", &entry->efi},
		{"uki", &entry->uki},
	};
	struct kg_span key;
	struct kg_span value;

	if (!split_line(line, &key, &value) || value.size == 0)
		return 0;
	if (is_key(key, "initrd"))
		return add_initrd(entry, value, err);
	if (is_key(key, "options"))
		return add_options(entry, value, err);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (is_key(key, fields[i].key))
			return replace(fields[i].field, value, err);
	}
	return 0;
}

int kg_boot_entry_parse(struct kg_span text, struct kg_boot_entry *entry, struct kg_error *err)
{
	struct kg_boot_entry parsed = {0};
	struct kg_span line;

	if (text.size > max_text)
		return kg_fail(err, EFBIG, "has more than %d bytes", max_text);
	if (text.size > 0 && memchr(text.data, '\0', text.size))
		return kg_fail(err, EBADMSG, "holds a NUL byte");
	while (kg_span_next_line(&text, &line)) {
		if (read_line(&parsed, line, err) < 0) {
			kg_boot_entry_free(&parsed);
			return -1;
		}
	}
	*entry = parsed;
	return 0;
}

void kg_boot_entry_free(struct kg_boot_entry *entry)
{
	free(entry->title);
	free(entry->version);
	free(entry->machine_id);
	free(entry->sort_key);
	free(entry->linux_path);
	free(entry->efi);
	free(entry->uki);
	free(entry->options);
	kg_strings_free(&entry->initrds);
	*entry = (struct kg_boot_entry){0};
}

char *kg_boot_configuration_value(struct kg_span text, const char *key, struct kg_error *err)
{
	char *found = NULL;
	struct kg_span line;

	err->code = 0;
	while (kg_span_next_line(&text, &line)) {
		struct kg_span name;
		struct kg_span value;

		if (!split_line(line, &name, &value) || !is_key(name, key))
			continue;
		if (replace(&found, value, err) < 0) {
			free(found);
			return NULL;
		}
	}
	return found;
}
