// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/grub_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grub_lexer.h"
#include "kernel-guard/core/buffer.h"

struct reader {
	struct kg_grub_script script; /* only its text and the pieces of its words */
	struct kg_grub_lexer lexer;
	struct kg_grub_token token;
	size_t before; /* the end of the token before it */
	struct kg_grub_block *block;
	struct kg_error *err;
};

/* What the words of the command mean that is being read. */
enum command {
	STARTS,	    /* the next word is one */
	LOADS_ONE,  /* its first word is a file */
	LOADS_MANY, /* all of them are */
	OTHER,
};

static int next(struct reader *reader)
{
	reader->before = reader->token.end;
	return kg_grub_lexer_next(&reader->lexer, &reader->token, reader->err);
}

static bool is_one_of(struct kg_span plain, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (plain.size == strlen(words[i]) &&
		    kg_span_starts_with(plain, words[i], plain.size))
			return true;
	}
	return false;
}

static bool is(struct kg_span plain, const char *word)
{
	return is_one_of(plain, &word, 1);
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

static void find_title(struct kg_grub_block *block)
{
	const struct kg_strings *words = &block->words;

	for (size_t i = 0; i < words->count; i++) {
		size_t count;

		if (kg_grub_block_is_id(words, i, &count)) {
			i += count - 1;
		} else if (takes_word(words->items[i])) {
			i++;
		} else if (strncmp(words->items[i], "--", 2) != 0) {
			block->title = i;
			return;
		}
	}
	block->title = words->count;
}

/* A word as it is written; of a line that goes on in the next one there may be an empty one. */
static int add_word(struct reader *reader)
{
	const struct kg_grub_token *token = &reader->token;
	struct kg_span text = kg_span_of(reader->script.text + token->start,
					 token->end - token->start);

	if (token->word.count == 0)
		return 0;
	return kg_strings_take(&reader->block->words, kg_span_copy_string(text, reader->err),
			       reader->err);
}

/* "menuentry" and its words, up to the brace. */
static int read_words(struct reader *reader)
{
	if (next(reader) < 0)
		return -1;
	if (!is(reader->token.plain, "menuentry"))
		return kg_fail(reader->err, EBADMSG, "is no menuentry");
	do {
		if (next(reader) < 0 ||
		    (reader->token.kind == KG_GRUB_WORD && add_word(reader) < 0))
			return -1;
	} while (reader->token.kind == KG_GRUB_WORD);
	if (reader->token.kind != KG_GRUB_OPENING)
		return kg_fail(reader->err, EBADMSG, "is a menuentry without a block");
	find_title(reader->block);
	return 0;
}

static int add_spot(struct reader *reader, enum kg_grub_spot_kind kind, const char *start,
		    const char *end)
{
	struct kg_grub_block *block = reader->block;

	if (kg_array_reserve(&block->spots, &block->spot_capacity, block->spot_count,
			     sizeof(*block->spots), reader->err) < 0)
		return -1;
	block->spots[block->spot_count++] = (struct kg_grub_spot){
		.kind = kind,
		.text = kg_span_of(start, (size_t)(end - start)),
	};
	return 0;
}

static bool is_text(const struct kg_grub_piece *piece)
{
	return piece->kind == KG_GRUB_TEXT || piece->kind == KG_GRUB_QUOTED_TEXT;
}

/* The last of the pieces that is not empty, or NULL; those before it are count then. */
static const struct kg_grub_piece *last_piece(const struct kg_grub_piece *pieces, uint32_t *count)
{
	while (*count > 0) {
		--*count;
		if (pieces[*count].length > 0)
			return &pieces[*count];
	}
	return NULL;
}

/* Behind the last slash of a piece, or its beginning. */
static const char *name_in(const struct kg_grub_piece *piece)
{
	size_t at = piece->length;

	while (at > 0 && piece->text[at - 1] != '/')
		at--;
	return piece->text + at;
}

/* The name has to lie in the last piece, behind a slash or as the whole word. */
static int read_file(struct reader *reader)
{
	const struct kg_grub_piece *pieces = reader->script.pieces + reader->token.word.first;
	uint32_t count = reader->token.word.count;
	const struct kg_grub_piece *piece = last_piece(pieces, &count);
	const struct kg_grub_piece *before;
	const char *name;

	if (!piece || !is_text(piece))
		return 0;
	name = name_in(piece);
	before = name == piece->text ? last_piece(pieces, &count) : NULL;
	if (name == piece->text + piece->length ||
	    (before && (!is_text(before) || before->text[before->length - 1] != '/')))
		return 0;
	return add_spot(reader, KG_GRUB_FILE_NAME, name, piece->text + piece->length);
}

/* Where the line begins in which only blanks stand before the token; the token where others do. */
static const char *line_of(const struct reader *reader, const struct kg_grub_token *token)
{
	const char *text = reader->script.text;
	size_t at = token->start;

	while (at > reader->before && (text[at - 1] == ' ' || text[at - 1] == '\t'))
		at--;
	return text + (at > 0 && text[at - 1] == '\n' ? at : token->start);
}

/* Behind "savedefault" the next token has been read. */
static int read_saving(struct reader *reader, const struct kg_grub_token *saving, const char *line)
{
	const char *text = reader->script.text;
	const char *start = text + saving->start;
	const char *end = text + saving->end;

	if (reader->token.kind == KG_GRUB_WORD)
		return 0;
	if (reader->token.kind == KG_GRUB_SEMICOLON) {
		end = text + reader->token.end;
	} else if (reader->token.kind == KG_GRUB_NEWLINE && line != start) {
		start = line;
		end = text + reader->token.end;
	}
	return add_spot(reader, KG_GRUB_SAVES_ENTRY, start, end);
}

/* The first word of a command; of what may stand before one another first word follows. */
static enum command command_of(struct kg_span plain)
{
	static const char *const before[] = {"if",    "elif", "then",  "else",
					     "while", "do",   "until", "!"};
	static const char *const kernels[] = {"linux", "linux16", "linuxefi"};
	static const char *const images[] = {"initrd", "initrd16", "initrdefi"};

	if (is_one_of(plain, before, sizeof(before) / sizeof(before[0])))
		return STARTS;
	if (is_one_of(plain, kernels, sizeof(kernels) / sizeof(kernels[0])))
		return LOADS_ONE;
	return is_one_of(plain, images, sizeof(images) / sizeof(images[0])) ? LOADS_MANY : OTHER;
}

/* A word of the body; the next token is read. */
static int read_word(struct reader *reader, enum command *command)
{
	const struct kg_grub_token word = reader->token;
	const char *line = line_of(reader, &word);

	if (word.word.count == 0)
		return next(reader);
	if (*command == STARTS) {
		*command = command_of(word.plain);
	} else if (*command != OTHER) {
		if (read_file(reader) < 0)
			return -1;
		*command = *command == LOADS_MANY ? LOADS_MANY : OTHER;
		return next(reader);
	} else {
		return next(reader);
	}
	if (next(reader) < 0)
		return -1;
	return is(word.plain, "savedefault") ? read_saving(reader, &word, line) : 0;
}

/* The body, up to the brace that closes it. */
static int read_body(struct reader *reader)
{
	size_t start = reader->token.end;
	size_t depth = 1;
	enum command command = STARTS;

	if (next(reader) < 0)
		return -1;
	while (reader->token.kind != KG_GRUB_END) {
		if (reader->token.kind == KG_GRUB_WORD) {
			if (read_word(reader, &command) < 0)
				return -1;
			continue;
		}
		command = STARTS;
		depth += reader->token.kind == KG_GRUB_OPENING;
		depth -= reader->token.kind == KG_GRUB_CLOSING;
		if (depth == 0) {
			reader->block->body = kg_span_of(reader->script.text + start,
							 reader->token.start - start);
			return 0;
		}
		if (next(reader) < 0)
			return -1;
	}
	return kg_fail(reader->err, EBADMSG, "is a menuentry that is not closed");
}

/* What stands behind the brace is another command. */
static int read_end(struct reader *reader)
{
	do {
		if (next(reader) < 0)
			return -1;
	} while (reader->token.kind == KG_GRUB_NEWLINE);
	return reader->token.kind == KG_GRUB_END
		       ? 0
		       : kg_fail(reader->err, EBADMSG, "is more than a menuentry");
}

int kg_grub_block_parse(struct kg_span statement, struct kg_grub_block *block, struct kg_error *err)
{
	struct kg_grub_block parsed = {0};
	struct reader reader = {
		.script = {.first = KG_GRUB_NONE},
		.lexer = {.script = &reader.script, .line = 1},
		.block = &parsed,
		.err = err,
	};
	int result = kg_grub_script_copy(statement, &reader.script, err);

	if (result == 0 &&
	    (read_words(&reader) < 0 || read_body(&reader) < 0 || read_end(&reader) < 0))
		result = -1;
	parsed.text = reader.script.text;
	reader.script.text = NULL;
	kg_grub_script_free(&reader.script);
	if (result < 0)
		kg_grub_block_free(&parsed);
	else
		*block = parsed;
	return result;
}

void kg_grub_block_free(struct kg_grub_block *block)
{
	free(block->text);
	kg_strings_free(&block->words);
	free(block->spots);
	*block = (struct kg_grub_block){0};
}
