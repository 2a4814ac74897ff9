// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fallback entries for GRUB: a block of our own in custom.cfg beside grub.cfg, which it reads last
 * by grub-mkconfig's 41_custom. Each entry is the one of the kernel, with the kept files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/grub_block.h"
#include "loaders.h"

enum { max_config = 16 << 20 };

/* The joined one stands behind a newline that the text before it did not have. */
static const char begin_prefix[] = "### BEGIN kernel-guard";
static const char begin_mark[] = "### BEGIN kernel-guard: written anew, changes are lost ###\n";
static const char begin_joined[] =
	"\n### BEGIN kernel-guard, joined: written anew, changes are lost ###\n";
static const char end_mark[] = "### END kernel-guard ###\n";
static const char own_id[] = "kernel-guard-";

static const char *last_id(const struct kg_target *target)
{
	const char *inner = strrchr(target->entry, '>');

	return inner ? inner + 1 : target->entry;
}

static bool owns(const struct kg_target *target)
{
	return strncmp(last_id(target), own_id, strlen(own_id)) == 0;
}

static int append_text(struct kg_buffer *out, const char *text, struct kg_error *err)
{
	return kg_buffer_append(out, text, strlen(text), err);
}

/* In single quotes, which may hold everything but themselves. */
static int append_quoted(struct kg_buffer *out, const char *text, struct kg_error *err)
{
	if (append_text(out, "'", err) < 0)
		return -1;
	for (; *text; text++) {
		if (*text == '\'' ? append_text(out, "'\\''", err) < 0
				  : kg_buffer_append(out, text, 1, err) < 0)
			return -1;
	}
	return append_text(out, "'", err);
}

static int append_header(const struct kg_fallback *fallback, const struct kg_grub_block *block,
			 struct kg_buffer *out, struct kg_error *err)
{
	char *title = kg_format(err, "%s (previous kernel, %s)", block->title_text,
				fallback->release);
	char *kernel = kg_kept_name(kg_base_name(fallback->target->kernel), fallback->number, err);
	char *id = kernel ? kg_format(err, "%s%s", own_id, kernel) : NULL;
	int result = title && id ? append_text(out, "menuentry ", err) : -1;

	if (result == 0)
		result = append_quoted(out, title, err);
	for (size_t i = 0; result == 0 && i < block->words.count; i++) {
		size_t count;

		if (kg_grub_block_is_id(&block->words, i, &count)) {
			i += count - 1;
			continue;
		}
		if (i == block->title)
			continue;
		result = append_text(out, " ", err) < 0 ||
					 append_text(out, block->words.items[i], err) < 0
				 ? -1
				 : 0;
	}
	if (result == 0)
		result = append_text(out, " --id ", err) < 0 || append_quoted(out, id, err) < 0 ||
					 append_text(out, " {", err) < 0
				 ? -1
				 : 0;
	free(id);
	free(kernel);
	free(title);
	return result;
}

/* Whether a word names one of the kept files; they are told apart by their names. */
static bool names_kept(const struct kg_fallback *fallback, const char *word)
{
	for (size_t i = 0; i < fallback->kept.count; i++) {
		if (strcmp(kg_base_name(fallback->kept.items[i]), kg_base_name(word)) == 0)
			return true;
	}
	return false;
}

/* A command that names files: all its words, or only the first. */
static bool loads_files(const char *command, bool *only_first)
{
	*only_first = strncmp(command, "linux", 5) == 0;
	return strcmp(command, "linux") == 0 || strcmp(command, "linux16") == 0 ||
	       strcmp(command, "linuxefi") == 0 || strcmp(command, "initrd") == 0 ||
	       strcmp(command, "initrd16") == 0 || strcmp(command, "initrdefi") == 0;
}

/* Takes blanks, then a word off a line; both may be empty at its end. */
static void take_word(struct kg_span *line, struct kg_span *blanks, struct kg_span *word)
{
	size_t at = 0;
	size_t start;

	while (at < line->size && kg_is_blank(line->data[at]))
		at++;
	start = at;
	while (at < line->size && !kg_is_blank(line->data[at]))
		at++;
	*blanks = (struct kg_span){line->data, start};
	*word = (struct kg_span){line->data + start, at - start};
	line->data += at;
	line->size -= at;
}

static int append_file(const struct kg_fallback *fallback, struct kg_span word,
		       struct kg_buffer *out, size_t *replaced, struct kg_error *err)
{
	char *text = kg_span_copy_string(word, err);
	char *kept = NULL;
	int result = text ? 0 : -1;

