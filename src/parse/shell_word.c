// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell_word.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

enum {
	max_name = 128,
	max_word = 4096,         /* bytes of one expanded word */
	max_alternatives = 64,   /* words that one word's brace lists make */
	max_words = 4096,        /* words that an array holds */
	max_expanded = 16 << 20, /* bytes that the words of a file make */
};

/* What ends a run of ordinary characters. */
static const char special[] = " \t\r\n;)'\"\\$`(<>|&{";

/* The word under construction: brace lists make several of one. */
struct word {
	struct kg_strings alternatives;
	bool split;  /* an expansion has made several words of it */
	bool quoted; /* it holds quotes, so that it is a word even when it is empty */
};

struct reader {
	const struct kg_shell *shell;
	struct kg_shell_cursor *cursor;
	struct kg_strings *words;
	struct kg_error *err;
	struct word word;
	bool scalar;
};

char kg_shell_peek(const struct kg_shell_cursor *cursor)
{
	return cursor->at < cursor->size ? cursor->text[cursor->at] : '\0';
}

void kg_shell_advance(struct kg_shell_cursor *cursor)
{
	if (cursor->at >= cursor->size)
		return;
	if (cursor->text[cursor->at] == '\n')
		cursor->line++;
	cursor->at++;
}

/* Counts bytes that are made; false where a hostile file makes too many. */
static bool charge(struct reader *reader, size_t size)
{
	reader->cursor->expanded += size;
	return reader->cursor->expanded <= max_expanded;
}

/* Appends text to every alternative of the word. */
static enum kg_shell_result append(struct reader *reader, const char *text, size_t length)
{
	struct kg_strings *alternatives = &reader->word.alternatives;

	if (alternatives->count == 0 && kg_strings_add(alternatives, "", reader->err) < 0)
		return KG_SHELL_FAILED;
	if (!charge(reader, alternatives->count * (length + 1)))
		return KG_SHELL_BEYOND;
	for (size_t i = 0; i < alternatives->count; i++) {
		size_t before = strlen(alternatives->items[i]);
		char *longer;

		if (before + length > max_word)
			return KG_SHELL_BEYOND;
		longer = realloc(alternatives->items[i], before + length + 1);
		if (!longer) {
			kg_fail_memory(reader->err);
			return KG_SHELL_FAILED;
		}
		memcpy(longer + before, text, length);
		longer[before + length] = '\0';
		alternatives->items[i] = longer;
	}
	return KG_SHELL_READ;
}

static enum kg_shell_result finish_word(struct reader *reader)
{
	struct kg_strings *alternatives = &reader->word.alternatives;
	enum kg_shell_result result = KG_SHELL_READ;

	if (reader->words->count + alternatives->count > max_words)
		result = KG_SHELL_BEYOND;
	for (size_t i = 0; i < alternatives->count && result == KG_SHELL_READ; i++) {
		/* {,x} is one word. */
		if (!reader->scalar && !reader->word.quoted && alternatives->items[i][0] == '\0')
			continue;
		if (kg_strings_add(reader->words, alternatives->items[i], reader->err) < 0)
			result = KG_SHELL_FAILED;
	}
	kg_strings_free(alternatives);
	reader->word.quoted = false;
	return result;
}

/* An expansion ends the word in its middle. Brace lists come first in the shell. */
static enum kg_shell_result split_word(struct reader *reader)
{
	reader->word.split = true;
	return reader->word.alternatives.count > 1 ? KG_SHELL_BEYOND : finish_word(reader);
}

/* An unquoted expansion is split at blanks, unless IFS says otherwise. */
static enum kg_shell_result append_split(struct reader *reader, const char *text)
{
	enum kg_shell_result result = KG_SHELL_READ;

	if (kg_shell_get(reader->shell, "IFS"))
		return KG_SHELL_BEYOND;
	while (*text && result == KG_SHELL_READ) {
		size_t blanks = strspn(text, " \t\n");
		size_t length;

		if (blanks > 0)
			result = split_word(reader);
		text += blanks;
		length = strcspn(text, " \t\n");
		if (result == KG_SHELL_READ && length > 0)
			result = append(reader, text, length);
		text += length;
	}
	return result;
}

static enum kg_shell_result append_value(struct reader *reader, const char *text, bool quoted)
{
	reader->word.quoted |= quoted;
	if (quoted || reader->scalar)
		return append(reader, text, strlen(text));
	return append_split(reader, text);
}

