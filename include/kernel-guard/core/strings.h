/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CORE_STRINGS_H
#define KERNEL_GUARD_CORE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/* An owned list of owned strings. A zeroed list is a valid empty one. */
struct kg_strings {
	char **items;
	size_t count;
	size_t capacity;
};

/* Copies text to the end. 0, or -1 with ENOMEM. */
int kg_strings_add(struct kg_strings *list, const char *text, struct kg_error *err);

/*
 * Adds what a failure says, after which it goes on. 0, or -1 with ENOMEM, also where that is what
 * has failed.
 */
int kg_strings_add_failure(struct kg_strings *list, const struct kg_error *why,
			   struct kg_error *err);

/*
 * Adds text itself, which the list takes over also on failure; NULL, of an allocation that
 * has failed, is one. 0, or -1 with ENOMEM.
 */
int kg_strings_take(struct kg_strings *list, char *text, struct kg_error *err);

/* As kg_strings_add(), unless the list already holds text. */
int kg_strings_add_unique(struct kg_strings *list, const char *text, struct kg_error *err);

/* Copies all of from to the end. 0, or -1 with ENOMEM. */
int kg_strings_add_all(struct kg_strings *list, const struct kg_strings *from,
		       struct kg_error *err);

/* Whether the list holds exactly this text. */
bool kg_strings_contain(const struct kg_strings *list, const char *text);

/* The same, by bisection, for a list that kg_strings_sort() has sorted. */
bool kg_strings_contain_sorted(const struct kg_strings *list, const char *text);

/* Sorts bytewise. */
void kg_strings_sort(struct kg_strings *list);

/* The same, and of equal ones only one stays. */
void kg_strings_sort_unique(struct kg_strings *list);

/*
 * All of them with the separator between them, "" where there are none. The caller frees it;
 * NULL, and err, with ENOMEM.
 */
char *kg_strings_join(const struct kg_strings *list, const char *separator, struct kg_error *err);

/* Frees everything and leaves a valid empty list. */
void kg_strings_free(struct kg_strings *list);

/* A formatted string that the caller frees. NULL, and err, when memory is out. */
char *kg_format(struct kg_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A NUL-terminated copy of the span that the caller frees. NULL when memory is
 * out. Bytes after an embedded NUL are kept but not seen by C string functions.
 */
char *kg_span_copy_string(struct kg_span span, struct kg_error *err);

/* A copy that the caller frees; NULL, and err, when memory is out. */
char *kg_copy_string(const char *text, struct kg_error *err);

/*
 * Sets *field to a copy of text that the caller frees, or to NULL where text is NULL.
 * False, and err, when memory is out.
 */
bool kg_copy_optional(char **field, const char *text, struct kg_error *err);

/* The last component of a path. */
const char *kg_base_name(const char *path);

/* Whether text ends with suffix. */
bool kg_ends_with(const char *text, const char *suffix);

/*
 * Splits text at blanks, tabs and newlines and adds each word to list. 0, or -1 with
 * ENOMEM.
 */
int kg_strings_add_words(struct kg_strings *list, const char *text, struct kg_error *err);

#endif
