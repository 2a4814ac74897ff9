/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_SHELL_FIXTURE_H
#define KERNEL_GUARD_TESTS_UNIT_SHELL_FIXTURE_H

#include "fixture.h"
#include "kernel-guard/parse/shell.h"

static struct kg_shell shell;

static inline int empty_shell(void **state)
{
	(void)state;
	kg_shell_free(&shell);
	return 0;
}

static inline void read_bytes(const char *text, size_t size)
{
	struct kg_span exact = unit_copy(kg_span_of(text, size));
	struct kg_error err = unit_no_error();

	assert_ok(kg_shell_read(&shell, "file", exact, &err), err);
	unit_free(exact);
}

static inline void read_text(const char *text)
{
	read_bytes(text, strlen(text));
}

/* The values as "<a><b>", with a "?" in front where they are uncertain. */
static inline void assert_values(const char *name, const char *expected)
{
	const struct kg_shell_variable *variable = kg_shell_get(&shell, name);
	const char *values = variable && variable->uncertain ? "?" : "";

	if (!variable)
		unit_fail("%s is not assigned", name);
	for (size_t i = 0; i < variable->values.count; i++)
		values = unit_text("%s<%s>", values, variable->values.items[i]);
	assert_string_equal(values, expected);
}

/* The unread statements as "line: text", one a line. */
static inline void assert_unread(const char *expected)
{
	const char *all = "";

	for (size_t i = 0; i < shell.unread_count; i++) {
		assert_string_equal(shell.unread[i].file, "file");
		all = unit_text("%s%zu: %s\n", all, shell.unread[i].line, shell.unread[i].text);
	}
	assert_string_equal(all, expected);
}

static inline void assert_beyond(const char *statement)
{
	kg_shell_free(&shell);
	read_text(unit_text("BEFORE=1\n%s\nAFTER=2\n", statement));
	assert_int_equal(shell.unread_count, 1);
	assert_string_equal(shell.unread[0].text,
			    unit_text("%.*s", (int)strcspn(statement, "\n"), statement));
	assert_int_equal(shell.unread[0].line, 2);
	assert_values("BEFORE", "<1>");
	assert_values("AFTER", "<2>");
}

#endif
