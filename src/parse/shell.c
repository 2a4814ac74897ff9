// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/shell.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "shell_skip.h"
#include "shell_word.h"

enum {
	max_text = 256 << 10,
	max_entries = 10000,
	max_index = 1024,
	max_unread_text = 200,
};

/* The left side of an assignment. */
struct target {
	char *name;
	bool append;   /* += */
	bool indexed;  /* NAME[index] */
	bool exported; /* an argument of export */
	size_t index;
};

static struct kg_shell_variable *find(const struct kg_shell *shell, const char *name)
{
	for (size_t i = 0; i < shell->variable_count; i++) {
		if (strcmp(shell->variables[i].name, name) == 0)
			return &shell->variables[i];
	}
	return NULL;
}

/* The variable of this name, made where it is not there. NULL, and err, on failure. */
static struct kg_shell_variable *obtain(struct kg_shell *shell, const char *name,
					struct kg_error *err)
{
	struct kg_shell_variable *variable = find(shell, name);
	char *copy;

	if (variable)
		return variable;
	if (shell->variable_count >= max_entries) {
		kg_fail(err, EFBIG, "assigns more than %d variables", max_entries);
		return NULL;
	}
	if (kg_array_reserve(&shell->variables, &shell->variable_capacity, shell->variable_count,
			     sizeof(*shell->variables), err) < 0)
		return NULL;
	copy = kg_copy_string(name, err);
	if (!copy)
		return NULL;
	variable = &shell->variables[shell->variable_count++];
	*variable = (struct kg_shell_variable){.name = copy, .uncertain = shell->uncertain};
	return variable;
}

static int concatenate(char **text, const char *more, struct kg_error *err)
{
	char *joined = kg_format(err, "%s%s", *text, more);

	if (!joined)
		return -1;
	free(*text);
	*text = joined;
	return 0;
}

static int store_indexed(struct kg_shell_variable *variable, size_t index, const char *text,
			 bool append, struct kg_error *err)
{
	char *copy;

	while (variable->values.count <= index) {
		if (kg_strings_add(&variable->values, "", err) < 0)
			return -1;
	}
	if (append)
		return concatenate(&variable->values.items[index], text, err);
	copy = kg_copy_string(text, err);
	if (!copy)
		return -1;
	free(variable->values.items[index]);
	variable->values.items[index] = copy;
	return 0;
}

