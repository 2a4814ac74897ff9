// SPDX-License-Identifier: GPL-2.0-or-later
#include "grub_clone.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/grub_block.h"

static int append_text(struct kg_buffer *out, const char *text, struct kg_error *err)
{
	return kg_buffer_append(out, text, strlen(text), err);
}

static int append_span(struct kg_buffer *out, struct kg_span span, struct kg_error *err)
{
	return kg_buffer_append(out, span.data, span.size, err);
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

/* The words of menuentry that are neither title nor id. */
static int append_options(const struct kg_grub_block *block, struct kg_buffer *out,
			  struct kg_error *err)
{
	for (size_t i = 0; i < block->words.count; i++) {
		size_t count;

		if (kg_grub_block_is_id(&block->words, i, &count)) {
			i += count - 1;
			continue;
		}
		if (i == block->title)
			continue;
		if (append_text(out, " ", err) < 0 ||
		    append_text(out, block->words.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int append_header(const struct kg_grub_entry *entry, const struct kg_grub_block *block,
			 const struct kg_fallback *fallback, const char *id, struct kg_buffer *out,
			 struct kg_error *err)
{
	char *title = kg_format(err, "%s (previous kernel, %s)", entry->title, fallback->release);
	int result = -1;

	if (title && append_text(out, "menuentry ", err) == 0 &&
	    append_quoted(out, title, err) == 0 && append_options(block, out, err) == 0 &&
	    append_text(out, " --id ", err) == 0 && append_quoted(out, id, err) == 0)
		result = append_text(out, " {", err);
	free(title);
	return result;
}

/* Kept files are told by their names: where GRUB looks for a path is another matter. */
static bool is_kept(const struct kg_fallback *fallback, const char *name)
{
	for (size_t i = 0; i < fallback->kept.count; i++) {
		if (strcmp(kg_base_name(fallback->kept.items[i]), name) == 0)
			return true;
	}
	return false;
}

static int append_name(const struct kg_fallback *fallback, struct kg_span name,
		       struct kg_buffer *out, struct kg_error *err)
{
	char *text = kg_span_copy_string(name, err);
	char *kept = NULL;
	int result = text ? 0 : -1;

	if (result == 0 && is_kept(fallback, text)) {
		kept = kg_kept_name(text, fallback->number, err);
		result = kept ? append_text(out, kept, err) : -1;
	} else if (result == 0) {
		result = append_text(out, text, err);
	}
	free(kept);
	free(text);
	return result;
}

static int append_body(const struct kg_grub_block *block, const struct kg_fallback *fallback,
		       struct kg_buffer *out, struct kg_error *err)
{
	const unsigned char *at = block->body.data;
	const unsigned char *end = at + block->body.size;

	for (size_t i = 0; i < block->spot_count; i++) {
		const struct kg_grub_spot *spot = &block->spots[i];

		if (kg_buffer_append(out, at, (size_t)(spot->text.data - at), err) < 0)
			return -1;
		if (spot->kind == KG_GRUB_FILE_NAME &&
		    append_name(fallback, spot->text, out, err) < 0)
			return -1;
		at = spot->text.data + spot->text.size;
	}
	return append_span(out, kg_span_of(at, (size_t)(end - at)), err) < 0
		       ? -1
		       : append_text(out, "}\n", err);
}

int kg_grub_clone(const struct kg_grub_entry *entry, const struct kg_fallback *fallback,
		  const char *id, struct kg_buffer *out, struct kg_error *err)
{
	struct kg_grub_block block;
	int result = kg_grub_block_parse(entry->statement, &block, err);

	if (result < 0)
		return -1;
	if (append_header(entry, &block, fallback, id, out, err) < 0 ||
	    append_body(&block, fallback, out, err) < 0)
		result = -1;
	kg_grub_block_free(&block);
	return result;
}

static bool is_same_text(const char *left, const char *right)
{
	return left && right ? strcmp(left, right) == 0 : left == right;
}

/* Whether file is the kept twin of original, where that was kept, or else the same. */
static bool is_twin(const char *file, const char *original, const struct kg_fallback *fallback)
{
	struct kg_error ignored;
	bool same;
	char *kept;

	if (!is_kept(fallback, kg_base_name(original)))
		return strcmp(file, original) == 0;
	kept = kg_kept_name(original, fallback->number, &ignored);
	same = kept && strcmp(file, kept) == 0;
	free(kept);
	return same;
}

static bool is_same_boot(const struct kg_grub_boot *clone, const struct kg_grub_boot *boot,
			 const struct kg_fallback *fallback)
{
	if (!is_twin(clone->kernel, boot->kernel, fallback) ||
	    !is_same_text(clone->options, boot->options) || clone->uncertain != boot->uncertain ||
	    clone->initrds.count != boot->initrds.count)
		return false;
	for (size_t i = 0; i < clone->initrds.count; i++) {
		if (!is_twin(clone->initrds.items[i], boot->initrds.items[i], fallback))
			return false;
	}
	return true;
}

/* Of two files of one name one was kept and the other was not: names do not tell them apart. */
static bool is_ambiguous(const struct kg_fallback *fallback)
{
	const struct kg_strings *images = &fallback->target->initrds;

	for (size_t i = 0; i < images->count; i++) {
		if (is_kept(fallback, kg_base_name(images->items[i])) &&
		    !kg_strings_contain(&fallback->kept, images->items[i]))
			return true;
	}
	return false;
}

bool kg_grub_is_clone(const struct kg_grub_entry *clone, const struct kg_grub_entry *entry,
		      const struct kg_fallback *fallback)
{
	if (clone->boot_count != entry->boot_count || is_ambiguous(fallback))
		return false;
	for (size_t i = 0; i < clone->boot_count; i++) {
		if (!is_same_boot(&clone->boots[i], &entry->boots[i], fallback))
			return false;
	}
	return true;
}
