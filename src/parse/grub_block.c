// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/grub_block.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct scanner {
	struct kg_span text;
	size_t at;
};

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_word(unsigned char c)
{
	return is_blank(c) || c == '\n' || c == ';' || c == '&' || c == '|';
}

static void skip_past(struct scanner *scanner, unsigned char end)
{
	while (scanner->at < scanner->text.size && scanner->text.data[scanner->at] != end)
		scanner->at++;
	scanner->at += scanner->at < scanner->text.size;
}

static void skip_double_quotes(struct scanner *scanner)
{
	while (scanner->at < scanner->text.size && scanner->text.data[scanner->at] != '"')
		scanner->at += scanner->text.data[scanner->at] == '\\' ? 2 : 1;
	scanner->at++;
}

/* One character of a word, or what is quoted as one. */
static void skip_piece(struct scanner *scanner)
{
	const unsigned char *data = scanner->text.data;
	unsigned char c = data[scanner->at++];

	if (c == '\\')
		scanner->at++;
	else if (c == '\'')
		skip_past(scanner, '\'');
	else if (c == '"')
		skip_double_quotes(scanner);
	else if (c == '$' && scanner->at < scanner->text.size && data[scanner->at] == '{')
		skip_past(scanner, '}');
	if (scanner->at > scanner->text.size)
		scanner->at = scanner->text.size;
}

/*
 * The next word, a newline or ";" being one of its own; false at the end. Comments and joined
 * lines are left out.
 */
static bool next_word(struct scanner *scanner, struct kg_span *word)
{
	const unsigned char *data = scanner->text.data;
	size_t start;

	for (;;) {
		while (scanner->at < scanner->text.size && is_blank(data[scanner->at]))
			scanner->at++;
		if (scanner->at >= scanner->text.size)
			return false;
		if (data[scanner->at] == '#') {
			while (scanner->at < scanner->text.size && data[scanner->at] != '\n')
				scanner->at++;
		} else if (data[scanner->at] == '\\' && scanner->at + 1 < scanner->text.size &&
			   data[scanner->at + 1] == '\n') {
			scanner->at += 2;
		} else {
			break;
		}
	}
	start = scanner->at;
	if (ends_word(data[start]))
		scanner->at++;
	while (scanner->at < scanner->text.size && !ends_word(data[start]) &&
	       !ends_word(data[scanner->at]))
		skip_piece(scanner);
	*word = (struct kg_span){data + start, scanner->at - start};
	return true;
}

static bool is_text(struct kg_span word, const char *text)
{
	return word.size == strlen(text) && memcmp(word.data, text, word.size) == 0;
}

/* A word without its quotes; variables stay as they are written. */
static char *unquoted(const char *word, struct kg_error *err)
{
	char *text = kg_copy_string(word, err);
	char *to = text;
	char quote = '\0';

	if (!text)
		return NULL;
	for (const char *from = word; *from; from++) {
		if ((*from == '\'' || *from == '"') && (!quote || quote == *from))
			quote = quote ? '\0' : *from;
		else if (*from == '\\' && quote != '\'' && from[1])
			*to++ = *++from;
		else
			*to++ = *from;
	}
	*to = '\0';
	return text;
}

bool kg_grub_block_is_id(const struct kg_strings *words, size_t index, size_t *count)
{
	const char *word = words->items[index];

	*count = 1;
	if (strncmp(word, "--id=", 5) == 0)
		return true;
	if (strcmp(word, "--id") != 0 && strcmp(word, "$menuentry_id_option") != 0 &&
	    strcmp(word, "${menuentry_id_option}") != 0)
		return false;
	*count = index + 1 < words->count ? 2 : 1;
	return true;
}

/* Options of menuentry that are followed by a word of theirs. */
static bool takes_word(const char *word)
{
	return strcmp(word, "--class") == 0 || strcmp(word, "--users") == 0 ||
	       strcmp(word, "--hotkey") == 0 || strcmp(word, "--source") == 0;
}