static int store(struct kg_shell *shell, const struct target *target, bool array,
		 const struct kg_strings *words, struct kg_error *err)
{
	struct kg_shell_variable *variable = obtain(shell, target->name, err);

	if (!variable)
		return -1;
	/* NAME=word is NAME[0]=word, which leaves other elements as they may be. */
	if (array && !target->append)
		variable->uncertain = false;
	if (!array)
		return store_indexed(variable, target->index, words->items[0], target->append, err);
	if (!target->append)
		kg_strings_free(&variable->values);
	return kg_strings_add_all(&variable->values, words, err);
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/*
 * Reads NAME=, NAME+= or NAME[number]= at the cursor. The cursor stays where it is
 * when there is none; target->name, which the caller frees, is NULL then.
 */
static int read_target(struct kg_shell_cursor *cursor, struct target *target, struct kg_error *err)
{
	struct kg_shell_cursor probe = *cursor;
	size_t length;

	*target = (struct target){0};
	if (isdigit((unsigned char)kg_shell_peek(&probe)))
		return 0;
	while (is_name_byte(kg_shell_peek(&probe)))
		kg_shell_advance(&probe);
	length = probe.at - cursor->at;
	if (length > 0 && kg_shell_peek(&probe) == '[') {
		target->indexed = true;
		kg_shell_advance(&probe);
		/* A number with a leading zero would be octal. */
		if (!isdigit((unsigned char)kg_shell_peek(&probe)) ||
		    (kg_shell_peek(&probe) == '0' && probe.at + 1 < probe.size &&
		     isdigit((unsigned char)probe.text[probe.at + 1])))
			return 0;
		while (isdigit((unsigned char)kg_shell_peek(&probe))) {
			target->index = target->index * 10 +
					(size_t)(kg_shell_peek(&probe) - '0');
			if (target->index > max_index)
				return 0;
			kg_shell_advance(&probe);
		}
		if (kg_shell_peek(&probe) != ']')
			return 0;
		kg_shell_advance(&probe);
	}
	if (kg_shell_peek(&probe) == '+') {
		target->append = true;
		kg_shell_advance(&probe);
	}
	if (length == 0 || kg_shell_peek(&probe) != '=')
		return 0;
	kg_shell_advance(&probe);
	target->name = kg_span_copy_string(kg_span_of(cursor->text + cursor->at, length), err);
	*cursor = probe;
	return target->name ? 0 : -1;
}

static void skip_line(struct kg_shell_cursor *cursor)
{
	while (kg_shell_peek(cursor) != '\n' && cursor->at < cursor->size)
		kg_shell_advance(cursor);
}

/* Blanks, and a backslash with its newline. */
static void skip_blanks(struct kg_shell_cursor *cursor, const char *blanks)
{
	for (;;) {
		char c = kg_shell_peek(cursor);

		if (c == '\\' && cursor->at + 1 < cursor->size &&
		    cursor->text[cursor->at + 1] == '\n')
			kg_shell_advance(cursor);
		else if (c == '\0' || !strchr(blanks, c))
			return;
		kg_shell_advance(cursor);
	}
}

/* Behind "(". */
static enum kg_shell_result read_array(const struct kg_shell *shell,
				       struct kg_shell_cursor *cursor, struct kg_strings *words,
				       struct kg_error *err)
{
	for (;;) {
		enum kg_shell_result result;
		char c;

		skip_blanks(cursor, " \t\r\n");
		c = kg_shell_peek(cursor);
		if (c == ')') {
			kg_shell_advance(cursor);
			return KG_SHELL_READ;
		}
		if (c == '#') {
			skip_line(cursor);
			continue;
		}
		/* [key]=value elements, or an array that does not end. */
		if (c == '\0' || c == '[' || c == ';')
			return KG_SHELL_BEYOND;
		result = kg_shell_read_word(shell, cursor, false, words, err);
		if (result != KG_SHELL_READ)
			return result;
	}
}

/* Whether nothing but a comment or a separator follows on the line. */
static bool statement_ends(struct kg_shell_cursor *cursor)
{
	char c;

	skip_blanks(cursor, " \t\r");
	c = kg_shell_peek(cursor);
	return cursor->at >= cursor->size || c == '\n' || c == ';' || c == '#';
}

/* An array with gaps is not told from one with empty elements. */
static bool leaves_gap(const struct kg_shell *shell, const struct target *target)
{
	const struct kg_shell_variable *variable = find(shell, target->name);

	return target->index > (variable ? variable->values.count : 0);
}

/* The arguments of export undergo what other words do: no elements, and brace lists. */
static bool is_no_export(const struct target *target, const struct kg_shell_cursor *start,
			 const struct kg_shell_cursor *end)
{
	if (target->exported && target->indexed)
		return true;
	for (size_t at = start->at; target->exported && at < end->at; at++) {
		if (start->text[at] == '{' && start->text[at - 1] != '$')
			return true;
	}
	return false;
}

static enum kg_shell_result read_assignment(struct kg_shell *shell, struct kg_shell_cursor *cursor,
					    const struct target *target, struct kg_error *err)
{
	struct kg_strings words = {0};
	struct kg_shell_cursor start = *cursor;
	bool array = kg_shell_peek(cursor) == '(' && !target->indexed;
	enum kg_shell_result result;

	if (array) {
		kg_shell_advance(cursor);
		result = read_array(shell, cursor, &words, err);
	} else {
		result = kg_shell_read_word(shell, cursor, true, &words, err);
	}
	if (result == KG_SHELL_READ &&
	    (!statement_ends(cursor) || leaves_gap(shell, target) ||
	     (!array && is_no_export(target, &start, cursor))))
		result = KG_SHELL_BEYOND;
	if (result == KG_SHELL_READ && store(shell, target, array, &words, err) < 0)
		result = KG_SHELL_FAILED;
	kg_strings_free(&words);
	return result;
}

/*
 * The name in "NAME=…" and its like, or of a word that is nothing but a name. The
 * caller frees it. NULL where there is none.
 */
static int assigned_name(const char *word, size_t length, bool bare, char **name,
			 struct kg_error *err)
{
	struct kg_shell_cursor cursor = {.text = word, .size = length, .line = 1};
	struct target target;
	size_t end = 0;

	if (read_target(&cursor, &target, err) < 0)
		return -1;
	*name = target.name;
	while (end < length && is_name_byte(word[end]))
		end++;
	/* What stands between brackets may hold blanks, and be several words here. */
	if (*name || end == 0 || isdigit((unsigned char)word[0]) ||
	    !(end < length ? word[end] == '[' : bare))
		return 0;
	*name = kg_span_copy_string(kg_span_of(word, end), err);
	return *name ? 0 : -1;
}

static bool is_text(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && memcmp(word, text, length) == 0;
}

static bool runs_other_code(const char *word, size_t length)
{
	return is_text(word, length, ".") || is_text(word, length, "source") ||
	       is_text(word, length, "eval");
}

static bool assigns_arguments(const char *word, size_t length)
{
	static const char *const commands[] = {"read", "mapfile", "readarray", "printf", "getopts",
					       "let"};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (is_text(word, length, commands[i]))
			return true;
	}
	return false;
}

/* Of a statement that is not read: where its words are looked at. */
struct unread_statement {
	struct kg_shell *shell;
	bool assigning; /* the command assigns to the variables that its arguments name */
};

