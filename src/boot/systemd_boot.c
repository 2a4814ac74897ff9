// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fallback entries for systemd-boot: type 1 entries (UAPI.1 Boot Loader Specification), each a
 * file of its own beside the one it is cloned from.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/span.h"
#include "loaders.h"

enum { max_entry = 1 << 20 };

/*
 * Behind the name of the cloned entry this sorts directly below it, where there is no sort-key: "-"
 * is lower than "." and than every version (UAPI.10 Version Format Specification).
 */
static const char own_suffix[] = "-kernel-guard";
static const char own_mark[] = "# kernel-guard ";

/* "arch" of "arch+3-1.conf"; of kernel-install's MACHINE-ID-RELEASE.conf the machine id. */
static size_t stem_length(const char *id)
{
	size_t length = strcspn(id, "+");

	if (strspn(id, "0123456789abcdef") >= 32 && id[32] == '-')
		return 32;
	if (id[length] == '\0' && kg_ends_with(id, ".conf"))
		length -= strlen(".conf");
	return length;
}

static char *own_id(const struct kg_fallback *fallback, struct kg_error *err)
{
	const char *id = fallback->target->entry;
	int stem = (int)stem_length(id);

	if (fallback->number == 1)
		return kg_format(err, "%.*s%s.conf", stem, id, own_suffix);
	return kg_format(err, "%.*s%s.%u.conf", stem, id, own_suffix, fallback->number);
}

static bool owns(const struct kg_target *target)
{
	const char *suffix = strstr(target->entry, own_suffix);

	if (!suffix)
		return false;
	suffix += strlen(own_suffix);
	return strcmp(suffix, ".conf") == 0 ||
	       (suffix[0] == '.' && suffix[1] >= '2' && suffix[1] <= '9' &&
		strcmp(suffix + 2, ".conf") == 0);
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
	line->value = kg_span_copy_string((struct kg_span){whole.data + at, end - at}, err);
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

/* The value of a line in the clone, or NULL where the line goes through as it is. */
static int new_value(const struct kg_fallback *fallback, const struct line *line, char **value,
		     struct kg_error *err)
{
	*value = NULL;
	if (strcmp(line->key, "title") == 0)
		*value = kg_format(err, "%s (previous kernel, %s)", line->value,
				   fallback->release);
	else if (strcmp(line->key, "version") == 0)
		*value = kg_copy_string(fallback->release, err);
	else if (strcmp(line->key, "sort-key") == 0)
		*value = kg_format(err, "%s%s", line->value, own_suffix);
	else if ((strcmp(line->key, "linux") == 0 || strcmp(line->key, "initrd") == 0) &&
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
	return has_version ? 0
			   : append_text(out, kg_format(err, "version %s\n", fallback->release),
					 err);
}

static int clone(const struct kg_fallback *fallback, struct kg_span text, struct kg_buffer *out,
		 struct kg_error *err)
{
	char *head = kg_format(err,
			       "%swrote this entry for the kept kernel %s; changes are lost.\n",
			       own_mark, fallback->release);

	if (append_text(out, head, err) == 0 && clone_lines(fallback, text, out, err) == 0)
		return 0;
	kg_buffer_free(out);
	return -1;
}

/* The path of the entry beside the one that is cloned. */
static char *own_path(const struct kg_fallback *fallback, struct kg_error *err)
{
	const char *source = fallback->target->source;
	const char *slash = strrchr(source, '/');
	char *id = own_id(fallback, err);
	char *path = NULL;

	if (id && slash)
		path = kg_format(err, "%.*s/%s", (int)(slash - source), source, id);
	free(id);
	return path;
}

static int plan_one(const struct kg_system *system, const struct kg_fallback *fallback,
		    struct kg_entry_files *files, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_buffer content = {0};
	struct kg_error why;
	char *path = own_path(fallback, err);
	int result = path ? 0 : -1;

	if (result == 0 && kg_root_read_file(&system->root, fallback->target->source, max_entry,
					     &text, &why) < 0)
		result = kg_strings_take(notes, kg_format(err, "%s", why.message), err);
	else if (result == 0)
		result = clone(fallback, kg_buffer_span(&text), &content, err) < 0
				 ? -1
				 : kg_entry_files_add(files, path, &content, err);
	kg_buffer_free(&text);
	free(path);
	return result;
}

/* initrd= in the options names files that the clone would share with the entry. */
static bool names_initrd_in_options(const struct kg_target *target)
{
	return target->options && strstr(target->options, "initrd=");
}

static bool is_planned(const struct kg_entry_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++) {
		if (strcmp(files->items[i].path, path) == 0)
			return true;
	}
	return false;
}

/* Only what bears the mark is removed: a name may be somebody else's. */
static int remove_stale(const struct kg_system *system, const struct kg_target *target,
			struct kg_entry_files *files, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_error ignored;
	bool marked;

	if (is_planned(files, target->source))
		return 0;
	marked = kg_root_read_file(&system->root, target->source, max_entry, &text,
				   &ignored) == 0 &&
		 kg_span_starts_with(kg_buffer_span(&text), own_mark, strlen(own_mark));
	kg_buffer_free(&text);
	return marked ? kg_entry_files_add(files, target->source, NULL, err) : 0;
}

static int plan(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		struct kg_entry_files *files, struct kg_strings *notes, struct kg_error *err)
{
	for (size_t i = 0; i < fallbacks->count; i++) {
		const struct kg_fallback *fallback = &fallbacks->items[i];
		const struct kg_target *target = fallback->target;
		int result = 0;

		if (target->loader != KG_LOADER_SYSTEMD_BOOT)
			continue;
		if (names_initrd_in_options(target))
			result = kg_strings_take(
				notes,
				kg_format(err,
					  "%s: the kept kernel %s gets no entry, because "
					  "its options name an initrd=",
					  target->entry, fallback->release),
				err);
		else
			result = plan_one(system, fallback, files, notes, err);
		if (result < 0)
			return -1;
	}
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->loader == KG_LOADER_SYSTEMD_BOOT && owns(target) &&
		    remove_stale(system, target, files, err) < 0)
			return -1;
	}
	return 0;
}

const struct kg_boot_loader kg_boot_loader_systemd_boot = {
	.loader = KG_LOADER_SYSTEMD_BOOT,
	.plan = plan,
	.owns = owns,
};
