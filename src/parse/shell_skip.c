// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell_skip.h"

#include <ctype.h>
#include <string.h>

enum {
	max_nesting = 64,
	max_documents = 8,
	max_delimiter = 64,
};

/* The end of a here document that begins on the next line. */
struct document {
	char delimiter[max_delimiter];
	size_t length;
	bool strip_tabs; /* <<- */
};

struct skipper {
	struct kg_shell_cursor *cursor;
	kg_shell_word_visitor *visit;
	void *context;
	struct kg_error *err;
	bool failed; /* visit() has */
	bool lost;   /* more is nested than can be followed */
	int nesting; /* of quotes and parentheses */
	struct document documents[max_documents];
	size_t document_count;
};

/* A list of commands: a line, or what stands between parentheses. */
struct list {
	bool parenthesised;
	bool command; /* a word here would be a command's name, or a reserved word */
	bool joined;  /* the command goes on behind the end of the line */
	int names;    /* words that follow before a command can begin */
	size_t open_count;
	char open[max_nesting]; /* compound commands: the first letter of each */
};

static void skip_list(struct skipper *skipper, bool parenthesised);
static void skip_dollar(struct skipper *skipper, bool quoted);

static bool at_end(const struct skipper *skipper)
{
	return skipper->failed || skipper->lost || skipper->cursor->at >= skipper->cursor->size;
}

static char peek(const struct skipper *skipper)
{
	return at_end(skipper) ? '\0' : kg_shell_peek(skipper->cursor);
}

static char peek_second(const struct skipper *skipper)
{
	struct kg_shell_cursor probe = *skipper->cursor;

	probe.at++;
	return at_end(skipper) ? '\0' : kg_shell_peek(&probe);
}