/* Marks the variables that a word of a statement that is not read may change. */
static int mark_uncertain(void *context, const char *word, size_t length, enum kg_shell_word kind,
			  struct kg_error *err)
{
	struct unread_statement *statement = context;
	struct kg_shell *shell = statement->shell;
	struct kg_shell_variable *variable = NULL;
	char *name = NULL;
	bool other_code;

	if (kind == KG_SHELL_COMMAND)
		statement->assigning = assigns_arguments(word, length);
	if (assigned_name(word, length, kind == KG_SHELL_ASSIGNED || statement->assigning, &name,
			  err) < 0)
		return -1;
	if (name) {
		variable = obtain(shell, name, err);
		free(name);
		if (!variable)
			return -1;
		variable->uncertain = true;
		return 0;
	}
	/* "unset NAME"; what "source" and "eval" do is unknown. */
	other_code = kind == KG_SHELL_COMMAND && runs_other_code(word, length);
	shell->uncertain |= other_code;
	for (size_t i = 0; i < shell->variable_count; i++) {
		if (other_code || is_text(word, length, shell->variables[i].name))
			shell->variables[i].uncertain = true;
	}
	return 0;
}

static int record_unread(struct kg_shell *shell, const char *file,
			 const struct kg_shell_cursor *start, struct kg_error *err)
{
	const char *text = start->text + start->at;
	size_t left = start->size - start->at;
	const char *end = memchr(text, '\n', left);
	size_t length = end ? (size_t)(end - text) : left;
	struct kg_shell_unread unread = {.line = start->line};

	if (shell->unread_count >= max_entries)
		return kg_fail(err, EFBIG, "has more than %d statements that cannot be read",
			       max_entries);
	if (kg_array_reserve(&shell->unread, &shell->unread_capacity, shell->unread_count,
			     sizeof(*shell->unread), err) < 0)
		return -1;
	if (length > max_unread_text)
		length = max_unread_text;
	unread.file = kg_copy_string(file, err);
	unread.text = kg_span_copy_string(kg_span_of(text, length), err);
	if (!unread.file || !unread.text) {
		free(unread.file);
		free(unread.text);
		return -1;
	}
	shell->unread[shell->unread_count++] = unread;
	return 0;
}

static int read_statement(struct kg_shell *shell, const char *file, struct kg_shell_cursor *cursor,
			  struct kg_error *err)
{
	static const char export_word[] = "export ";
	struct kg_shell_cursor start = *cursor;
	enum kg_shell_result result = KG_SHELL_BEYOND;
	struct target target;
	bool exported = cursor->size - cursor->at > strlen(export_word) &&
			strncmp(cursor->text + cursor->at, export_word, strlen(export_word)) == 0;

	if (exported)
		cursor->at += strlen(export_word);
	if (read_target(cursor, &target, err) < 0)
		return -1;
	target.exported = exported;
	if (target.name)
		result = read_assignment(shell, cursor, &target, err);
	free(target.name);
	if (result == KG_SHELL_READ)
		return 0;
	if (result == KG_SHELL_FAILED)
		return -1;
	start.expanded = cursor->expanded;
	*cursor = start;
	if (record_unread(shell, file, cursor, err) < 0)
		return -1;
	return kg_shell_skip_statement(cursor, mark_uncertain,
				       &(struct unread_statement){.shell = shell}, err);
}

int kg_shell_read(struct kg_shell *shell, const char *file, struct kg_span text,
		  struct kg_error *err)
{
	struct kg_shell_cursor cursor = {
		.text = (const char *)text.data,
		.size = text.size,
		.line = 1,
	};

	if (text.size > max_text)
		return kg_fail(err, EFBIG, "%s: has more than %d bytes", file, max_text);
	for (;;) {
		skip_blanks(&cursor, " \t\r\n;");
		if (cursor.at >= cursor.size)
			return 0;
		if (kg_shell_peek(&cursor) == '#') {
			skip_line(&cursor);
			continue;
		}
		if (read_statement(shell, file, &cursor, err) < 0)
			return -1;
	}
}

const struct kg_shell_variable *kg_shell_get(const struct kg_shell *shell, const char *name)
{
	return find(shell, name);
}

const char *kg_shell_value(const struct kg_shell *shell, const char *name)
{
	const struct kg_shell_variable *variable = find(shell, name);

	if (!variable || variable->values.count == 0 || variable->values.items[0][0] == '\0')
		return NULL;
	return variable->values.items[0];
}

void kg_shell_free(struct kg_shell *shell)
{
	for (size_t i = 0; i < shell->variable_count; i++) {
		free(shell->variables[i].name);
		kg_strings_free(&shell->variables[i].values);
	}
	for (size_t i = 0; i < shell->unread_count; i++) {
		free(shell->unread[i].file);
		free(shell->unread[i].text);
	}
	free(shell->variables);
	free(shell->unread);
	*shell = (struct kg_shell){0};
}