/* Of "--id=X" the X, of "--id X" the second word. */
static const char *id_word(const struct kg_strings *words, size_t index, size_t count)
{
	if (count == 2)
		return words->items[index + 1];
	return strncmp(words->items[index], "--id=", 5) == 0 ? words->items[index] + 5 : "";
}

static int read_header(struct kg_grub_block *block, struct kg_error *err)
{
	const struct kg_strings *words = &block->words;

	block->title = words->count;
	for (size_t i = 0; i < words->count; i++) {
		size_t count;

		if (kg_grub_block_is_id(words, i, &count)) {
			free(block->id);
			block->id = unquoted(id_word(words, i, count), err);
			if (!block->id)
				return -1;
			i += count - 1;
		} else if (takes_word(words->items[i])) {
			i++;
		} else if (strncmp(words->items[i], "--", 2) != 0 && block->title == words->count) {
			block->title = i;
		}
	}
	block->title_text = block->title < words->count
				    ? unquoted(words->items[block->title], err)
				    : kg_copy_string("", err);
	if (!block->title_text)
		return -1;
	if (!block->id)
		block->id = kg_copy_string(block->title_text, err);
	return block->id ? 0 : -1;
}

/* Behind "menuentry": its words up to the brace. False where it has none. */
static int read_words(struct scanner *scanner, struct kg_grub_block *block, bool *braced,
		      struct kg_error *err)
{
	struct kg_span word;

	*braced = false;
	while (next_word(scanner, &word)) {
		char *text;
		int result;

		*braced = is_text(word, "{");
		if (*braced || ends_word(word.data[0]))
			return 0;
		text = kg_span_copy_string(word, err);
		result = kg_strings_take(&block->words, text, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* The body, up to the brace that closes it. */
static int read_body(struct scanner *scanner, struct kg_grub_block *block, struct kg_error *err)
{
	size_t start = scanner->at;
	size_t depth = 1;
	struct kg_span word;

	while (next_word(scanner, &word)) {
		depth += is_text(word, "{");
		depth -= is_text(word, "}");
		if (depth > 0)
			continue;
		block->body = (struct kg_span){scanner->text.data + start,
					       scanner->at - 1 - start};
		return 0;
	}
	return kg_fail(err, EBADMSG, "the menuentry %s is not closed", block->id);
}

/* Reads the entry behind "menuentry". 1 where it is the one, 0 where it is another. */
static int try_entry(struct scanner *scanner, const char *id, struct kg_grub_block *block,
		     struct kg_error *err)
{
	bool braced;

	if (read_words(scanner, block, &braced, err) < 0)
		return -1;
	if (!braced)
		return 0;
	if (read_header(block, err) < 0)
		return -1;
	if (strcmp(block->id, id) != 0)
		return 0;
	return read_body(scanner, block, err) < 0 ? -1 : 1;
}

int kg_grub_block_find(struct kg_span text, const char *id, struct kg_grub_block *block,
		       struct kg_error *err)
{
	struct scanner scanner = {.text = text};
	struct kg_span word;
	bool starts = true; /* a command begins with the next word */

	while (next_word(&scanner, &word)) {
		struct kg_grub_block found = {0};
		int result;

		if (!starts || !is_text(word, "menuentry")) {
			starts = ends_word(word.data[0]) || is_text(word, "{") ||
				 is_text(word, "then") || is_text(word, "else");
			continue;
		}
		result = try_entry(&scanner, id, &found, err);
		if (result == 1) {
			*block = found;
			return 0;
		}
		kg_grub_block_free(&found);
		if (result < 0)
			return -1;
		starts = true;
	}
	return kg_fail(err, ENOENT, "has no menuentry %s", id);
}

void kg_grub_block_free(struct kg_grub_block *block)
{
	kg_strings_free(&block->words);
	free(block->title_text);
	free(block->id);
	*block = (struct kg_grub_block){0};
}