static void advance(struct skipper *skipper, int count)
{
	while (count-- > 0)
		kg_shell_advance(skipper->cursor);
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static void enter(struct skipper *skipper)
{
	if (++skipper->nesting > max_nesting)
		skipper->lost = true;
}

static void visit(struct skipper *skipper, size_t start, enum kg_shell_word kind)
{
	const struct kg_shell_cursor *cursor = skipper->cursor;

	if (skipper->visit(skipper->context, cursor->text + start, cursor->at - start, kind,
			   skipper->err) < 0)
		skipper->failed = true;
}

static void skip_line(struct skipper *skipper)
{
	while (!at_end(skipper) && peek(skipper) != '\n')
		advance(skipper, 1);
}

/* At the first of two same bytes, between which a backslash escapes or not. */
static void skip_quotes(struct skipper *skipper, bool escapes)
{
	char quote = peek(skipper);

	advance(skipper, 1);
	while (!at_end(skipper) && peek(skipper) != quote)
		advance(skipper, escapes && peek(skipper) == '\\' ? 2 : 1);
	advance(skipper, 1);
}

static void skip_double_quotes(struct skipper *skipper)
{
	enter(skipper);
	advance(skipper, 1);
	while (!at_end(skipper) && peek(skipper) != '"') {
		if (peek(skipper) == '$')
			skip_dollar(skipper, true);
		else if (peek(skipper) == '`')
			skip_quotes(skipper, true);
		else
			advance(skipper, peek(skipper) == '\\' ? 2 : 1);
	}
	advance(skipper, 1);
	skipper->nesting--;
}

/* One character of a word, or all that a quote or an expansion spans. */
static void skip_piece(struct skipper *skipper, bool quoted)
{
	switch (peek(skipper)) {
	case '\'':
		if (quoted)
			advance(skipper, 1);
		else
			skip_quotes(skipper, false);
		break;
	case '"':
		skip_double_quotes(skipper);
		break;
	case '`':
		skip_quotes(skipper, true);
		break;
	case '$':
		skip_dollar(skipper, quoted);
		break;
	case '\\':
		advance(skipper, 2);
		break;
	default:
		advance(skipper, 1);
		break;
	}
}

static void skip_identifier(struct skipper *skipper)
{
	while (isalnum((unsigned char)peek(skipper)) || peek(skipper) == '_')
		advance(skipper, 1);
}

/* Behind "${", where a single quote is one even within double quotes. */
static void skip_parameter(struct skipper *skipper)
{
	size_t start = skipper->cursor->at;

	enter(skipper);
	skip_identifier(skipper);
	/* ${NAME=word} and ${NAME:=word} assign. */
	if (peek(skipper) == '=' || (peek(skipper) == ':' && peek_second(skipper) == '='))
		visit(skipper, start, KG_SHELL_ASSIGNED);
	while (!at_end(skipper) && peek(skipper) != '}')
		skip_piece(skipper, false);
	advance(skipper, 1);
	skipper->nesting--;
}

/* At "((". Every name there may be assigned to. */
static void skip_arithmetic(struct skipper *skipper)
{
	int open = 0;

	enter(skipper);
	do {
		char c = peek(skipper);

		if (c == '(')
			open++;
		else if (c == ')')
			open--;
		if (isalnum((unsigned char)c) || c == '_') {
			size_t start = skipper->cursor->at;

			skip_identifier(skipper);
			visit(skipper, start, KG_SHELL_ASSIGNED);
		} else {
			skip_piece(skipper, false);
		}
	} while (open > 0 && !at_end(skipper));
	skipper->nesting--;
}

/* At "$". */
static void skip_dollar(struct skipper *skipper, bool quoted)
{
	advance(skipper, 1);
	if (peek(skipper) == '{') {
		advance(skipper, 1);
		skip_parameter(skipper);
	} else if (peek(skipper) == '(' && peek_second(skipper) == '(') {
		skip_arithmetic(skipper);
	} else if (peek(skipper) == '(') {
		advance(skipper, 1);
		skip_list(skipper, true);
	} else if (peek(skipper) == '\'' && !quoted) {
		skip_quotes(skipper, true);
	}
}

/* At "[", which the shell reads to its "]" whatever stands between. */
static void skip_subscript(struct skipper *skipper)
{
	int open = 0;

	do {
		if (peek(skipper) == '[')
			open++;
		else if (peek(skipper) == ']')
			open--;
		skip_piece(skipper, false);
	} while (open > 0 && !at_end(skipper));
}

/* At the "(" of NAME=(…). */
static void skip_array(struct skipper *skipper)
{
	enter(skipper);
	advance(skipper, 1);
	for (;;) {
		while (is_one_of(peek(skipper), " \t\r\n") ||
		       (peek(skipper) == '\\' && peek_second(skipper) == '\n'))
			advance(skipper, peek(skipper) == '\\' ? 2 : 1);
		if (at_end(skipper) || peek(skipper) == ')')
			break;
		if (peek(skipper) == '#')
			skip_line(skipper);
		else if (peek(skipper) == '[')
			skip_subscript(skipper);
		while (!at_end(skipper) && !is_one_of(peek(skipper), " \t\r\n)"))
			skip_piece(skipper, false);
	}
	advance(skipper, 1);
	skipper->nesting--;
}

static void skip_word(struct skipper *skipper)
{
	size_t start = skipper->cursor->at;

	while (!at_end(skipper)) {
		size_t at = skipper->cursor->at;

		if (peek(skipper) == '(' && at > start && skipper->cursor->text[at - 1] == '=')
			skip_array(skipper);
		else if (is_one_of(peek(skipper), " \t\r\n;&|()<>"))
			break;
		else
			skip_piece(skipper, false);
	}
}

/* Behind "<<". The word's quotes are no part of the delimiter. */
static void read_delimiter(struct skipper *skipper)
{
	struct document document = {.strip_tabs = peek(skipper) == '-'};
	const struct kg_shell_cursor *cursor = skipper->cursor;
	size_t start;

	if (document.strip_tabs)
		advance(skipper, 1);
	while (is_one_of(peek(skipper), " \t"))
		advance(skipper, 1);
	start = cursor->at;
	skip_word(skipper);
	for (size_t at = start; at < cursor->at && document.length < max_delimiter; at++) {
		if (!is_one_of(cursor->text[at], "'\"\\"))
			document.delimiter[document.length++] = cursor->text[at];
	}
	if (document.length == 0 || document.length == max_delimiter ||
	    skipper->document_count == max_documents)
		skipper->lost = true;
	else
		skipper->documents[skipper->document_count++] = document;
}

/* Behind the newline that ends a line with here documents. */
static void skip_documents(struct skipper *skipper)
{
	const struct kg_shell_cursor *cursor = skipper->cursor;

	for (size_t i = 0; i < skipper->document_count; i++) {
		const struct document *document = &skipper->documents[i];
		bool ended = false;

		while (!ended && !at_end(skipper)) {
			size_t start;

			while (document->strip_tabs && peek(skipper) == '\t')
				advance(skipper, 1);
			start = cursor->at;
			skip_line(skipper);
			ended = cursor->at - start == document->length &&
				memcmp(cursor->text + start, document->delimiter,
				       document->length) == 0;
			advance(skipper, 1);
		}
	}
	skipper->document_count = 0;
}

static void skip_redirection(struct skipper *skipper)
{
	if (peek(skipper) == '<' && peek_second(skipper) == '<') {
		advance(skipper, 2);
		if (peek(skipper) != '<')
			read_delimiter(skipper);
		return;
	}
	while (is_one_of(peek(skipper), "<>&|"))
		advance(skipper, 1);
}

static void open_compound(struct skipper *skipper, struct list *list, char letter)
{
	if (list->open_count == max_nesting)
		skipper->lost = true;
	else
		list->open[list->open_count++] = letter;
}

static bool is_open(const struct list *list, char letter)
{
	return list->open_count > 0 && list->open[list->open_count - 1] == letter;
}

/* A word where a command's name is expected. */
static void read_command_word(struct skipper *skipper, struct list *list, const char *text,
			      size_t length)
{
	static const struct {
		const char *text;
		char opens;
		char closes;
		bool command; /* another comes next */
		int names;    /* or these words, and then one does */
	} words[] = {
		{"if", 'i', 0, true, 0},    {"fi", 0, 'i', false, 0},     {"then", 0, 0, true, 0},
		{"case", 'c', 0, false, 2}, {"esac", 0, 'c', false, 0},   {"else", 0, 0, true, 0},
		{"do", 'd', 0, true, 0},    {"done", 0, 'd', false, 0},   {"elif", 0, 0, true, 0},
		{"{", '{', 0, true, 0},     {"}", 0, '{', false, 0},      {"while", 0, 0, true, 0},
		{"for", 0, 0, false, 1},    {"select", 0, 0, false, 1},   {"until", 0, 0, true, 0},
		{"!", 0, 0, true, 0},       {"function", 0, 0, false, 1}, {"time", 0, 0, true, 0},
		{"coproc", 0, 0, true, 0},
	};

	list->command = false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].text) != length || memcmp(text, words[i].text, length) != 0)
			continue;
		if (words[i].opens)
			open_compound(skipper, list, words[i].opens);
		if (words[i].closes && is_open(list, words[i].closes))
			list->open_count--;
		list->command = words[i].command;
		list->names = words[i].names;
		break;
	}
}

