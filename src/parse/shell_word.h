/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SHELL_WORD_H
#define KERNEL_GUARD_SRC_PARSE_SHELL_WORD_H

#include "kernel-guard/parse/shell.h"

/* A place in the text that is read. */
struct kg_shell_cursor {
	const char *text;
	size_t size;
	size_t at;
	size_t line; /* of at; the first is 1 */
	/* Bytes that words have been expanded to so far, which bounds the work. */
	size_t expanded;
};

enum kg_shell_result {
	KG_SHELL_READ,
	KG_SHELL_BEYOND, /* not within what this reader understands */
	KG_SHELL_FAILED, /* err is filled */
};

/* The byte at the cursor, '\0' at the end. */
char kg_shell_peek(const struct kg_shell_cursor *cursor);

/* Moves over one byte, counting lines. */
void kg_shell_advance(struct kg_shell_cursor *cursor);

/*
 * Reads the word at the cursor and adds what it expands to, none to many strings,
 * to words. With scalar set it is the right side of an assignment: one string, no
 * word splitting, no brace lists.
 */
enum kg_shell_result kg_shell_read_word(const struct kg_shell *shell,
					struct kg_shell_cursor *cursor, bool scalar,
					struct kg_strings *words, struct kg_error *err);

#endif
