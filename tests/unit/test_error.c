// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

static void failure_has_code_and_text(void **state)
{
	struct kg_error err = unit_no_error();

	(void)state;
	assert_int_equal(kg_fail(&err, EBADMSG, "%s: %d", "two", 2), -1);
	assert_int_equal(err.code, EBADMSG);
	assert_string_equal(err.message, "two: 2");
}

static void failure_of_memory(void **state)
{
	struct kg_error err = unit_no_error();

	(void)state;
	assert_int_equal(kg_fail_memory(&err), -1);
	assert_int_equal(err.code, ENOMEM);
	assert_string_equal(err.message, "out of memory");
}

static void long_text_is_cut(void **state)
{
	struct kg_error err = unit_no_error();
	char text[2 * sizeof(err.message)];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(kg_fail(&err, EIO, "%s", text), -1);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_int_equal(strspn(err.message, "x"), sizeof(err.message) - 1);
}

static void prefix_keeps_the_code(void **state)
{
	struct kg_error err = unit_no_error();

	(void)state;
	kg_fail(&err, ENOENT, "no such file");
	assert_int_equal(kg_prefix(&err, "%s:%d", "/boot/vmlinuz", 7), -1);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.message, "/boot/vmlinuz:7: no such file");
	kg_prefix(&err, "outer");
	assert_string_equal(err.message, "outer: /boot/vmlinuz:7: no such file");
}

static void prefix_pushes_a_long_text_out(void **state)
{
	struct kg_error err = unit_no_error();
	char text[sizeof(err.message)];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	kg_fail(&err, EIO, "%s", text);
	kg_prefix(&err, "name");
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_memory_equal(err.message, "name: xxx", 9);
	kg_fail(&err, EIO, "reason");
	kg_prefix(&err, "%s", text);
	assert_string_equal(err.message, text);
}

static void prefix_leaves_room_for_the_separator_only(void **state)
{
	struct kg_error err = unit_no_error();
	char text[sizeof(err.message) - 2];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	kg_fail(&err, EIO, "reason");
	kg_prefix(&err, "%s", text);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_string_equal(err.message + sizeof(text) - 1, ": ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failure_has_code_and_text),
		cmocka_unit_test(failure_of_memory),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(prefix_keeps_the_code),
		cmocka_unit_test(prefix_pushes_a_long_text_out),
		cmocka_unit_test(prefix_leaves_room_for_the_separator_only),
	};

	return UNIT_RUN(tests);
}