static void read_word(struct skipper *skipper, struct list *list)
{
	size_t start = skipper->cursor->at;
	const char *word = skipper->cursor->text + start;
	bool command = list->command;
	bool named = list->names > 0;

	skip_word(skipper);
	list->joined = false;
	if (named)
		list->command = --list->names == 0;
	else if (command && !(is_open(list, 'c') && is_one_of(peek(skipper), ")|")))
		read_command_word(skipper, list, word, skipper->cursor->at - start);
	else
		list->command = false;
	visit(skipper, start,
	      named     ? KG_SHELL_ASSIGNED
	      : command ? KG_SHELL_COMMAND
			: KG_SHELL_ARGUMENT);
}

/* Between two commands of the list. */
static void separate(struct list *list, bool joined)
{
	list->command = true;
	list->joined = joined;
	list->names = 0;
}

/* At "(": a function's, arithmetic, or a list of its own. */
static void skip_parentheses(struct skipper *skipper, struct list *list)
{
	bool function = peek_second(skipper) == ')';

	if (peek_second(skipper) == '(') {
		skip_arithmetic(skipper);
	} else {
		advance(skipper, 1);
		skip_list(skipper, true);
	}
	separate(list, function);
}

/* At one of the bytes that are no part of a word. False where the list has ended. */
static bool read_operator(struct skipper *skipper, struct list *list)
{
	char c = peek(skipper);
	bool twice = c == peek_second(skipper);

	switch (c) {
	case '(':
		skip_parentheses(skipper, list);
		return true;
	case ')':
		advance(skipper, 1);
		if (list->parenthesised && !is_open(list, 'c'))
			return false;
		separate(list, false);
		return true;
	case '<':
	case '>':
		skip_redirection(skipper);
		return true;
	case '&':
	case '|':
		advance(skipper, twice ? 2 : 1);
		separate(list, twice || c == '|');
		return true;
	case '\n':
		advance(skipper, 1);
		skip_documents(skipper);
		if (!list->parenthesised && list->open_count == 0 && !list->joined)
			return false;
		separate(list, list->joined);
		return true;
	default: /* ";" */
		advance(skipper, 1);
		separate(list, false);
		return true;
	}
}

static void skip_list(struct skipper *skipper, bool parenthesised)
{
	struct list list = {.parenthesised = parenthesised, .command = true};

	enter(skipper);
	while (!at_end(skipper)) {
		char c = peek(skipper);

		if (is_one_of(c, " \t\r")) {
			advance(skipper, 1);
		} else if (c == '\\' && peek_second(skipper) == '\n') {
			advance(skipper, 2);
		} else if (c == '#') {
			skip_line(skipper);
		} else if (is_one_of(c, "\n;&|()<>")) {
			if (!read_operator(skipper, &list))
				break;
		} else {
			read_word(skipper, &list);
		}
	}
	skipper->nesting--;
}

int kg_shell_skip_statement(struct kg_shell_cursor *cursor, kg_shell_word_visitor *visit_word,
			    void *context, struct kg_error *err)
{
	static const char anything[] = "eval";
	struct skipper skipper = {
		.cursor = cursor,
		.visit = visit_word,
		.context = context,
		.err = err,
	};

	skip_list(&skipper, false);
	if (skipper.failed)
		return -1;
	if (!skipper.lost)
		return 0;
	cursor->at = cursor->size;
	return visit_word(context, anything, strlen(anything), KG_SHELL_COMMAND, err);
}