static enum kg_shell_result append_variable(struct reader *reader, const char *name, bool all,
					    bool quoted)
{
	const struct kg_shell_variable *variable = kg_shell_get(reader->shell, name);
	enum kg_shell_result result = KG_SHELL_READ;
	size_t count;

	/* What another program has put into the environment is not known here. */
	if (!variable || (all && reader->scalar))
		return KG_SHELL_BEYOND;
	if (variable->uncertain && !(reader->shell->guess && variable->values.count > 0))
		return KG_SHELL_BEYOND;
	count = variable->values.count;
	if (!all && count == 0)
		return append_value(reader, "", quoted);
	if (!all)
		count = 1;
	for (size_t i = 0; i < count && result == KG_SHELL_READ; i++) {
		if (i > 0)
			result = split_word(reader);
		if (result == KG_SHELL_READ)
			result = append_value(reader, variable->values.items[i], quoted);
	}
	return result;
}

/* Reads a name at the cursor into name; its length, 0 where there is none. */
static size_t read_name(struct kg_shell_cursor *cursor, char name[max_name])
{
	size_t length = 0;

	while (isalnum((unsigned char)kg_shell_peek(cursor)) || kg_shell_peek(cursor) == '_') {
		if (length + 1 == max_name)
			return 0;
		name[length++] = kg_shell_peek(cursor);
		kg_shell_advance(cursor);
	}
	name[length] = '\0';
	return isdigit((unsigned char)name[0]) ? 0 : length;
}

/* At "$". */
static enum kg_shell_result read_expansion(struct reader *reader, bool quoted)
{
	struct kg_shell_cursor *cursor = reader->cursor;
	char name[max_name];
	bool braces;
	bool all = false;

	kg_shell_advance(cursor);
	braces = kg_shell_peek(cursor) == '{';
	if (braces)
		kg_shell_advance(cursor);
	if (read_name(cursor, name) == 0)
		return KG_SHELL_BEYOND;
	if (braces && kg_shell_peek(cursor) == '[') {
		const char *rest = cursor->text + cursor->at;
		size_t left = cursor->size - cursor->at;

		if (left < 3 || (strncmp(rest, "[@]", 3) != 0 && strncmp(rest, "[*]", 3) != 0))
			return KG_SHELL_BEYOND;
		/* "${A[*]}" is one word joined by IFS. */
		if (quoted && rest[1] == '*')
			return KG_SHELL_BEYOND;
		all = true;
		cursor->at += 3;
	}
	if (braces) {
		if (kg_shell_peek(cursor) != '}')
			return KG_SHELL_BEYOND;
		kg_shell_advance(cursor);
	} else if (!quoted && kg_shell_peek(cursor) == '{') {
		/* $A{b,c} is $Ab $Ac. */
		return KG_SHELL_BEYOND;
	}
	return append_variable(reader, name, all, quoted);
}

/* At "'". */
static enum kg_shell_result read_single_quotes(struct reader *reader)
{
	struct kg_shell_cursor *cursor = reader->cursor;
	size_t start;

	kg_shell_advance(cursor);
	start = cursor->at;
	while (kg_shell_peek(cursor) != '\'') {
		if (kg_shell_peek(cursor) == '\0')
			return KG_SHELL_BEYOND;
		kg_shell_advance(cursor);
	}
	kg_shell_advance(cursor);
	reader->word.quoted = true;
	return append(reader, cursor->text + start, cursor->at - 1 - start);
}

/* At a backslash; in double quotes it escapes only some. */
static enum kg_shell_result read_escape(struct reader *reader, bool quoted)
{
	struct kg_shell_cursor *cursor = reader->cursor;
	char pair[2] = {'\\', '\0'};

	kg_shell_advance(cursor);
	pair[1] = kg_shell_peek(cursor);
	if (pair[1] == '\0')
		return KG_SHELL_BEYOND;
	kg_shell_advance(cursor);
	if (pair[1] == '\n')
		return KG_SHELL_READ;
	if (quoted && !strchr("\"\\$`", pair[1]))
		return append(reader, pair, 2);
	return append(reader, pair + 1, 1);
}

/* In double quotes: what stands for itself. */
static enum kg_shell_result read_quoted_run(struct reader *reader)
{
	struct kg_shell_cursor *cursor = reader->cursor;
	size_t start = cursor->at;

	while (kg_shell_peek(cursor) && !strchr("\"\\$`", kg_shell_peek(cursor)))
		kg_shell_advance(cursor);
	reader->word.quoted = true;
	return append(reader, cursor->text + start, cursor->at - start);
}

/* At '"'. */
static enum kg_shell_result read_double_quotes(struct reader *reader)
{
	struct kg_shell_cursor *cursor = reader->cursor;
	enum kg_shell_result result = KG_SHELL_READ;
	bool empty = true;

