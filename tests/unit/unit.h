/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_UNIT_H
#define KERNEL_GUARD_TESTS_UNIT_UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel-guard/core/error.h"

enum { unit_watchdog_seconds = 240 };

/* The whole program: runs the tests and prints TAP. A hanging one is killed. */
#define UNIT_RUN_IN(tests, set_up, tear_down)                                                      \
	(alarm(unit_watchdog_seconds), cmocka_set_message_output(CM_OUTPUT_TAP),                   \
	 cmocka_run_group_tests(tests, set_up, tear_down))
#define UNIT_RUN(tests) UNIT_RUN_IN(tests, NULL, NULL)

/* Whether there is time for all cases of what is many (make check-full), or only for a sample. */
static inline bool unit_is_full(void)
{
	return getenv("KG_FULL") != NULL;
}

/* Fails the test with a message of its own. */
#define unit_fail(...)                                                                             \
	do {                                                                                       \
		print_error(__VA_ARGS__);                                                          \
		print_error("\n");                                                                 \
		_fail(__FILE__, __LINE__);                                                         \
	} while (0)

/* An error that no function leaves behind: to be seen where err was not filled. */
static inline struct kg_error unit_no_error(void)
{
	return (struct kg_error){.code = -1};
}

static inline void unit_check_success(int result, const struct kg_error *err, const char *file,
				      int line)
{
	if (result >= 0)
		return;
	print_error("unexpected error %d (%s)\n", err->code, err->message);
	_fail(file, line);
}

/* With message NULL any is right, but there must be one. */
static inline void unit_check_failure(int result, const struct kg_error *err, int code,
				      const char *message, const char *file, int line)
{
	if (result >= 0) {
		print_error("error %d was expected\n", code);
		_fail(file, line);
	}
	if (result != -1 || err->code != code || err->message[0] == '\0' ||
	    (message && strcmp(err->message, message) != 0)) {
		print_error("result %d, error %d (%s)\nexpected: %d (%s)\n", result, err->code,
			    err->message, code, message ? message : "any message");
		_fail(file, line);
	}
}

#define assert_ok(result, err) unit_check_success((result), &(err), __FILE__, __LINE__)
#define assert_failure(result, err, code, message)                                                 \
	unit_check_failure((result), &(err), (code), (message), __FILE__, __LINE__)

/* As assert_failure() for functions that return a pointer. */
#define assert_no_pointer(pointer, err, code, message)                                             \
	unit_check_failure((pointer) ? 0 : -1, &(err), (code), (message), __FILE__, __LINE__)

#endif
