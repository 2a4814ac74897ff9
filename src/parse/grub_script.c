// SPDX-License-Identifier: GPL-2.0-or-later
#include "grub_script.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grub_lexer.h"
#include "kernel-guard/core/buffer.h"

enum {
	max_text = 4 << 20,
	max_line = 1 << 20,
	max_depth = 64,
	max_words = 1000000,
};

struct parser {
	struct kg_grub_script *script;
	struct kg_grub_lexer lexer;
	struct kg_grub_token token; /* the next one */
	size_t end;                 /* of the one before it */
	struct kg_error *err;
	int depth;
};

/* A list of statements that grows at its end. */
struct list {
	uint32_t first;
	uint32_t last;
};

static const struct list empty_list = {KG_GRUB_NONE, KG_GRUB_NONE};

static int parse_command(struct parser *parser, uint32_t *index);

static int next(struct parser *parser)
{
	parser->end = parser->token.end;
	return kg_grub_lexer_next(&parser->lexer, &parser->token, parser->err);
}

static bool is_plain(const struct parser *parser, const char *text)
{
	struct kg_span plain = parser->token.plain;

	return parser->token.kind == KG_GRUB_WORD && plain.size == strlen(text) &&
	       kg_span_starts_with(plain, text, plain.size);
}

static int syntax_error(struct parser *parser, const char *expected)
{
	return kg_fail(parser->err, EBADMSG, "line %u: %s is expected", parser->token.line,
		       expected);
}

static int expect_plain(struct parser *parser, const char *text)
{
	return is_plain(parser, text) ? next(parser) : syntax_error(parser, text);
}

static bool is_any_of(const struct parser *parser, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_plain(parser, words[i]))
			return true;
	}
	return false;
}

/* Words that end a list of commands. */
static bool is_terminator(const struct parser *parser)
{
	static const char *const words[] = {"then", "else", "elif", "fi", "do", "done"};

	return parser->token.kind == KG_GRUB_CLOSING || parser->token.kind == KG_GRUB_END ||
	       is_any_of(parser, words, sizeof(words) / sizeof(words[0]));
}

/* Words that no plain command and no function may be called by. */
static bool is_reserved(const struct parser *parser)
{
	static const char *const words[] = {"case", "esac", "in",    "select", "[[", "]]",
					    "if",   "for",  "while", "until",  "function"};

	return is_terminator(parser) || is_any_of(parser, words, sizeof(words) / sizeof(words[0]));
}

static int add_node(struct parser *parser, enum kg_grub_node_kind kind, uint32_t *index)
{
	struct kg_grub_script *script = parser->script;

	if (kg_array_reserve(&script->nodes, &script->node_capacity, script->node_count,
			     sizeof(*script->nodes), parser->err) < 0)
		return -1;
	*index = (uint32_t)script->node_count++;
	script->nodes[*index] = (struct kg_grub_node){
		.kind = kind,
		.line = parser->token.line,
		.start = parser->token.start,
		.end = parser->token.end,
		.first_word = (uint32_t)script->word_count,
		.condition = KG_GRUB_NONE,
		.body = KG_GRUB_NONE,
		.otherwise = KG_GRUB_NONE,
		.next = KG_GRUB_NONE,
	};
	return 0;
}

/* Takes the token as a word of the node, whose words are the last ones. */
static int take_word(struct parser *parser, uint32_t node)
{
	struct kg_grub_script *script = parser->script;

	if (script->word_count >= max_words)
		return kg_fail(parser->err, EFBIG, "line %u: has more than %d words",
			       parser->token.line, max_words);
	if (kg_array_reserve(&script->words, &script->word_capacity, script->word_count,
			     sizeof(*script->words), parser->err) < 0)
		return -1;
	script->words[script->word_count++] = parser->token.word;
	script->nodes[node].word_count++;
	return next(parser);
}

/* Takes the token, which must be an identifier, as a word of the node. */
static int take_name(struct parser *parser, uint32_t node)
{
	struct kg_span plain = parser->token.plain;
	bool name = plain.size > 0 && !isdigit(plain.data[0]) && !is_reserved(parser);

	for (size_t i = 0; i < plain.size; i++)
		name = name && (isalnum(plain.data[i]) || plain.data[i] == '_');
	return name ? take_word(parser, node) : syntax_error(parser, "a name");
}

