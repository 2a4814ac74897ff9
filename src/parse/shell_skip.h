/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SHELL_SKIP_H
#define KERNEL_GUARD_SRC_PARSE_SHELL_SKIP_H

#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "shell_word.h"

/* What a word of a statement that is moved over is. */
enum kg_shell_word {
	KG_SHELL_ARGUMENT,
	KG_SHELL_COMMAND,  /* it stands where a command's name does */
	KG_SHELL_ASSIGNED, /* the name of a variable that is assigned to */
};

/* Is told of every such word. 0, or -1 to stop. */
typedef int kg_shell_word_visitor(void *context, const char *word, size_t length,
				  enum kg_shell_word kind, struct kg_error *err);

/*
 * Moves over the statement at the cursor (bash(1), "SHELL GRAMMAR"): to the end of
 * its line, and on while something is open there: a compound command, a function,
 * parentheses, quotes, a here document, a pipeline or a list that goes on. Where
 * more is nested than can be followed, that is to the end of the text, and visit()
 * is told of an "eval". 0, or -1 with what visit() failed with.
 */
int kg_shell_skip_statement(struct kg_shell_cursor *cursor, kg_shell_word_visitor *visit,
			    void *context, struct kg_error *err);

#endif
