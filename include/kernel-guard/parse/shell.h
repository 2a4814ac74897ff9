/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_SHELL_H
#define KERNEL_GUARD_PARSE_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

/* A variable that has been assigned. A scalar is an array of one. */
struct kg_shell_variable {
	char *name;
	struct kg_strings values;
	/* A statement that could not be read may have changed it as well. */
	bool uncertain;
};

/* A statement that could not be read. */
struct kg_shell_unread {
	char *file;
	size_t line; /* the first is 1 */
	char *text;  /* its first line, at most 200 bytes */
};

/* What assignments leave behind. A zeroed one is valid and empty. */
struct kg_shell {
	struct kg_shell_variable *variables;
	size_t variable_count;
	size_t variable_capacity;
	struct kg_shell_unread *unread;
	size_t unread_count;
	size_t unread_capacity;
	/* A statement that could not be read may have assigned any variable. */
	bool uncertain;
	/* Set by a caller that would rather guess: $NAME is the last value read, if any. */
	bool guess;
};

/*
 * Reads the assignments of a configuration file that is shell code (bash(1),
 * "PARAMETERS" and "Arrays"): NAME=word, NAME+=word, NAME=(words), NAME+=(words),
 * NAME[number]=word that leaves no gap, with quotes, escapes, comments, brace lists, and $NAME,
 * ${NAME}, ${NAME[@]} of variables assigned before. Nothing is executed. Every
 * other statement, a whole compound command being one, is added to unread, and
 * the variables that it may assign become uncertain. Called again it goes on with
 * the same variables, as a drop-in file would. file names it in unread. 0, or -1:
 * ENOMEM, or EFBIG where the text has more than 256 KiB or more than 10000
 * variables or unread statements.
 */
int kg_shell_read(struct kg_shell *shell, const char *file, struct kg_span text,
		  struct kg_error *err);

/* The variable of this name, or NULL where it has never been assigned. */
const struct kg_shell_variable *kg_shell_get(const struct kg_shell *shell, const char *name);

/* The first value of the variable; NULL where it is unset or empty. */
const char *kg_shell_value(const struct kg_shell *shell, const char *name);

/* Frees everything and leaves a valid empty one. */
void kg_shell_free(struct kg_shell *shell);

#endif