	kg_shell_advance(cursor);
	while (result == KG_SHELL_READ) {
		char c = kg_shell_peek(cursor);

		if (c == '"')
			break;
		if (c == '\0' || c == '`')
			return KG_SHELL_BEYOND;
		empty = false;
		if (c == '$') {
			result = read_expansion(reader, true);
		} else if (c == '\\') {
			result = read_escape(reader, true);
		} else {
			result = read_quoted_run(reader);
		}
	}
	if (result != KG_SHELL_READ)
		return result;
	kg_shell_advance(cursor);
	/* "" is a word; "${empty_array[@]}" is none. */
	reader->word.quoted |= empty;
	return empty ? append(reader, "", 0) : KG_SHELL_READ;
}

/* Multiplies the alternatives by the comma-separated items of list. */
static enum kg_shell_result multiply(struct reader *reader, const char *list, size_t length)
{
	struct kg_strings before = reader->word.alternatives;
	struct kg_strings after = {0};
	enum kg_shell_result result = KG_SHELL_READ;

	for (size_t i = 0; i < before.count && result == KG_SHELL_READ; i++) {
		for (size_t at = 0; at <= length && result == KG_SHELL_READ;) {
			const char *comma = memchr(list + at, ',', length - at);
			size_t size = comma ? (size_t)(comma - list) - at : length - at;
			char *item = kg_format(reader->err, "%s%.*s", before.items[i], (int)size,
					       list + at);

			if (after.count >= max_alternatives ||
			    !charge(reader, strlen(before.items[i]) + size + 1))
				result = KG_SHELL_BEYOND;
			else if (!item || kg_strings_add(&after, item, reader->err) < 0)
				result = KG_SHELL_FAILED;
			free(item);
			at += size + 1;
		}
	}
	kg_strings_free(&before);
	reader->word.alternatives = after;
	return result;
}

/* At "{" outside of quotes: a brace list of plain items, or an ordinary character. */
static enum kg_shell_result read_braces(struct reader *reader)
{
	struct kg_shell_cursor *cursor = reader->cursor;
	const char *start = cursor->text + cursor->at + 1;
	size_t left = cursor->size - cursor->at - 1;
	size_t length = 0;
	enum kg_shell_result result;

	while (length < left && !strchr("{}\"'\\$` \t\n()", start[length]))
		length++;
	if (length == left || start[length] != '}' || memchr(start, '~', length))
		return KG_SHELL_BEYOND;
	if (!memchr(start, ',', length)) {
		if (memmem(start, length, "..", 2))
			return KG_SHELL_BEYOND;
		result = append(reader, start - 1, length + 2);
	} else {
		result = reader->word.split ? KG_SHELL_BEYOND : append(reader, "", 0);
		if (result == KG_SHELL_READ)
			result = multiply(reader, start, length);
	}
	cursor->at += length + 2;
	return result;
}

/* "~", which is a home directory at the beginning of a word and behind "=" and ":". */
static bool at_home(const struct kg_shell_cursor *cursor)
{
	return kg_shell_peek(cursor) == '~' && cursor->at > 0 &&
	       strchr(" \t\r\n(=:}", cursor->text[cursor->at - 1]);
}

/* Characters that stand for themselves, as many as there are. */
static enum kg_shell_result read_literal(struct reader *reader)
{
	struct kg_shell_cursor *cursor = reader->cursor;
	size_t start = cursor->at;

	do {
		if (at_home(cursor))
			return KG_SHELL_BEYOND;
		kg_shell_advance(cursor);
	} while (kg_shell_peek(cursor) && !strchr(special, kg_shell_peek(cursor)));
	return append(reader, cursor->text + start, cursor->at - start);
}

static enum kg_shell_result read_piece(struct reader *reader, char c)
{
	switch (c) {
	case '\'':
		return read_single_quotes(reader);
	case '"':
		return read_double_quotes(reader);
	case '\\':
		return read_escape(reader, false);
	case '$':
		return read_expansion(reader, false);
	case '`':
	case '(':
	case '<':
	case '>':
	case '|':
	case '&':
		return KG_SHELL_BEYOND;
	case '{':
		if (!reader->scalar)
			return read_braces(reader);
		break;
	default:
		break;
	}
	return read_literal(reader);
}

enum kg_shell_result kg_shell_read_word(const struct kg_shell *shell,
					struct kg_shell_cursor *cursor, bool scalar,
					struct kg_strings *words, struct kg_error *err)
{
	struct reader reader = {
		.shell = shell,
		.cursor = cursor,
		.words = words,
		.err = err,
		.scalar = scalar,
	};
	enum kg_shell_result result = scalar ? append(&reader, "", 0) : KG_SHELL_READ;

	while (result == KG_SHELL_READ) {
		char c = kg_shell_peek(cursor);

		if (c == '\0' || strchr(" \t\r\n;)", c))
			break;
		result = read_piece(&reader, c);
	}
	if (result == KG_SHELL_READ)
		result = finish_word(&reader);
	kg_strings_free(&reader.word.alternatives);
	return result;
}