static int skip_newlines(struct parser *parser)
{
	while (parser->token.kind == KG_GRUB_NEWLINE) {
		if (next(parser) < 0)
			return -1;
	}
	return 0;
}

/* What ends a statement, with the newlines behind it. */
static int skip_delimiters(struct parser *parser, bool *found)
{
	*found = parser->token.kind == KG_GRUB_NEWLINE || parser->token.kind == KG_GRUB_SEMICOLON;
	if (*found && next(parser) < 0)
		return -1;
	return *found ? skip_newlines(parser) : 0;
}

static void append(struct kg_grub_script *script, struct list *list, uint32_t index)
{
	if (list->first == KG_GRUB_NONE)
		list->first = index;
	else
		script->nodes[list->last].next = index;
	list->last = index;
}

/* One command or more. With delimited set something must end the last of them. */
static int parse_commands(struct parser *parser, bool delimited, uint32_t *first)
{
	struct list list = empty_list;
	bool ended = true;

	if (++parser->depth > max_depth)
		return kg_fail(parser->err, EFBIG, "line %u: is nested deeper than %d levels",
			       parser->token.line, max_depth);
	if (skip_newlines(parser) < 0)
		return -1;
	while (ended && (list.first == KG_GRUB_NONE || !is_terminator(parser))) {
		uint32_t index;

		if (parse_command(parser, &index) < 0 || skip_delimiters(parser, &ended) < 0)
			return -1;
		append(parser->script, &list, index);
	}
	if (delimited && !ended)
		return syntax_error(parser, "; or a new line");
	parser->depth--;
	*first = list.first;
	return 0;
}

/* Commands between braces. */
static int parse_block(struct parser *parser, bool delimited, uint32_t *first)
{
	if (parser->token.kind != KG_GRUB_OPENING)
		return syntax_error(parser, "{");
	if (next(parser) < 0 || parse_commands(parser, delimited, first) < 0)
		return -1;
	return parser->token.kind == KG_GRUB_CLOSING ? next(parser) : syntax_error(parser, "}");
}

/* Behind "if" or "elif", up to "fi". */
static int parse_if(struct parser *parser, uint32_t *index)
{
	uint32_t condition;
	uint32_t body;
	uint32_t otherwise = KG_GRUB_NONE;
	int result = 0;

	if (add_node(parser, KG_GRUB_IF, index) < 0 || next(parser) < 0 ||
	    parse_commands(parser, true, &condition) < 0 || expect_plain(parser, "then") < 0 ||
	    parse_commands(parser, true, &body) < 0)
		return -1;
	if (is_plain(parser, "elif")) {
		if (++parser->depth > max_depth)
			return kg_fail(parser->err, EFBIG,
				       "line %u: is nested deeper than %d levels",
				       parser->token.line, max_depth);
		result = parse_if(parser, &otherwise);
		parser->depth--;
	} else {
		if (is_plain(parser, "else"))
			result = next(parser) < 0 ? -1 : parse_commands(parser, true, &otherwise);
		if (result == 0)
			result = expect_plain(parser, "fi");
	}
	parser->script->nodes[*index].condition = condition;
	parser->script->nodes[*index].body = body;
	parser->script->nodes[*index].otherwise = otherwise;
	return result;
}

/* "do", commands, "done". */
static int parse_loop_body(struct parser *parser, uint32_t index)
{
	uint32_t body;

	if (expect_plain(parser, "do") < 0 || parse_commands(parser, true, &body) < 0)
		return -1;
	parser->script->nodes[index].body = body;
	return expect_plain(parser, "done");
}

static int parse_while(struct parser *parser, bool until, uint32_t *index)
{
	uint32_t condition;

	if (add_node(parser, KG_GRUB_WHILE, index) < 0 || next(parser) < 0 ||
	    parse_commands(parser, true, &condition) < 0)
		return -1;
	parser->script->nodes[*index].until = until;
	parser->script->nodes[*index].condition = condition;
	return parse_loop_body(parser, *index);
}

static int parse_for(struct parser *parser, uint32_t *index)
{
	bool found;

	if (add_node(parser, KG_GRUB_FOR, index) < 0 || next(parser) < 0 ||
	    take_name(parser, *index) < 0 || expect_plain(parser, "in") < 0)
		return -1;
	while (parser->token.kind == KG_GRUB_WORD) {
		if (take_word(parser, *index) < 0)
			return -1;
	}
	if (skip_delimiters(parser, &found) < 0)
		return -1;
	return found ? parse_loop_body(parser, *index) : syntax_error(parser, "; or a new line");
}

