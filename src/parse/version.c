// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "kernel-guard/parse/boot_entry.h"

static bool is_version_byte(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-.~^", c));
}

static int compare_sizes(size_t left, size_t right)
{
	return (left > right) - (left < right);
}

/*
 * A separator is present on both sides and skipped, or decides: the side that has
 * it comes first.
 */
static int compare_separator(const char **left, const char **right, char separator)
{
	bool in_left = **left == separator;
	bool in_right = **right == separator;

	if (in_left != in_right)
		return in_left ? -1 : 1;
	if (in_left) {
		++*left;
		++*right;
	}
	return 0;
}

static size_t run_of(const char *text, int (*member)(int))
{
	size_t length = 0;

	while (member((unsigned char)text[length]))
		length++;
	return length;
}

static int compare_numbers(const char **left, const char **right)
{
	size_t left_length = run_of(*left, isdigit);
	size_t right_length = run_of(*right, isdigit);
	const char *left_end = *left + left_length;
	const char *right_end = *right + right_length;
	int order;

	/* A number is newer than letters. */
	if (left_length == 0 || right_length == 0)
		return compare_sizes(left_length, right_length);
	while (**left == '0')
		++*left;
	while (**right == '0')
		++*right;
	/* Without leading zeros the longer number is the greater one. */
	order = compare_sizes((size_t)(left_end - *left), (size_t)(right_end - *right));
	if (order == 0)
		order = strncmp(*left, *right, (size_t)(left_end - *left));
	*left = left_end;
	*right = right_end;
	return order;
}

static int compare_letters(const char **left, const char **right)
{
	size_t left_length = run_of(*left, isalpha);
	size_t right_length = run_of(*right, isalpha);
	size_t common = left_length < right_length ? left_length : right_length;
	int order = strncmp(*left, *right, common);

	if (order == 0)
		order = compare_sizes(left_length, right_length);
	*left += left_length;
	*right += right_length;
	return order;
}

int kg_version_compare(const char *left, const char *right)
{
	for (;;) {
		int order;

		while (*left && !is_version_byte(*left))
			left++;
		while (*right && !is_version_byte(*right))
			right++;
		/* Before the end: "1.0~rc1" is older than "1.0". */
		order = compare_separator(&left, &right, '~');
		if (order)
			return order;
		if (!*left || !*right)
			return (*left != '\0') - (*right != '\0');
		for (const char *separator = "-^."; *separator && order == 0; separator++)
			order = compare_separator(&left, &right, *separator);
		if (order == 0 && (isdigit((unsigned char)*left) || isdigit((unsigned char)*right)))
			order = compare_numbers(&left, &right);
		else if (order == 0)
			order = compare_letters(&left, &right);
		if (order)
			return order;
	}
}
