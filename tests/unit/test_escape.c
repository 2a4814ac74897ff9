// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"
#include "kernel-guard/report/escape.h"

static void assert_escaped(const char *text, const char *expected)
{
	struct kg_error err = unit_no_error();
	char *exact = strdup(text); /* so that a byte behind the end is noticed */
	char *escaped = kg_escape(exact, &err);
	char *written = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&written, &size);

	assert_non_null(escaped);
	assert_string_equal(escaped, expected);
	kg_write_escaped(stream, exact);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(size, strlen(expected));
	assert_string_equal(written, expected);
	free(written);
	free(escaped);
	free(exact);
}

static void text_stays(void **state)
{
	char printable[96] = "";

	(void)state;
	for (int c = 0x20; c < 0x7f; c++)
		printable[c - 0x20] = (char)c;
	assert_escaped(printable, printable);
	assert_escaped("", "");
	/* The first and the last character of each length, and around the surrogates. */
	assert_escaped("\xc2\xa0|\xdf\xbf", "\xc2\xa0|\xdf\xbf");
	assert_escaped("\xe0\xa0\x80|\xef\xbf\xbf", "\xe0\xa0\x80|\xef\xbf\xbf");
	assert_escaped("\xed\x9f\xbf|\xee\x80\x80", "\xed\x9f\xbf|\xee\x80\x80");
	assert_escaped("\xf0\x90\x80\x80|\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80|\xf4\x8f\xbf\xbf");
	assert_escaped("/boot/vmlinuz-\xc3\xa9", "/boot/vmlinuz-\xc3\xa9");
}

static void controls_do_not(void **state)
{
	(void)state;
	for (int c = 1; c < 0x20; c++) {
		const char text[] = {'a', (char)c, 'b', '\0'};

		assert_escaped(text, unit_text("a\\x%02xb", (unsigned int)c));
	}
	assert_escaped("\x7f", "\\x7f");
	assert_escaped("\x1b[2J\x1b]0;title\a", "\\x1b[2J\\x1b]0;title\\x07");
	assert_escaped("two\nlines\r", "two\\x0alines\\x0d");
	/* U+0080 to U+009F, of which U+009B begins a sequence. */
	for (unsigned int c = 0x80; c < 0xa0; c++) {
		const char text[] = {(char)0xc2, (char)c, '\0'};

		assert_escaped(text, unit_text("\\xc2\\x%02x", c));
	}
}

static void broken_sequences_do_not(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"\x80", "\\x80"},
		{"\xbf", "\\xbf"},
		{"a\xff"
		 "b",
		 "a\\xffb"},
		{"\xfe", "\\xfe"},
		{"\xc3", "\\xc3"},
		{"\xc3(", "\\xc3("},
		{"\xe2\x82", "\\xe2\\x82"},
		{"\xe2\x82x", "\\xe2\\x82x"},
		{"\xe2(\xac", "\\xe2(\\xac"},
		{"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
		{"\xf0\x9f\x98x", "\\xf0\\x9f\\x98x"},
		{"\xf0", "\\xf0"},
		/* longer than needed */
		{"\xc0\xaf", "\\xc0\\xaf"},
		{"\xc1\xbf", "\\xc1\\xbf"},
		{"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"},
		{"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},
		/* surrogates, and beyond U+10FFFF */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xed\xbf\xbf", "\\xed\\xbf\\xbf"},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
		/* what follows a broken one is read anew */
		{"\xc3\xc3\xa9", "\\xc3\xc3\xa9"},
		{"\xe2\x82\xc3\xa9", "\\xe2\\x82\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_escaped(cases[i].text, cases[i].expected);
}

/* iconv knows UTF-8 better than we do. */
static void random_bytes_become_valid(void **state)
{
	const char *path = unit_text("%s/escaped", unit_directory());
	const char *controls = unit_text("LC_ALL=C tr -d '\\040-\\176\\200-\\377' <%s", path);
	FILE *stream = fopen(path, "we");
	uint64_t seed = 7;

	(void)state;
	assert_non_null(stream);
	for (int i = 0; i < 20000; i++) {
		char text[6] = "";

		for (size_t j = 0; j < 5; j++)
			text[j] = (char)(unit_random(&seed) >> 32 | (j < 2 ? 0xc0 : 0));
		kg_write_escaped(stream, text);
	}
	assert_int_equal(fclose(stream), 0);
	(void)unit_output(unit_text("iconv -f UTF-8 -t UTF-32 %s >/dev/null", path));
	assert_string_equal(unit_output_text(controls), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays),
		cmocka_unit_test(controls_do_not),
		cmocka_unit_test(broken_sequences_do_not),
		cmocka_unit_test(random_bytes_become_valid),
	};

	return UNIT_RUN(tests);
}
