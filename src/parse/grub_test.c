// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <string.h>

#include "grub_words.h"

enum { max_depth = 32 };

struct test {
	const struct kg_grub_argument *arguments;
	size_t count;
	size_t at;
	const struct kg_grub_files *files;
	int depth;
};

/* What has been seen of one level of parentheses. */
struct level {
	enum kg_grub_answer all; /* since the last -o */
	enum kg_grub_answer any; /* of what stands before it */
	bool invert;
};

static enum kg_grub_answer not(enum kg_grub_answer answer)
{
	if (answer == KG_GRUB_MAYBE)
		return answer;
	return answer == KG_GRUB_YES ? KG_GRUB_NO : KG_GRUB_YES;
}

static enum kg_grub_answer both(enum kg_grub_answer left, enum kg_grub_answer right)
{
	if (left == KG_GRUB_NO || right == KG_GRUB_NO)
		return KG_GRUB_NO;
	return left == KG_GRUB_YES && right == KG_GRUB_YES ? KG_GRUB_YES : KG_GRUB_MAYBE;
}

static enum kg_grub_answer either(enum kg_grub_answer left, enum kg_grub_answer right)
{
	return not(both(not(left), not(right)));
}

static enum kg_grub_answer answer(bool holds)
{
	return holds ? KG_GRUB_YES : KG_GRUB_NO;
}

static void update(struct level *level, enum kg_grub_answer value)
{
	level->all = both(level->all, level->invert ? not(value) : value);
	level->invert = false;
}

bool kg_grub_number(const char *text, uint64_t *number)
{
	uint64_t value = 0;
	unsigned int base = 10;
	bool found = false;

	while (isspace((unsigned char)*text))
		text++;
	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	} else if (text[0] == '0' && text[1]) {
		base = 8;
	}
	for (; *text; text++) {
		char c = *text;
		unsigned int digit;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		digit = c >= 'a' ? (unsigned int)(c - 'a') + 10 : (unsigned int)(c - '0');
		if (digit >= base)
			break;
		found = true;
		if (value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*number = value;
	return found;
}

static int64_t signed_number(const char *text)
{
	uint64_t number = 0;

	(void)kg_grub_number(text + (text[0] == '-'), &number);
	return text[0] == '-' ? (int64_t)(0 - number) : (int64_t)number;
}

/* "LEFT OPERATOR RIGHT". False where that is no operator. */
static bool compare(const char *left, const char *operator, const char *right, bool *result)
{
	int order = strcmp(left, right);
	int64_t a = signed_number(left);
	int64_t b = signed_number(right);
	const struct {
		const char *name;
		bool result;
	} operators[] = {
		{"=", order == 0}, {"==", order == 0}, {"!=", order != 0}, {"<", order < 0},
		{"<=", order <= 0}, {">", order > 0}, {">=", order >= 0}, {"-eq", a == b},
		{"-ne", a != b}, {"-lt", a < b}, {"-le", a <= b}, {"-gt", a > b}, {"-ge", a >= b},
	};

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (strcmp(operator, operators[i].name) == 0) {
			*result = operators[i].result;
			return true;
		}
	}
	return false;
}

/* Versions behind a common prefix, and times of files: not followed. */
static bool is_other_comparison(const char *operator)
{
	return strcmp(operator, "-pgt") == 0 || strcmp(operator, "-plt") == 0 ||
	       strncmp(operator, "-nt", 3) == 0 || strncmp(operator, "-ot", 3) == 0;
}

static bool test_three(struct test *test, struct level *level)
{
	const struct kg_grub_argument *first = &test->arguments[test->at];
	bool result = false;

	if (test->count - test->at < 3)
		return false;
	if (is_other_comparison(first[1].text))
		update(level, KG_GRUB_MAYBE);
	else if (!compare(first[0].text, first[1].text, first[2].text, &result))
		return false;
	else
		update(level, first[0].unknown || first[2].unknown ? KG_GRUB_MAYBE
								   : answer(result));
	test->at += 3;
	return true;
}

static enum kg_grub_answer test_file(const struct test *test, char kind,
				     const struct kg_grub_argument *path)
{
	struct kg_span text = {0};
	int found;

	if (kind == 'd' || path->unknown || !test->files || !test->files->find)
		return KG_GRUB_MAYBE;
	found = test->files->find(test->files->context, path->text, &text);
	if (found < 0)
		return KG_GRUB_MAYBE;
	return answer(found > 0 && (kind != 's' || text.size > 0));
}

static bool test_two(struct test *test, struct level *level)
{
	const struct kg_grub_argument *first = &test->arguments[test->at];
	const char *operator = first->text;

	if (test->count - test->at < 2 || operator[0] != '-' || !operator[1] || operator[2] ||
	    !strchr("defsnz", operator[1]))
		return false;
	if (strchr("defs", operator[1]))
		update(level, test_file(test, operator[1], &first[1]));
	else if (first[1].unknown)
		update(level, KG_GRUB_MAYBE);
	else
		update(level, answer((operator[1] == 'n') == (first[1].text[0] != '\0')));
	test->at += 2;
	return true;
}

static enum kg_grub_answer test_level(struct test *test)
{
	struct level level = {.all = KG_GRUB_YES, .any = KG_GRUB_NO};

	if (++test->depth > max_depth) {
		test->at = test->count;
		return KG_GRUB_MAYBE;
	}
	while (test->at < test->count) {
		const struct kg_grub_argument *argument = &test->arguments[test->at];
		const char *text = argument->text;

		if (test_three(test, &level) || test_two(test, &level))
			continue;
		test->at++;
		if (strcmp(text, ")") == 0)
			break;
		if (strcmp(text, "(") == 0) {
			update(&level, test_level(test));
		} else if (strcmp(text, "!") == 0) {
			level.invert = !level.invert;
		} else if (strcmp(text, "-o") == 0) {
			level.any = either(level.any, level.all);
			level.all = KG_GRUB_YES;
		} else if (strcmp(text, "-a") != 0) {
			update(&level, argument->unknown ? KG_GRUB_MAYBE : answer(text[0] != '\0'));
		}
	}
	test->depth--;
	return either(level.any, level.all);
}

enum kg_grub_answer kg_grub_test(const struct kg_grub_argument *arguments, size_t count,
				 const struct kg_grub_files *files)
{
	struct test test = {.arguments = arguments, .count = count, .files = files};

	if (count > 0 && strcmp(arguments[count - 1].text, "]") == 0)
		test.count--;
	return test_level(&test);
}
