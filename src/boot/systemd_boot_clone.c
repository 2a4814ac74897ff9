// SPDX-License-Identifier: GPL-2.0-or-later
#include "systemd_boot_clone.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/boot_entry.h"

/*
 * Behind the name of the cloned entry this sorts directly below it, where there is no sort-key: "-"
 * is lower than "." and than every version (UAPI.10 Version Format Specification).
 */
const char kg_systemd_boot_suffix[] = "-kernel-guard";
static const char own_mark[] = "# kernel-guard ";

bool kg_systemd_boot_names_initrd(const char *options)
{
	return strstr(options, "initrd=") != NULL;
}

bool kg_systemd_boot_is_own(struct kg_span text)
{
	return kg_span_starts_with(text, own_mark, strlen(own_mark));
}

const char *kg_systemd_boot_counter(const char *id)
{
	static const char digits[] = "0123456789";
	const char *plus = strrchr(id, '+');
	const char *at = plus ? plus + 1 : id;
	size_t left = strspn(at, digits);

	at += left;
	if (*at == '-')
		at += 1 + strspn(at + 1, digits);
	return plus && left > 0 && at[-1] != '-' && strcmp(at, ".conf") == 0 ? plus : NULL;
}

size_t kg_systemd_boot_name_length(const char *id)
{
	const char *counter = kg_systemd_boot_counter(id);

	if (counter)
		return (size_t)(counter - id);
	return strlen(id) - (kg_ends_with(id, ".conf") ? strlen(".conf") : 0);
}

static int append(struct kg_buffer *out, struct kg_span bytes, struct kg_error *err)
{
	return kg_buffer_append(out, bytes.data, bytes.size, err);
}

static int append_text(struct kg_buffer *out, char *text, struct kg_error *err)
{
	int result = text ? kg_buffer_append(out, text, strlen(text), err) : -1;

	free(text);
	return result;
}

/* A line as loaders take it apart: blanks, the key, blanks, the value, blanks. */
struct line {
	struct kg_span whole;
	struct kg_span head; /* up to the value */
	char *key;
	char *value;
};

static int take_apart(struct kg_span whole, struct line *line, struct kg_error *err)
{
	size_t at = 0;
	size_t start;
	size_t end = whole.size;

	while (at < whole.size && kg_is_blank(whole.data[at]))
		at++;
	start = at;
	while (at < whole.size && !kg_is_blank(whole.data[at]))
		at++;
	*line = (struct line){.whole = whole};
	line->key = kg_span_copy_string((struct kg_span){whole.data + start, at - start}, err);
	while (at < whole.size && kg_is_blank(whole.data[at]))
		at++;
	while (end > at && kg_is_blank(whole.data[end - 1]))
		end--;
	line->head = (struct kg_span){whole.data, at};
	line->value = kg_span_copy_string(
		kg_boot_value_unquoted(kg_span_of(whole.data + at, end - at)), err);
	if (line->key && line->value)
		return 0;
	free(line->key);
	free(line->value);
	return -1;
}

/* Whether a file that the entry names, on its own partition, is one of those that were kept. */
static bool is_kept(const struct kg_fallback *fallback, const char *value)
{
	const char *source = fallback->target->source;
	const char *entries = strstr(source, "/loader/entries/");
	size_t partition = entries ? (size_t)(entries - source) : 0;

	while (*value == '/')
		value++;
	for (size_t i = 0; i < fallback->kept.count; i++) {
		const char *path = fallback->kept.items[i];

		if (strncmp(path, source, partition) == 0 && path[partition] == '/' &&
		    strcmp(path + partition + 1, value) == 0)
			return true;
	}
	return false;
}

static void replace_character(char *text, char from, char to)
{
	for (; *text; text++)
		*text = *text == from ? to : *text;
}

/* What a word of the options is in the clone; EFI's paths are written with either slash. */
static char *new_word(const struct kg_fallback *fallback, const char *word, struct kg_error *err)
{
	static const char key[] = "initrd=";
	bool backslashes = strchr(word, '\\') != NULL;
	char *path;
	char *kept = NULL;
	char *made = NULL;

	if (strncmp(word, key, strlen(key)) != 0)
		return kg_copy_string(word, err);
	path = kg_copy_string(word + strlen(key), err);
	if (!path)
		return NULL;
	replace_character(path, '\\', '/');
	if (!is_kept(fallback, path)) {
		made = kg_copy_string(word, err);
	} else if ((kept = kg_kept_name(path, fallback->number, err))) {
		if (backslashes)
			replace_character(kept, '/', '\\');
		made = kg_format(err, "%s%s", key, kept);
	}
	free(kept);
	free(path);
	return made;
}