	if (result == 0 && names_kept(fallback, text)) {
		kept = kg_kept_name(text, fallback->number, err);
		result = kept ? 0 : -1;
		++*replaced;
	}
	if (result == 0)
		result = append_text(out, kept ? kept : text, err);
	free(kept);
	free(text);
	return result;
}

/* A line of the body goes through as it is, but for the names of kept files. */
static int append_line(const struct kg_fallback *fallback, struct kg_span line,
		       struct kg_buffer *out, size_t *replaced, struct kg_error *err)
{
	struct kg_span blanks;
	struct kg_span word;
	bool only_first;
	bool files;
	char *command;

	take_word(&line, &blanks, &word);
	command = kg_span_copy_string(word, err);
	if (!command)
		return -1;
	files = loads_files(command, &only_first);
	free(command);
	if (kg_buffer_append(out, blanks.data, blanks.size, err) < 0 ||
	    kg_buffer_append(out, word.data, word.size, err) < 0)
		return -1;
	while (files && line.size > 0) {
		take_word(&line, &blanks, &word);
		if (kg_buffer_append(out, blanks.data, blanks.size, err) < 0 ||
		    append_file(fallback, word, out, replaced, err) < 0)
			return -1;
		files = !only_first;
	}
	return kg_buffer_append(out, line.data, line.size, err);
}

static int append_body(const struct kg_fallback *fallback, struct kg_span body,
		       struct kg_buffer *out, size_t *replaced, struct kg_error *err)
{
	struct kg_span line;

	*replaced = 0;
	while (kg_span_next_line(&body, &line)) {
		if (append_line(fallback, line, out, replaced, err) < 0)
			return -1;
		/* The last one is what stands before the brace. */
		if (body.size > 0 && append_text(out, "\n", err) < 0)
			return -1;
	}
	return append_text(out, "\n}\n", err);
}

/* The entry, or nothing and a note where its files are named in a way that is not understood. */
static int append_entry(const struct kg_fallback *fallback, struct kg_span config,
			struct kg_buffer *out, struct kg_strings *notes, struct kg_error *err)
{
	const struct kg_target *target = fallback->target;
	struct kg_grub_block block = {0};
	struct kg_error why;
	size_t before = out->size;
	size_t replaced = 0;
	int result = kg_grub_block_find(config, last_id(target), &block, &why);

	if (result < 0 && why.code == ENOMEM) {
		*err = why;
		return -1;
	}
	if (result == 0)
		result = append_header(fallback, &block, out, err) < 0 ||
					 append_body(fallback, block.body, out, &replaced, err) < 0
				 ? -1
				 : 0;
	else
		result = 0;
	kg_grub_block_free(&block);
	if (result < 0 || replaced == fallback->kept.count)
		return result;
	out->size = before;
	return kg_strings_take(
		notes,
		kg_format(err,
			  "%s: the kept kernel %s gets no entry, because %s names its "
			  "files in a way that cannot be followed",
			  target->entry, fallback->release, target->source),
		err);
}

static struct kg_span span_between(struct kg_span text, size_t start, size_t end)
{
	return (struct kg_span){text.data + start, end - start};
}

/* Our block in custom.cfg: where it starts and ends; both at its end where there is none. */
static void find_block(struct kg_span text, size_t *start, size_t *end)
{
	const unsigned char *begin =
		text.size ? memmem(text.data, text.size, begin_prefix, strlen(begin_prefix)) : NULL;
	const unsigned char *last;

	*start = *end = text.size;
	if (!begin)
		return;
	*start = (size_t)(begin - text.data);
	last = memmem(begin, text.size - *start, end_mark, strlen(end_mark));
	if (last)
		*end = (size_t)(last - text.data) + strlen(end_mark);
	if (*start > 0 && kg_span_starts_with(span_between(text, *start - 1, text.size),
					      begin_joined, strlen(begin_joined)))
		--*start;
}

/* custom.cfg with this block in the place of the one that is there, or behind all. */
static int replace_block(struct kg_span text, struct kg_span block, struct kg_buffer *out,
			 struct kg_error *err)
{
	size_t start;
	size_t end;
	struct kg_span before;
	struct kg_span behind;
	bool joined;

