// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"
#include "kernel-guard/parse/os_release.h"

/* The value, or NULL. */
static const char *value_of_bytes(struct kg_span text, const char *key)
{
	struct kg_span bytes = unit_copy(text);
	struct kg_error err = unit_no_error();
	char *value = kg_os_release_value(bytes, key, &err);

	assert_int_equal(err.code, 0);
	unit_free(bytes);
	return value ? unit_keep(value) : NULL;
}

static const char *value_of(const char *text, const char *key)
{
	return value_of_bytes(kg_span_of_string(text), key);
}

static void real_file(void **state)
{
	static const char text[] = "NAME=\"Arch Linux\"\n"
				   "PRETTY_NAME=\"Arch Linux\"\n"
				   "ID=arch\n"
				   "BUILD_ID=rolling\n"
				   "ANSI_COLOR=\"38;2;23;147;209\"\n"
				   "HOME_URL=\"https://archlinux.org/\"\n"
				   "LOGO=archlinux-logo\n";

	(void)state;
	assert_string_equal(value_of(text, "ID"), "arch");
	assert_string_equal(value_of(text, "BUILD_ID"), "rolling");
	assert_string_equal(value_of(text, "NAME"), "Arch Linux");
	assert_string_equal(value_of(text, "ANSI_COLOR"), "38;2;23;147;209");
	assert_null(value_of(text, "VERSION_ID"));
	assert_null(value_of(text, "PRETTY"));
	assert_null(value_of(text, ""));
}

static void forms(void **state)
{
	static const struct {
		const char *text;
		const char *value;
	} forms[] = {
		{"ID=arch", "arch"},
		{"ID='arch'", "arch"},
		{"ID=\"arch\"\r\n", "arch"},
		{" \tID=arch \t\n", "arch"},
		{"ID==arch\n", "arch"},
		{"ID=a=b\n", "a=b"},
		{"ID=\"a\n", "\"a"},
		{"ID='a\"\n", "'a\""},
		{"ID=\"\n", "\""},
		{"ID=one\nID=two\n", "two"},
		{"ID=one\n#ID=two\n", "one"},
		{"ID =arch\n", NULL},
		{"XID=arch\n", NULL},
		{"ID\n", NULL},
		{"ID=\n", NULL},
		{"ID=\"\"\n", NULL},
		{"ID=one\nID=\n", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *value = value_of(forms[i].text, "ID");

		if (!value != !forms[i].value || (value && strcmp(value, forms[i].value) != 0))
			unit_fail("%s: %s instead of %s", forms[i].text, value ? value : "none",
				  forms[i].value ? forms[i].value : "none");
	}
}

/* What stands behind a NUL would be hidden from whoever compares the value. */
static void nul_bytes(void **state)
{
	static const char text[] = "ID=ar\0ch\nNAME=x\n";

	(void)state;
	assert_null(value_of_bytes(kg_span_of(text, sizeof(text) - 1), "ID"));
	assert_string_equal(value_of_bytes(kg_span_of(text, sizeof(text) - 1), "NAME"), "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_file),
		cmocka_unit_test(forms),
		cmocka_unit_test(nul_bytes),
	};

	return UNIT_RUN(tests);
}