static int parse_function(struct parser *parser, uint32_t *index)
{
	uint32_t body;

	if (add_node(parser, KG_GRUB_FUNCTION, index) < 0 || next(parser) < 0 ||
	    take_name(parser, *index) < 0 || skip_newlines(parser) < 0 ||
	    parse_block(parser, true, &body) < 0)
		return -1;
	parser->script->nodes[*index].body = body;
	return 0;
}

static int parse_command(struct parser *parser, uint32_t *index)
{
	uint32_t body;

	if (is_plain(parser, "if"))
		return parse_if(parser, index);
	if (is_plain(parser, "while") || is_plain(parser, "until"))
		return parse_while(parser, is_plain(parser, "until"), index);
	if (is_plain(parser, "for"))
		return parse_for(parser, index);
	if (parser->token.kind != KG_GRUB_WORD || is_reserved(parser))
		return syntax_error(parser, "a command");
	if (add_node(parser, KG_GRUB_COMMAND, index) < 0)
		return -1;
	while (parser->token.kind == KG_GRUB_WORD) {
		if (take_word(parser, *index) < 0)
			return -1;
	}
	parser->script->nodes[*index].end = parser->end;
	if (parser->token.kind != KG_GRUB_OPENING)
		return 0;
	if (parse_block(parser, false, &body) < 0)
		return -1;
	parser->script->nodes[*index].body = body;
	parser->script->nodes[*index].end = parser->end;
	return 0;
}

static int parse_all(struct parser *parser)
{
	struct list list = empty_list;

	if (next(parser) < 0 || skip_newlines(parser) < 0)
		return -1;
	while (parser->token.kind != KG_GRUB_END) {
		uint32_t index;
		bool found;
		int result = is_plain(parser, "function") ? parse_function(parser, &index)
							  : parse_command(parser, &index);

		if (result < 0 || skip_delimiters(parser, &found) < 0)
			return -1;
		if (!found)
			return syntax_error(parser, "; or a new line");
		append(parser->script, &list, index);
	}
	parser->script->first = list.first;
	return 0;
}

/* Before the size of the whole is looked at, so that a line can be named. */
static int check_lines(struct kg_span rest, struct kg_error *err)
{
	struct kg_span line;

	for (size_t number = 1; kg_span_next_line(&rest, &line); number++) {
		if (line.size > max_line)
			return kg_fail(err, EFBIG, "line %zu: has more than %d bytes", number,
				       max_line);
		if (line.size > 0 && memchr(line.data, '\0', line.size))
			return kg_fail(err, EBADMSG, "line %zu: holds a NUL byte", number);
	}
	return 0;
}

int kg_grub_script_copy(struct kg_span text, struct kg_grub_script *script, struct kg_error *err)
{
	if (check_lines(text, err) < 0)
		return -1;
	if (text.size > max_text)
		return kg_fail(err, EFBIG, "has more than %d bytes", max_text);
	script->text = malloc(text.size + 2);
	if (!script->text)
		return kg_fail_memory(err);
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] != '\r')
			script->text[script->size++] = (char)text.data[i];
	}
	if (script->size == 0 || script->text[script->size - 1] != '\n')
		script->text[script->size++] = '\n';
	script->text[script->size] = '\0';
	return 0;
}

int kg_grub_script_parse(struct kg_span text, struct kg_grub_script *script, struct kg_error *err)
{
	struct kg_grub_script parsed = {.first = KG_GRUB_NONE};
	struct parser parser = {
		.script = &parsed,
		.lexer = {.script = &parsed, .line = 1},
		.err = err,
	};

	if (kg_grub_script_copy(text, &parsed, err) < 0 || parse_all(&parser) < 0) {
		kg_grub_script_free(&parsed);
		return -1;
	}
	*script = parsed;
	return 0;
}

void kg_grub_script_free(struct kg_grub_script *script)
{
	free(script->text);
	free(script->pieces);
	free(script->words);
	free(script->nodes);
	*script = (struct kg_grub_script){.first = KG_GRUB_NONE};
}