	find_block(text, &start, &end);
	before = span_between(text, 0, start);
	behind = span_between(text, end, text.size);
	if (kg_buffer_append(out, before.data, before.size, err) < 0)
		return -1;
	joined = before.size > 0 && before.data[before.size - 1] != '\n';
	if (block.size > 0 &&
	    (append_text(out, joined ? begin_joined : begin_mark, err) < 0 ||
	     kg_buffer_append(out, block.data, block.size, err) < 0 ||
	     append_text(out, end_mark, err) < 0))
		return -1;
	return kg_buffer_append(out, behind.data, behind.size, err);
}

/* The configuration and the file that it reads last. */
struct place {
	const char *config;
	char *custom;
	struct kg_buffer config_text;
	struct kg_buffer custom_text;
};

static void close_place(struct place *place)
{
	free(place->custom);
	kg_buffer_free(&place->config_text);
	kg_buffer_free(&place->custom_text);
}

static int open_place(const struct kg_system *system, const char *config, struct place *place,
		      struct kg_strings *notes, bool *usable, struct kg_error *err)
{
	const char *slash = strrchr(config, '/');
	struct kg_error why;

	*place = (struct place){.config = config};
	*usable = false;
	place->custom = kg_format(err, "%.*s/custom.cfg", (int)(slash - config), config);
	if (!place->custom)
		return -1;
	if (kg_root_read_file(&system->root, config, max_config, &place->config_text, &why) < 0)
		return kg_strings_take(notes, kg_format(err, "%s", why.message), err);
	if (kg_root_read_file(&system->root, place->custom, max_config, &place->custom_text, &why) <
		    0 &&
	    why.code != ENOENT)
		return kg_strings_take(notes, kg_format(err, "%s", why.message), err);
	*usable = true;
	return 0;
}

static int append_entries(const struct kg_fallbacks *fallbacks, const struct place *place,
			  struct kg_buffer *block, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_span config = kg_buffer_span(&place->config_text);
	static const char custom[] = "custom.cfg";

	for (size_t i = 0; i < fallbacks->count; i++) {
		const struct kg_fallback *fallback = &fallbacks->items[i];

		if (fallback->target->loader != KG_LOADER_GRUB ||
		    strcmp(fallback->target->source, place->config) != 0)
			continue;
		if (!memmem(config.data, config.size, custom, strlen(custom)))
			return kg_strings_take(
				notes,
				kg_format(err,
					  "%s does not read custom.cfg, where the entry "
					  "of a kept kernel would be; it does with "
					  "/etc/grub.d/41_custom and grub-mkconfig",
					  place->config),
				err);
		if (append_entry(fallback, config, block, notes, err) < 0)
			return -1;
	}
	return 0;
}

/* A file that holds nothing but our block is our own, and goes with it. */
static int add_custom(const struct place *place, struct kg_span block,
		      struct kg_entry_files *files, struct kg_error *err)
{
	struct kg_buffer content = {0};
	struct kg_span text = kg_buffer_span(&place->custom_text);

	if (replace_block(text, block, &content, err) < 0) {
		kg_buffer_free(&content);
		return -1;
	}
	if (content.size > 0 || text.size == 0)
		return content.size > 0 ? kg_entry_files_add(files, place->custom, &content, err)
					: 0;
	kg_buffer_free(&content);
	return kg_entry_files_add(files, place->custom, NULL, err);
}

static int plan_place(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		      const char *config, struct kg_entry_files *files, struct kg_strings *notes,
		      struct kg_error *err)
{
	struct kg_buffer block = {0};
	struct place place;
	bool usable;
	int result = open_place(system, config, &place, notes, &usable, err);

	if (result == 0 && usable)
		result = append_entries(fallbacks, &place, &block, notes, err);
	if (result == 0 && usable)
		result = add_custom(&place, kg_buffer_span(&block), files, err);
	kg_buffer_free(&block);
	close_place(&place);
	return result;
}

static int plan(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		struct kg_entry_files *files, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_strings seen = {0};
	int result = 0;

	for (size_t i = 0; result == 0 && i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->loader != KG_LOADER_GRUB || kg_strings_contain(&seen, target->source))
			continue;
		result = kg_strings_add(&seen, target->source, err) < 0
				 ? -1
				 : plan_place(system, fallbacks, target->source, files, notes, err);
	}
	kg_strings_free(&seen);
	return result;
}

const struct kg_boot_loader kg_boot_loader_grub = {
	.loader = KG_LOADER_GRUB,
	.plan = plan,
	.owns = owns,
};
