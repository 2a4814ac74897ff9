// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/boot_entry.h"
#include "unit.h"

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void assert_order(const char *left, const char *right, int order)
{
	if (sign(kg_version_compare(left, right)) != order ||
	    sign(kg_version_compare(right, left)) != -order)
		unit_fail("'%s' and '%s': %d and %d, expected %d", left, right,
			  kg_version_compare(left, right), kg_version_compare(right, left), order);
}

/*
 * The examples of UAPI.10 Version Format Specification. Its "0 < ~" and "'' < ~" are
 * left out: they contradict its own "tilde starts a suffix that always sorts lower",
 * systemd-boot, and "systemd-analyze compare-versions".
 */
static void examples_of_the_specification(void **state)
{
	static const struct {
		const char *left;
		char relation;
		const char *right;
	} examples[] = {
		{"11", '=', "11"},
		{"systemd-123", '=', "systemd-123"},
		{"bar-123", '<', "foo-123"},
		{"123a", '>', "123"},
		{"123.a", '>', "123"},
		{"123.a", '<', "123.b"},
		{"123a", '>', "123.a"},
		{"11\xce\xb1", '=', "11\xce\xb2"},
		{"A", '<', "a"},
		{"", '<', "0"},
		{"0.", '>', "0"},
		{"0.0", '>', "0"},
		{"0", '>', "~"},
		{"", '>', "~"},
		{"1_", '=', "1"},
		{"_1", '=', "1"},
		{"1_", '<', "1.2"},
		{"1_2_3", '>', "1.3.3"},
		{"1+", '=', "1"},
		{"+1", '=', "1"},
		{"1+", '<', "1.2"},
		{"1+2+3", '>', "1.3.3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		assert_order(examples[i].left, examples[i].right,
			     examples[i].relation == '='   ? 0
			     : examples[i].relation == '<' ? -1
							   : 1);
}

/* From the oldest to the newest: every pair, both ways. */
static void assert_ascending(const char *const *versions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++)
			assert_order(versions[i], versions[j], (i > j) - (i < j));
	}
}

static void all_pairs_of_a_list(void **state)
{
	static const char *const versions[] = {
		"~1",         "",        "ab",      "abb",      "abc",     "0001",
		"002",        "12",      "122",     "122.9",    "123~rc1", "123",
		"123-a",      "123-a.1", "123-a1",  "123-a1.1", "123-3",   "123-3.1",
		"123^patch1", "123^1",   "123.a-1", "123.1-1",  "123a-1",  "124",
	};

	(void)state;
	assert_ascending(versions, sizeof(versions) / sizeof(versions[0]));
}

static void kernels(void **state)
{
	static const char *const releases[] = {
		"5.15.200-lts",        "6.1.0-50-amd64",  "6.1.0-56-amd64",      "6.9.1-arch1-1",
		"6.10.0-rc1-mainline", "6.10.0.arch1-1",  "6.12.9-arch1-1",      "6.12.10-arch1-1",
		"6.12.10-arch1-2",     "6.12.10-arch2-1", "6.12.95+deb12-amd64", "6.13.0-arch1-1",
		"10.0.0-arch1-1",
	};

	(void)state;
	assert_ascending(releases, sizeof(releases) / sizeof(releases[0]));
}

static void equal_versions(void **state)
{
	static const char *const pairs[][2] = {
		{"", ""},         {"1", "01"},     {"1.0", "1.00"},
		{"007", "7"},     {"1.2", "1+.2"}, {"a b", "a_b"},
		{"1~2", "1_~2"},  {"0", "000"},    {"1.2-3", "1.2_-3"},
		{"\xff", "\xfe"}, {"1-", "1-"},    {"1^", "1^"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_order(pairs[i][0], pairs[i][1], 0);
}

static void long_numbers(void **state)
{
	static const char *const versions[] = {
		"1.4294967295",
		"1.4294967296",
		"1.18446744073709551615",
		"1.18446744073709551616",
		"1.99999999999999999999999999999",
		"1.100000000000000000000000000000",
	};

	(void)state;
	assert_ascending(versions, sizeof(versions) / sizeof(versions[0]));
	assert_order("1.000000000000000000000000000000000000001", "1.1", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_specification),
		cmocka_unit_test(all_pairs_of_a_list),
		cmocka_unit_test(kernels),
		cmocka_unit_test(equal_versions),
		cmocka_unit_test(long_numbers),
	};

	return UNIT_RUN(tests);
}
