// SPDX-License-Identifier: GPL-2.0-or-later
#include "grub_lexer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

enum { max_pieces = 1000000 };

/* What ends a run of plain characters. */
static const char special[] = "{}|&$;<> \t\n'\"\\";

/* The byte at the lexer, or '\0' at the end: the text holds no NUL. */
static char peek(const struct kg_grub_lexer *lexer)
{
	return lexer->at < lexer->script->size ? lexer->script->text[lexer->at] : '\0';
}

static char peek_behind(const struct kg_grub_lexer *lexer)
{
	return lexer->at + 1 < lexer->script->size ? lexer->script->text[lexer->at + 1] : '\0';
}

static void advance(struct kg_grub_lexer *lexer)
{
	if (peek(lexer) == '\n')
		lexer->line++;
	lexer->at++;
}

static int add_piece(struct kg_grub_lexer *lexer, enum kg_grub_piece_kind kind, size_t start,
		     size_t end, struct kg_error *err)
{
	struct kg_grub_script *script = lexer->script;

	if (script->piece_count >= max_pieces)
		return kg_fail(err, EFBIG, "line %u: has more than %d words", lexer->line,
			       max_pieces);
	if (kg_array_reserve(&script->pieces, &script->piece_capacity, script->piece_count,
			     sizeof(*script->pieces), err) < 0)
		return -1;
	script->pieces[script->piece_count++] = (struct kg_grub_piece){
		.kind = kind,
		.text = script->text + start,
		.length = end - start,
	};
	return 0;
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Moves over NAME, DIGITS, or one of the special parameters. False where there is none. */
static bool skip_name(struct kg_grub_lexer *lexer)
{
	char c = peek(lexer);

	if (c && strchr("?#*@", c)) {
		advance(lexer);
	} else if (isdigit((unsigned char)c)) {
		while (isdigit((unsigned char)peek(lexer)))
			advance(lexer);
	} else {
		while (is_name_byte(peek(lexer)))
			advance(lexer);
		return is_name_byte(c);
	}
	return true;
}

static int read_variable(struct kg_grub_lexer *lexer, enum kg_grub_piece_kind kind,
			 struct kg_error *err)
{
	uint32_t line = lexer->line;
	bool braces = peek_behind(lexer) == '{';
	size_t start;
	size_t end;

	lexer->at += braces ? 2 : 1;
	start = lexer->at;
	if (!skip_name(lexer))
		return kg_fail(err, EBADMSG, "line %u: a $ without the name of a variable", line);
	end = lexer->at;
	if (braces) {
		if (peek(lexer) != '}')
			return kg_fail(err, EBADMSG, "line %u: ${ without the name of a variable",
				       line);
		advance(lexer);
	}
	return add_piece(lexer, kind, start, end, err);
}

static int read_single_quotes(struct kg_grub_lexer *lexer, struct kg_error *err)
{
	uint32_t line = lexer->line;
	size_t start = ++lexer->at;

	while (peek(lexer) && peek(lexer) != '\'')
		advance(lexer);
	if (!peek(lexer))
		return kg_fail(err, EBADMSG, "line %u: a quote that does not end", line);
	return add_piece(lexer, KG_GRUB_QUOTED_TEXT, start, lexer->at++, err);
}

/* Text in double quotes up to the next quote, variable, or backslash that hides something. */
static int read_double_quoted_text(struct kg_grub_lexer *lexer, struct kg_error *err)
{
	size_t start = lexer->at;

	while (peek(lexer) && !strchr("\"$", peek(lexer))) {
		char behind = peek_behind(lexer);

		if (peek(lexer) == '\\' && behind && strchr("$\\\"\n", behind))
			break;
		advance(lexer);
	}
	return add_piece(lexer, KG_GRUB_QUOTED_TEXT, start, lexer->at, err);
}

/* In text that GRUB translates a $ without a name stands for itself. */
static bool is_plain_dollar(const struct kg_grub_lexer *lexer)
{
	char c = peek_behind(lexer);

	return !is_name_byte(c) && (!c || !strchr("{?#", c));
}

static int read_double_quotes(struct kg_grub_lexer *lexer, bool translated, struct kg_error *err)
{
	uint32_t line = lexer->line;

	lexer->at++;
	for (;;) {
		int result = read_double_quoted_text(lexer, err);
		char c = peek(lexer);

		if (result == 0 && !c)
			return kg_fail(err, EBADMSG, "line %u: a quote that does not end", line);
		if (result == 0 && c == '$' && translated && is_plain_dollar(lexer)) {
			result = add_piece(lexer, KG_GRUB_QUOTED_TEXT, lexer->at, lexer->at + 1,
					   err);
			lexer->at++;
		} else if (result == 0 && c == '$') {
			result = read_variable(lexer, KG_GRUB_QUOTED_VARIABLE, err);
		}
		if (result < 0 || c == '"') {
			lexer->at++;
			return result;
		}
		if (c == '\\') {
			lexer->at++;
			if (peek(lexer) != '\n')
				result = add_piece(lexer, KG_GRUB_QUOTED_TEXT, lexer->at,
						   lexer->at + 1, err);
			advance(lexer);
			if (result < 0)
				return -1;
		}
	}
}

/* A backslash outside of quotes; with its newline it is nothing. */
static int read_escape(struct kg_grub_lexer *lexer, struct kg_error *err)
{
	int result = 0;

	lexer->at++;
	if (!peek(lexer))
		return 0;
	if (peek(lexer) != '\n')
		result = add_piece(lexer, KG_GRUB_QUOTED_TEXT, lexer->at, lexer->at + 1, err);
	advance(lexer);
	return result;
}

static int read_text(struct kg_grub_lexer *lexer, struct kg_error *err)
{
	size_t start = lexer->at;

	while (peek(lexer) && !strchr(special, peek(lexer)))
		lexer->at++;
	return add_piece(lexer, KG_GRUB_TEXT, start, lexer->at, err);
}

static int read_piece(struct kg_grub_lexer *lexer, char c, struct kg_error *err)
{
	switch (c) {
	case '\'':
		return read_single_quotes(lexer, err);
	case '"':
		return read_double_quotes(lexer, false, err);
	case '\\':
		return read_escape(lexer, err);
	case '$':
		/* $"…" is text that GRUB translates. */
		if (peek_behind(lexer) == '"') {
			lexer->at++;
			return read_double_quotes(lexer, true, err);
		}
		return read_variable(lexer, KG_GRUB_VARIABLE, err);
	default:
		return read_text(lexer, err);
	}
}

static int read_word(struct kg_grub_lexer *lexer, struct kg_grub_token *token, struct kg_error *err)
{
	struct kg_grub_script *script = lexer->script;
	size_t start = lexer->at;
	size_t first = script->piece_count;

	for (;;) {
		char c = peek(lexer);

		if (!c || strchr("{}|&;<> \t\n", c))
			break;
		if (read_piece(lexer, c, err) < 0)
			return -1;
	}
	token->kind = KG_GRUB_WORD;
	token->end = lexer->at;
	token->word.first = (uint32_t)first;
	token->word.count = (uint32_t)(script->piece_count - first);
	if (token->word.count == 1 && script->pieces[first].kind == KG_GRUB_TEXT &&
	    script->pieces[first].length == lexer->at - start)
		token->plain = kg_span_of(script->text + start, lexer->at - start);
	return 0;
}

static void skip_blanks(struct kg_grub_lexer *lexer)
{
	while (peek(lexer) == ' ' || peek(lexer) == '\t')
		lexer->at++;
	while (peek(lexer) == '#' && lexer->at < lexer->script->size) {
		while (peek(lexer) && peek(lexer) != '\n')
			lexer->at++;
	}
}

int kg_grub_lexer_next(struct kg_grub_lexer *lexer, struct kg_grub_token *token,
		       struct kg_error *err)
{
	static const struct {
		char c;
		enum kg_grub_token_kind kind;
	} marks[] = {
		{'\n', KG_GRUB_NEWLINE},
		{';', KG_GRUB_SEMICOLON},
		{'{', KG_GRUB_OPENING},
		{'}', KG_GRUB_CLOSING},
	};
	char c;

	skip_blanks(lexer);
	c = peek(lexer);
	*token = (struct kg_grub_token){
		.kind = KG_GRUB_END,
		.line = lexer->line,
		.start = lexer->at,
		.end = lexer->at,
	};
	if (!c) {
		/* Behind the last newline. */
		token->line--;
		return 0;
	}
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (c == marks[i].c) {
			token->kind = marks[i].kind;
			token->end++;
			advance(lexer);
			return 0;
		}
	}
	/* GRUB has tokens for them, and no statement that they are part of. */
	if (strchr("|&<>", c))
		return kg_fail(err, EBADMSG, "line %u: a %c outside of quotes", lexer->line, c);
	return read_word(lexer, token, err);
}