/* The options with the kept images in the words initrd=, or NULL where none has any. */
static int new_options(const struct kg_fallback *fallback, const char *options, char **value,
		       struct kg_error *err)
{
	struct kg_strings words = {0};
	struct kg_buffer text = {0};
	int result;

	if (!kg_systemd_boot_names_initrd(options))
		return 0;
	result = kg_strings_add_words(&words, options, err);
	for (size_t i = 0; result == 0 && i < words.count; i++) {
		char *word = new_word(fallback, words.items[i], err);

		result = word && (i == 0 || kg_buffer_append(&text, " ", 1, err) == 0) &&
					 kg_buffer_append(&text, word, strlen(word), err) == 0
				 ? 0
				 : -1;
		free(word);
	}
	if (result == 0)
		*value = kg_span_copy_string(kg_buffer_span(&text), err);
	kg_buffer_free(&text);
	kg_strings_free(&words);
	return result == 0 && *value ? 0 : -1;
}

/* The value of a line in the clone, or NULL where the line goes through as it is. */
static int new_value(const struct kg_fallback *fallback, const struct line *line, char **value,
		     struct kg_error *err)
{
	*value = NULL;
	if (strcmp(line->key, "title") == 0)
		*value = kg_format(err, "%s (previous kernel, %s)", line->value, fallback->release);
	else if (strcmp(line->key, "version") == 0)
		*value = kg_copy_string(fallback->release, err);
	else if (strcmp(line->key, "sort-key") == 0)
		*value = kg_format(err, "%s%s", line->value, kg_systemd_boot_suffix);
	else if (strcmp(line->key, "options") == 0)
		return new_options(fallback, line->value, value, err);
	else if ((strcmp(line->key, "linux") == 0 || strcmp(line->key, "initrd") == 0 ||
		  strcmp(line->key, "efi") == 0 || strcmp(line->key, "uki") == 0) &&
		 is_kept(fallback, line->value))
		*value = kg_kept_name(line->value, fallback->number, err);
	else
		return 0;
	return *value ? 0 : -1;
}

static int clone_line(const struct kg_fallback *fallback, const struct line *line,
		      struct kg_buffer *out, struct kg_error *err)
{
	char *value;
	int result = new_value(fallback, line, &value, err);

	if (result == 0 && value)
		result = append(out, line->head, err) < 0 ||
					 kg_buffer_append(out, value, strlen(value), err) < 0
				 ? -1
				 : 0;
	else if (result == 0)
		result = append(out, line->whole, err);
	free(value);
	return result < 0 ? -1 : kg_buffer_append(out, "\n", 1, err);
}

static int clone_lines(const struct kg_fallback *fallback, struct kg_span text,
		       struct kg_buffer *out, struct kg_error *err)
{
	bool has_version = false;
	bool has_title = false;
	struct kg_span whole;

	while (kg_span_next_line(&text, &whole)) {
		struct line line;
		int result = take_apart(whole, &line, err);

		if (result < 0)
			return -1;
		has_version = has_version || strcmp(line.key, "version") == 0;
		has_title = has_title || strcmp(line.key, "title") == 0;
		result = clone_line(fallback, &line, out, err);
		free(line.key);
		free(line.value);
		if (result < 0)
			return -1;
	}
	if (!has_title &&
	    append_text(out,
			kg_format(err, "title   Linux (previous kernel, %s)\n", fallback->release),
			err) < 0)
		return -1;
	return has_version
		       ? 0
		       : append_text(out, kg_format(err, "version %s\n", fallback->release), err);
}

int kg_systemd_boot_clone(const struct kg_fallback *fallback, struct kg_span text,
			  struct kg_buffer *out, struct kg_error *err)
{
	char *head = kg_format(err,
			       "%swrote this entry for the kept kernel %s; changes are lost.\n",
			       own_mark, fallback->release);

	if (append_text(out, head, err) == 0 && clone_lines(fallback, text, out, err) == 0)
		return 0;
	kg_buffer_free(out);
	return -1;
}
