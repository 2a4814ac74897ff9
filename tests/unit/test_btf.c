// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The BTF of modules at the boundaries that kernel/bpf/btf.c draws, under the rules of each
 * kernel. What is expected here is what booted kernels (6.1, 6.12, 7.2) have answered to the
 * same bytes, on their own types.
 */
#include "btf_fixture.h"

enum {
	OK,
	INVAL = EINVAL,
	TOOBIG = E2BIG,
	LOOP = ELOOP,
	NOTSUPP = kg_btf_enotsupp,
};

/* What 6.1, 6.12 and 7.2 answer. */
#define ALL(code)                                                                                                          \
	{                                                                                                                  \
		code, code, code                                                                                           \
	}
#define SINCE_6_12(code)                                                                                                   \
	{                                                                                                                  \
		code, OK, OK                                                                                               \
	}
#define SINCE_7_2(code)                                                                                                    \
	{                                                                                                                  \
		code, code, OK                                                                                             \
	}

static struct kg_btf *kernel;

static int set_up(void **state)
{
	(void)state;
	kernel = btf_kernel();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kg_btf_free(kernel);
	return 0;
}

/* The answers of all three to one section, which is freed. */
static void expect(const char *what, struct kg_span section, const int codes[btf_version_count])
{
	for (size_t i = 0; i < btf_version_count; i++)
		btf_expect(kernel, &btf_versions[i], what, &section, NULL, codes[i]);
	unit_free(section);
}

/* Stand for what is known only when the section is made. */
enum {
	NAME = 0x7abc0000, /* an identifier */
	DIGIT,             /* a name that begins with one */
	EMPTY,             /* a name of no bytes that is not number 0 */
	OUTSIDE,           /* behind the last byte of the strings */
	NUMBER,            /* a type: an int */
	MISSING,           /* a type that there is not */
};

/* One type, and the words that follow it. */
struct type_case {
	const char *what;
	uint32_t name;
	uint32_t kind;
	uint32_t count;
	uint32_t flag;
	uint32_t size;
	uint32_t words[6];
	size_t word_count;
	int codes[btf_version_count];
};

static const struct type_case type_cases[] = {
	{"int", NAME, BTF_INT, 0, 0, 4, {32}, 1, ALL(OK)},
	{"int without a name", 0, BTF_INT, 0, 0, 4, {32}, 1, ALL(OK)},
	{"int of any name", DIGIT, BTF_INT, 0, 0, 4, {32}, 1, ALL(OK)},
	{"int cut off", NAME, BTF_INT, 0, 0, 4, {0}, 0, ALL(INVAL)},
	{"int with vlen", NAME, BTF_INT, 1, 0, 4, {32}, 1, ALL(INVAL)},
	{"int with flag", NAME, BTF_INT, 0, 1, 4, {32}, 1, ALL(INVAL)},
	{"int in part", NAME, BTF_INT, 0, 0, 4, {8 << 16 | 24}, 1, ALL(OK)},
	{"int too wide for its size", NAME, BTF_INT, 0, 0, 4, {33}, 1, ALL(INVAL)},
	{"int too far right for its size", NAME, BTF_INT, 0, 0, 4, {1 << 16 | 32}, 1, ALL(INVAL)},
	{"int of 128 bits", NAME, BTF_INT, 0, 0, 16, {128}, 1, ALL(OK)},
	{"int of 129 bits", NAME, BTF_INT, 0, 0, 17, {129}, 1, ALL(INVAL)},
	{"int, signed", NAME, BTF_INT, 0, 0, 4, {1 << 24 | 32}, 1, ALL(OK)},
	{"int, char", NAME, BTF_INT, 0, 0, 1, {2 << 24 | 8}, 1, ALL(OK)},
	{"int, signed char", NAME, BTF_INT, 0, 0, 1, {3 << 24 | 8}, 1, ALL(NOTSUPP)},
	{"int, bool", NAME, BTF_INT, 0, 0, 1, {4 << 24 | 8}, 1, ALL(OK)},
	{"int, unknown encoding", NAME, BTF_INT, 0, 0, 1, {8 << 24 | 8}, 1, ALL(NOTSUPP)},
	{"int, unused bits", NAME, BTF_INT, 0, 0, 1, {1 << 28 | 8}, 1, ALL(INVAL)},
	{"int, unknown and too wide", NAME, BTF_INT, 0, 0, 1, {8 << 24 | 9}, 1, ALL(INVAL)},
	{"pointer to void", 0, BTF_PTR, 0, 0, 0, {0}, 0, ALL(OK)},
	{"pointer to nothing", 0, BTF_PTR, 0, 0, MISSING, {0}, 0, ALL(OK)},
	{"pointer to the last", 0, BTF_PTR, 0, 0, 0xfffff, {0}, 0, ALL(OK)},
	{"pointer behind the last", 0, BTF_PTR, 0, 0, 0x100000, {0}, 0, ALL(INVAL)},
	{"pointer with a name", NAME, BTF_PTR, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"pointer with vlen", 0, BTF_PTR, 1, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"pointer with flag", 0, BTF_PTR, 0, 1, NUMBER, {0}, 0, ALL(INVAL)},
	{"array", 0, BTF_ARRAY, 0, 0, 0, {NUMBER, NUMBER, 4}, 3, ALL(OK)},
	{"array cut off", 0, BTF_ARRAY, 0, 0, 0, {NUMBER, NUMBER}, 2, ALL(INVAL)},
	{"array of nothing", 0, BTF_ARRAY, 0, 0, 0, {MISSING, MISSING, 4}, 3, ALL(OK)},
	{"array of void", 0, BTF_ARRAY, 0, 0, 0, {0, NUMBER, 4}, 3, ALL(INVAL)},
	{"array by void", 0, BTF_ARRAY, 0, 0, 0, {NUMBER, 0, 4}, 3, ALL(INVAL)},
	{"array behind the last", 0, BTF_ARRAY, 0, 0, 0, {0x100000, NUMBER, 4}, 3, ALL(INVAL)},
	{"array too large", 0, BTF_ARRAY, 0, 0, 0, {NUMBER, NUMBER, UINT32_MAX}, 3, ALL(OK)},
	{"array with a name", NAME, BTF_ARRAY, 0, 0, 0, {NUMBER, NUMBER, 4}, 3, ALL(INVAL)},
	{"array with a size", 0, BTF_ARRAY, 0, 0, 4, {NUMBER, NUMBER, 4}, 3, ALL(INVAL)},
	{"array with vlen", 0, BTF_ARRAY, 1, 0, 0, {NUMBER, NUMBER, 4}, 3, ALL(INVAL)},
	{"array with flag", 0, BTF_ARRAY, 0, 1, 0, {NUMBER, NUMBER, 4}, 3, ALL(INVAL)},
	{"struct", NAME, BTF_STRUCT, 2, 0, 8, {NAME, NUMBER, 0, 0, NUMBER, 32}, 6, ALL(OK)},
	{"struct without a name", 0, BTF_STRUCT, 1, 0, 8, {NAME, NUMBER, 0}, 3, ALL(OK)},
	{"struct of a bad name", DIGIT, BTF_STRUCT, 0, 0, 8, {0}, 0, ALL(INVAL)},
	{"struct of an empty name", EMPTY, BTF_STRUCT, 0, 0, 8, {0}, 0, ALL(INVAL)},
	{"struct of a name outside", OUTSIDE, BTF_STRUCT, 0, 0, 8, {0}, 0, ALL(INVAL)},
	{"struct cut off", NAME, BTF_STRUCT, 2, 0, 8, {NAME, NUMBER, 0}, 3, ALL(INVAL)},
	{"struct with more behind", NAME, BTF_STRUCT, 0, 0, 8, {NAME, NUMBER}, 2, ALL(INVAL)},
	{"member of a bad name", NAME, BTF_STRUCT, 1, 0, 8, {DIGIT, NUMBER, 0}, 3, ALL(INVAL)},
	{"member of an empty name", NAME, BTF_STRUCT, 1, 0, 8, {EMPTY, NUMBER, 0}, 3, ALL(INVAL)},
	{"member outside", NAME, BTF_STRUCT, 1, 0, 8, {OUTSIDE, NUMBER, 0}, 3, ALL(INVAL)},
	{"member of void", NAME, BTF_STRUCT, 1, 0, 8, {NAME, 0, 0}, 3, ALL(INVAL)},
	{"member of nothing", NAME, BTF_STRUCT, 1, 0, 8, {NAME, MISSING, 0}, 3, ALL(OK)},
	{"member of the last", NAME, BTF_STRUCT, 1, 0, 8, {NAME, 0x100000, 0}, 3, ALL(INVAL)},
	{"member at the end", NAME, BTF_STRUCT, 1, 0, 8, {NAME, NUMBER, 64}, 3, ALL(OK)},
	{"member behind the end", NAME, BTF_STRUCT, 1, 0, 8, {NAME, NUMBER, 65}, 3, ALL(INVAL)},
	{"member far away", NAME, BTF_STRUCT, 1, 0, 8, {NAME, NUMBER, UINT32_MAX}, 3, ALL(INVAL)},
	{"members in one place", NAME, BTF_STRUCT, 2, 0, 8, {0, NUMBER, 8, 0, NUMBER, 8}, 6, ALL(OK)},
	{"members out of order", NAME, BTF_STRUCT, 2, 0, 8, {0, NUMBER, 9, 0, NUMBER, 8}, 6, ALL(INVAL)},
	{"bit fields", NAME, BTF_STRUCT, 2, 1, 8, {0, NUMBER, 3 << 24, 0, NUMBER, 5U << 24 | 3}, 6, ALL(OK)},
	{"a bit field's size alone", NAME, BTF_STRUCT, 1, 0, 8, {NAME, NUMBER, 3 << 24}, 3, ALL(INVAL)},
	{"union", NAME, BTF_UNION, 2, 0, 4, {NAME, NUMBER, 0, 0, NUMBER, 0}, 6, ALL(OK)},
	{"union, member inside", NAME, BTF_UNION, 1, 0, 4, {NAME, NUMBER, 8}, 3, ALL(INVAL)},
	{"union of bit fields", NAME, BTF_UNION, 1, 1, 4, {NAME, NUMBER, 3 << 24}, 3, ALL(OK)},
	{"enum", NAME, BTF_ENUM, 1, 0, 4, {NAME, 1}, 2, ALL(OK)},
	{"enum without a name", 0, BTF_ENUM, 1, 0, 4, {NAME, 1}, 2, ALL(OK)},
	{"enum of nothing", NAME, BTF_ENUM, 0, 0, 1, {0}, 0, ALL(OK)},
	{"enum with flag", NAME, BTF_ENUM, 1, 1, 4, {NAME, 1}, 2, ALL(OK)},
	{"enum of 8 bytes", NAME, BTF_ENUM, 0, 0, 8, {0}, 0, ALL(OK)},
	{"enum of 3 bytes", NAME, BTF_ENUM, 0, 0, 3, {0}, 0, ALL(INVAL)},
	{"enum of 16 bytes", NAME, BTF_ENUM, 0, 0, 16, {0}, 0, ALL(INVAL)},
	{"enum of no bytes", NAME, BTF_ENUM, 0, 0, 0, {0}, 0, ALL(INVAL)},
	{"enum of a bad name", DIGIT, BTF_ENUM, 0, 0, 4, {0}, 0, ALL(INVAL)},
	{"enum cut off", NAME, BTF_ENUM, 1, 0, 4, {NAME}, 1, ALL(INVAL)},
	{"enumerator without a name", NAME, BTF_ENUM, 1, 0, 4, {0, 1}, 2, ALL(INVAL)},
	{"enumerator of a bad name", NAME, BTF_ENUM, 1, 0, 4, {DIGIT, 1}, 2, ALL(INVAL)},
	{"enumerator outside", NAME, BTF_ENUM, 1, 0, 4, {OUTSIDE, 1}, 2, ALL(INVAL)},
	{"enum64", NAME, BTF_ENUM64, 1, 1, 8, {NAME, 1, 2}, 3, ALL(OK)},
	{"enum64 cut off", NAME, BTF_ENUM64, 1, 1, 8, {NAME, 1}, 2, ALL(INVAL)},
	{"enum64 of 3 bytes", NAME, BTF_ENUM64, 1, 0, 3, {NAME, 1, 2}, 3, ALL(INVAL)},
	{"enum64, enumerator without a name", NAME, BTF_ENUM64, 1, 0, 8, {0, 1, 2}, 3, ALL(INVAL)},
	{"forward", NAME, BTF_FWD, 0, 0, 0, {0}, 0, ALL(OK)},
	{"forward of a union", NAME, BTF_FWD, 0, 1, 0, {0}, 0, ALL(OK)},
	{"forward without a name", 0, BTF_FWD, 0, 0, 0, {0}, 0, ALL(INVAL)},
	{"forward with a type", NAME, BTF_FWD, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"forward with vlen", NAME, BTF_FWD, 1, 0, 0, {0}, 0, ALL(INVAL)},
	{"typedef", NAME, BTF_TYPEDEF, 0, 0, NUMBER, {0}, 0, ALL(OK)},
	{"typedef of void", NAME, BTF_TYPEDEF, 0, 0, 0, {0}, 0, ALL(OK)},
	{"typedef without a name", 0, BTF_TYPEDEF, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"typedef of a bad name", DIGIT, BTF_TYPEDEF, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"typedef of nothing", NAME, BTF_TYPEDEF, 0, 0, MISSING, {0}, 0, ALL(INVAL)},
	{"const", 0, BTF_CONST, 0, 0, NUMBER, {0}, 0, ALL(OK)},
	{"const with a name", NAME, BTF_CONST, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"volatile with an empty name", EMPTY, BTF_VOLATILE, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"restrict with flag", 0, BTF_RESTRICT, 0, 1, NUMBER, {0}, 0, ALL(INVAL)},
	{"prototype", 0, BTF_FUNC_PROTO, 2, 0, NUMBER, {NAME, NUMBER, 0, 0}, 4, ALL(OK)},
	{"prototype of nonsense", 0, BTF_FUNC_PROTO, 1, 0, UINT32_MAX, {OUTSIDE, UINT32_MAX}, 2, ALL(OK)},
	{"prototype cut off", 0, BTF_FUNC_PROTO, 1, 0, NUMBER, {NAME}, 1, ALL(INVAL)},
	{"prototype with a name", NAME, BTF_FUNC_PROTO, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"prototype with flag", 0, BTF_FUNC_PROTO, 0, 1, NUMBER, {0}, 0, ALL(INVAL)},
	{"function", NAME, BTF_FUNC, 0, 0, NUMBER, {0}, 0, ALL(OK)},
	{"function, global", NAME, BTF_FUNC, 1, 0, NUMBER, {0}, 0, ALL(OK)},
	{"function, extern", NAME, BTF_FUNC, 2, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"function of an impossible type", NAME, BTF_FUNC, 0, 0, UINT32_MAX, {0}, 0, ALL(OK)},
	{"function without a name", 0, BTF_FUNC, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"function with flag", NAME, BTF_FUNC, 0, 1, NUMBER, {0}, 0, ALL(INVAL)},
	{"variable", NAME, BTF_VAR, 0, 0, NUMBER, {1}, 1, ALL(OK)},
	{"variable, extern", NAME, BTF_VAR, 0, 0, NUMBER, {2}, 1, ALL(INVAL)},
	{"variable cut off", NAME, BTF_VAR, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"variable of void", NAME, BTF_VAR, 0, 0, 0, {0}, 1, ALL(INVAL)},
	{"variable of nothing", NAME, BTF_VAR, 0, 0, MISSING, {0}, 1, ALL(OK)},
	{"variable without a name", 0, BTF_VAR, 0, 0, NUMBER, {0}, 1, ALL(INVAL)},
	{"variable with vlen", NAME, BTF_VAR, 1, 0, NUMBER, {0}, 1, ALL(INVAL)},
	{"variable with flag", NAME, BTF_VAR, 0, 1, NUMBER, {0}, 1, ALL(INVAL)},
	{"section", NAME, BTF_DATASEC, 2, 0, 8, {NUMBER, 0, 4, NUMBER, 4, 4}, 6, ALL(OK)},
	{"section without variables", NAME, BTF_DATASEC, 0, 0, 8, {0}, 0, ALL(OK)},
	{"section of no size", NAME, BTF_DATASEC, 0, 0, 0, {0}, 0, ALL(INVAL)},
	{"section without a name", 0, BTF_DATASEC, 0, 0, 8, {0}, 0, ALL(INVAL)},
	{"section with flag", NAME, BTF_DATASEC, 0, 1, 8, {0}, 0, ALL(INVAL)},
	{"section's name with a digit first", DIGIT, BTF_DATASEC, 0, 0, 8, {0}, 0, SINCE_6_12(INVAL)},
	{"section cut off", NAME, BTF_DATASEC, 1, 0, 8, {NUMBER, 0}, 2, ALL(INVAL)},
	{"section of void", NAME, BTF_DATASEC, 1, 0, 8, {0, 0, 4}, 3, ALL(INVAL)},
	{"section, overlapping", NAME, BTF_DATASEC, 2, 0, 8, {NUMBER, 0, 5, NUMBER, 4, 4}, 6, ALL(INVAL)},
	{"section, variable behind it", NAME, BTF_DATASEC, 1, 0, 8, {NUMBER, 8, 4}, 3, ALL(INVAL)},
	{"section, variable over its end", NAME, BTF_DATASEC, 1, 0, 8, {NUMBER, 5, 4}, 3, ALL(INVAL)},
	{"section, empty variable", NAME, BTF_DATASEC, 1, 0, 8, {NUMBER, 0, 0}, 3, ALL(INVAL)},
	{"section, large variable", NAME, BTF_DATASEC, 1, 0, 8, {NUMBER, 0, 9}, 3, ALL(INVAL)},
	{"section, sum overflows", NAME, BTF_DATASEC, 1, 0, 0xfffffff8, {NUMBER, 0xfffffff0, 0x20}, 3, ALL(OK)},
	{"float", NAME, BTF_FLOAT, 0, 0, 12, {0}, 0, ALL(OK)},
	{"float of one byte", NAME, BTF_FLOAT, 0, 0, 1, {0}, 0, ALL(INVAL)},
	{"float with vlen", NAME, BTF_FLOAT, 1, 0, 8, {0}, 0, ALL(INVAL)},
	{"float with flag", NAME, BTF_FLOAT, 0, 1, 8, {0}, 0, ALL(INVAL)},
	{"tag", DIGIT, BTF_DECL_TAG, 0, 0, NUMBER, {UINT32_MAX}, 1, ALL(OK)},
	{"tag of a member", NAME, BTF_DECL_TAG, 0, 0, UINT32_MAX, {7}, 1, ALL(OK)},
	{"tag of an impossible member", NAME, BTF_DECL_TAG, 0, 0, NUMBER, {UINT32_MAX - 1}, 1, ALL(INVAL)},
	{"tag without a name", 0, BTF_DECL_TAG, 0, 0, NUMBER, {0}, 1, ALL(INVAL)},
	{"tag of an empty name", EMPTY, BTF_DECL_TAG, 0, 0, NUMBER, {0}, 1, ALL(INVAL)},
	{"tag with vlen", NAME, BTF_DECL_TAG, 1, 0, NUMBER, {0}, 1, ALL(INVAL)},
	{"tag with flag", NAME, BTF_DECL_TAG, 0, 1, NUMBER, {0}, 1, SINCE_7_2(INVAL)},
	{"tag cut off", NAME, BTF_DECL_TAG, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"type tag", DIGIT, BTF_TYPE_TAG, 0, 0, NUMBER, {0}, 0, ALL(OK)},
	{"type tag without a name", 0, BTF_TYPE_TAG, 0, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"type tag with flag", NAME, BTF_TYPE_TAG, 0, 1, NUMBER, {0}, 0, SINCE_7_2(INVAL)},
	{"type tag with vlen", NAME, BTF_TYPE_TAG, 1, 0, NUMBER, {0}, 0, ALL(INVAL)},
	{"no kind", NAME, BTF_UNKN, 0, 0, 0, {0}, 0, ALL(INVAL)},
	{"a kind too many", NAME, BTF_ENUM64 + 1, 0, 0, 0, {0}, 0, ALL(INVAL)},
	{"the last kind of 5 bits", NAME, 31, 0, 0, 0, {0}, 0, ALL(INVAL)},
	{"the last kind of 7 bits", NAME, 127, 0, 0, 0, {0}, 0, ALL(INVAL)},
	{"a bit of vlen that was unused", NAME, BTF_ENUM, 0x10000, 0, 4, {0}, 0, ALL(INVAL)},
};

static uint32_t replace(struct btf_made *made, uint32_t word)
{
	switch (word) {
	case NAME:
		return btf_text(made, "kg_name.0");
	case DIGIT:
		return btf_text(made, "0kg");
	case EMPTY:
		return btf_text(made, "");
	case OUTSIDE:
		return made->start_string + 4096;
	case NUMBER:
		return made->start_id;
	case MISSING:
		return made->start_id + 2;
	default:
		return word;
	}
}

static void each_type_on_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(type_cases) / sizeof(type_cases[0]); i++) {
		const struct type_case *one = &type_cases[i];
		struct btf_made made = btf_module();

		(void)btf_int(&made, "kg_int", 4, 32);
		(void)btf_type(&made, replace(&made, one->name), btf_info(one->kind, one->count, one->flag != 0),
			       replace(&made, one->size));
		for (size_t k = 0; k < one->word_count; k++)
			btf_put_word(&made.types, replace(&made, one->words[k]));
		expect(one->what, btf_bytes(&made), one->codes);
		btf_free(&made);
	}
}

/* 7.2 counts 24 bits of members. */
static void more_members_than_16_bits_count(void **state)
{
	enum { many = 0x10001 };
	struct btf_made made = btf_module();

	(void)state;
	(void)btf_type(&made, 0, btf_info(BTF_STRUCT, many, false), 8);
	for (size_t i = 0; i < many; i++) {
		btf_put_word(&made.types, 0);
		btf_put_word(&made.types, made.start_id);
		btf_put_word(&made.types, 0);
	}
	expect("many members", btf_bytes(&made), (const int[])SINCE_7_2(INVAL));
	btf_free(&made);
}

struct name_case {
	const char *name;
	bool identifier;
	bool printable;
};

static const struct name_case name_cases[] = {
	{"a", true, true},
	{"_", true, true},
	{".", true, true},
	{".data..percpu", true, true},
	{"a.b_1", true, true},
	{"1a", false, true},
	{"", false, false},
	{"a b", false, true},
	{" ", false, true},
	{"a-b", false, true},
	{"?.foo bar:buz", false, true},
	{"~", false, true},
	{"a\x1f", false, false},
	{"a\x7f", false, false},
	{"\x80", false, false},
	{"\x9f", false, false},
	{"\xa0", false, true},
	{"\xbf", false, true},
	{"\xc0", true, true},
	{"\xd7", false, true},
	{"\xdf", true, true},
	{"\xf7", false, true},
	{"\xff", true, true},
	{"a\xe9", true, true},
};

static void names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(name_cases) / sizeof(name_cases[0]); i++) {
		const struct name_case *one = &name_cases[i];
		const char *what = unit_text("name %zu \"%s\"", i, one->name);
		int identifier = one->identifier ? OK : INVAL;
		int section = one->printable ? OK : INVAL;
		struct btf_made made = btf_module();

		(void)btf_named(&made, one->name, BTF_FWD, false, 0);
		expect(what, btf_bytes(&made), (const int[])ALL(identifier));
		btf_free(&made);
		made = btf_module();
		(void)btf_named(&made, one->name, BTF_DATASEC, false, 4);
		expect(what, btf_bytes(&made), (const int[]){identifier, section, section});
		btf_free(&made);
	}
}

static void length_of_names(void **state)
{
	enum { name_max = 512 };
	char name[name_max + 2];

	(void)state;
	for (size_t length = name_max - 1; length < sizeof(name); length++) {
		int code = length > name_max ? INVAL : OK;
		struct btf_made made = btf_module();

		memset(name, 'n', length);
		name[length] = '\0';
		(void)btf_named(&made, name, BTF_FWD, false, 0);
		(void)btf_named(&made, name, BTF_INT, false, 4);
		btf_put_word(&made.types, 32);
		expect("long name", btf_bytes(&made), (const int[])ALL(code));
		btf_free(&made);
		made = btf_module();
		(void)btf_named(&made, name, BTF_DATASEC, false, 4);
		expect("long section name", btf_bytes(&made), (const int[])ALL(code));
		btf_free(&made);
	}
}

/*
 * Types that refer to each other: i an int, p a pointer, c const, v volatile, t typedef, T
 * type tag. The last one refers to the first of the module's where it is none that ends.
 */
struct chain_case {
	const char *links;
	bool backward; /* the last one is number 1 */
	int codes[btf_version_count];
};

#define TEN "cvcvcvcvcv"

static const struct chain_case chain_cases[] = {
	{"cvti", false, ALL(OK)},
	{TEN TEN TEN "cvi", false, ALL(OK)},
	{TEN TEN TEN "cvci", false, ALL(LOOP)},
	{TEN TEN TEN "cvpcvcvi", false, ALL(OK)},
	/* Each is followed only to one that has passed. */
	{TEN TEN TEN TEN "cvci", true, ALL(OK)},
	{"c", false, ALL(LOOP)},
	{"cv", false, ALL(LOOP)},
	{"cp", false, ALL(OK)},
	{"p", false, ALL(OK)},
	{"TTcvi", false, ALL(OK)},
	{"TTi", true, ALL(OK)},
	{"cTi", false, SINCE_7_2(INVAL)},
	{"TcTi", false, SINCE_7_2(INVAL)},
	{"cTi", true, SINCE_7_2(INVAL)},
	{"cpTi", false, ALL(OK)},
	/* A tag behind a modifier is not seen where the chain has passed before. */
	{"vcTi", true, SINCE_7_2(INVAL)},
};

static void add_link(struct btf_made *made, char link, uint32_t next)
{
	switch (link) {
	case 'i':
		(void)btf_int(made, "kg_int", 4, 32);
		break;
	case 'p':
		(void)btf_refer(made, BTF_PTR, next);
		break;
	case 'c':
		(void)btf_refer(made, BTF_CONST, next);
		break;
	case 'v':
		(void)btf_refer(made, BTF_VOLATILE, next);
		break;
	case 't':
		(void)btf_named(made, "kg_type", BTF_TYPEDEF, false, next);
		break;
	default:
		(void)btf_named(made, "kg_tag", BTF_TYPE_TAG, false, next);
		break;
	}
}

static void chains_of_modifiers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chain_cases) / sizeof(chain_cases[0]); i++) {
		const struct chain_case *one = &chain_cases[i];
		size_t length = strlen(one->links);
		struct btf_made made = btf_module();
		uint32_t first = made.start_id;

		for (uint32_t k = 0; k < length; k++) {
			if (one->backward)
				add_link(&made, one->links[length - 1 - k], first + k - 1);
			else
				add_link(&made, one->links[k], k + 1 < length ? first + k + 1 : first);
		}
		expect(one->links, btf_bytes(&made), one->codes);
		btf_free(&made);
	}
}

/* Of struct btf_header. */
enum field {
	MAGIC = 0,
	VERSION = 2,
	FLAGS = 3,
	LENGTH = 4,
	TYPES = 8,
	TYPES_LENGTH = 12,
	STRINGS = 16,
	STRINGS_LENGTH = 20,
	LAYOUT = 24,
	LAYOUT_LENGTH = 28,
};

/* A header of length bytes, one field of which becomes another by the value. */
struct header_case {
	const char *what;
	uint32_t length;
	enum field field;
	uint32_t change; /* is added to the field as 32 bits from here on */
	size_t more;     /* bytes behind the end */
	int codes[btf_version_count];
};

static const struct header_case header_cases[] = {
	{"as it should be", 24, MAGIC, 0, 0, ALL(OK)},
	{"magic", 24, MAGIC, 1, 0, ALL(INVAL)},
	{"version", 24, VERSION, 1, 0, ALL(NOTSUPP)},
	{"flags", 24, FLAGS, 1, 0, ALL(NOTSUPP)},
	{"types one byte later", 24, TYPES, 1, 0, ALL(INVAL)},
	{"types far away", 24, TYPES, 0xffffff00, 0, ALL(INVAL)},
	{"types shorter", 24, TYPES_LENGTH, UINT32_MAX, 0, ALL(INVAL)},
	{"types longer", 24, TYPES_LENGTH, 1, 0, ALL(INVAL)},
	{"types of huge length", 24, TYPES_LENGTH, 0x80000000, 0, ALL(INVAL)},
	{"strings earlier", 24, STRINGS, UINT32_MAX, 0, ALL(INVAL)},
	{"strings later", 24, STRINGS, 1, 0, ALL(INVAL)},
	{"strings shorter", 24, STRINGS_LENGTH, UINT32_MAX, 0, ALL(INVAL)},
	{"strings longer", 24, STRINGS_LENGTH, 1, 0, ALL(INVAL)},
	{"strings longer, and there", 24, STRINGS_LENGTH, 1, 1, ALL(OK)},
	{"one byte more", 24, MAGIC, 0, 1, ALL(INVAL)},
	{"longer than it is", 24, LENGTH, 1, 0, {TOOBIG, TOOBIG, INVAL}},
	{"longer than all", 24, LENGTH, 4096, 0, ALL(INVAL)},
	{"of 28 bytes", 28, MAGIC, 0, 0, ALL(OK)},
	{"of 28 bytes, the last not zero", 28, LAYOUT, 1, 0, {TOOBIG, TOOBIG, OK}},
	{"of 32 bytes", 32, MAGIC, 0, 0, ALL(OK)},
	{"with a layout of no bytes", 32, LAYOUT, 1, 0, {TOOBIG, TOOBIG, OK}},
	{"with a layout that is not there", 32, LAYOUT_LENGTH, 4, 0, {TOOBIG, TOOBIG, INVAL}},
	{"of 33 bytes", 33, MAGIC, 0, 0, ALL(OK)},
	{"of 36 bytes, the last not zero", 36, (enum field)32, 1, 0, ALL(TOOBIG)},
};

static void headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(header_cases) / sizeof(header_cases[0]); i++) {
		const struct header_case *one = &header_cases[i];
		struct btf_made made = btf_module();
		struct kg_span bytes;
		uint32_t word;

		(void)btf_int(&made, "kg_int", 4, 32);
		bytes = btf_bytes_with(&made, one->length);
		bytes.data = realloc(unit_writable(bytes), bytes.size + one->more + 4);
		assert_non_null(bytes.data);
		memset(unit_writable(bytes) + bytes.size, 0, one->more + 4);
		bytes.size += one->more;
		assert_true(kg_span_le32(bytes, one->field, &word));
		btf_set_word(bytes, one->field, word + one->change);
		expect(one->what, bytes, one->codes);
		btf_free(&made);
	}
}

/*
 * Headers that say that they are shorter, and hold nothing. What is not there is 0, even the
 * length itself: then all of it is body.
 */
static void short_headers(void **state)
{
	static const struct {
		uint32_t length;
		int code;
	} cases[] = {{0, INVAL}, {1, INVAL}, {2, NOTSUPP}, {3, INVAL}, {4, INVAL}, {7, INVAL}, {8, OK}, {11, OK}, {20, OK}};
	const unsigned char header[24] = {0x9f, 0xeb, 1};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t length = cases[i].length;
		struct kg_span bytes = unit_copy(kg_span_of(header, length < 8 ? 8 : length));

		btf_set_word(bytes, LENGTH, length);
		expect("short header", bytes, (const int[])ALL(cases[i].code));
	}
	for (size_t size = 1; size < sizeof(header); size++) {
		struct kg_span bytes = unit_copy(kg_span_of(header, size));

		if (size >= 8)
			btf_set_word(bytes, LENGTH, sizeof(header));
		expect("header cut off", bytes, (const int[])ALL(INVAL));
	}
}

static void sections_in_any_order(void **state)
{
	struct btf_made made = btf_module();
	struct kg_span bytes;
	struct kg_span swapped;
	size_t strings;

	(void)state;
	(void)btf_int(&made, "kg_int", 4, 32);
	bytes = btf_bytes(&made);
	strings = made.strings.size;
	swapped = unit_copy(bytes);
	memcpy(unit_writable(swapped) + 24, made.strings.data, strings);
	memcpy(unit_writable(swapped) + 24 + strings, made.types.data, made.types.size);
	btf_set_word(swapped, TYPES, (uint32_t)strings);
	btf_set_word(swapped, STRINGS, 0);
	/* The strings must be the last, and with a header of 24 bytes in 7.2 as well. */
	expect("strings first", swapped, (const int[])ALL(INVAL));
	unit_free(bytes);
	bytes = btf_bytes_with(&made, 32);
	swapped = unit_copy(bytes);
	memcpy(unit_writable(swapped) + 32, made.strings.data, strings);
	memcpy(unit_writable(swapped) + 32 + strings, made.types.data, made.types.size);
	btf_set_word(swapped, TYPES, (uint32_t)strings);
	btf_set_word(swapped, STRINGS, 0);
	expect("strings first, header of 32 bytes", swapped, (const int[])SINCE_7_2(INVAL));
	unit_free(bytes);
	btf_free(&made);
}

/* The form that pahole writes from 1.31 on, which kernels up to 7.0 refuse. */
static void layout_section(void **state)
{
	static const unsigned char layout[80] = {0};
	struct btf_made made = btf_module();
	struct kg_span bytes;

	(void)state;
	(void)btf_int(&made, "kg_int", 4, 32);
	bytes = btf_bytes_with(&made, 32);
	bytes.data = realloc(unit_writable(bytes), bytes.size + sizeof(layout));
	assert_non_null(bytes.data);
	memcpy(unit_writable(bytes) + bytes.size, layout, sizeof(layout));
	btf_set_word(bytes, LAYOUT, (uint32_t)bytes.size - 32);
	btf_set_word(bytes, LAYOUT_LENGTH, sizeof(layout));
	bytes.size += sizeof(layout);
	expect("layout", bytes, (const int[]){TOOBIG, TOOBIG, OK});
	btf_free(&made);
}

static void strings(void **state)
{
	struct btf_made made = btf_module();
	struct kg_span bytes;

	(void)state;
	expect("neither types nor strings", btf_bytes(&made), (const int[])ALL(OK));
	(void)btf_type(&made, 0, btf_info(BTF_PTR, 0, false), 0);
	expect("no strings", btf_bytes(&made), (const int[])ALL(OK));
	/* Unlike a kernel's, they need not begin with an empty one. */
	(void)btf_named(&made, "kg_name", BTF_FWD, false, 0);
	bytes = btf_bytes(&made);
	unit_writable(bytes)[bytes.size - 1] = 'x';
	expect("a last string without an end", bytes, (const int[])ALL(INVAL));
	btf_free(&made);
	/* A name of the kernel's is a name. */
	made = btf_module();
	(void)btf_type(&made, 1, btf_info(BTF_FWD, 0, false), 0);
	(void)btf_type(&made, made.start_string - 1, btf_info(BTF_STRUCT, 0, false), 0);
	expect("the end of the kernel's strings", btf_bytes(&made), (const int[])ALL(INVAL));
	btf_set_word(kg_span_of(made.types.data, made.types.size), 12, 1);
	expect("a name of the kernel's", btf_bytes(&made), (const int[])ALL(OK));
	btf_free(&made);
}

static void what_is_not_looked_at(void **state)
{
	static const unsigned char damage[] = "damage";
	struct kg_span section = kg_span_of(damage, sizeof(damage));
	struct kg_span empty = kg_span_of(damage, 0);
	struct btf_version version = btf_versions[1];
	struct btf_made made = btf_module();
	struct kg_span sound;

	(void)state;
	(void)btf_int(&made, "kg_int", 4, 32);
	sound = btf_bytes(&made);
	btf_expect(kernel, &version, "no section", NULL, NULL, OK);
	btf_expect(kernel, &version, "a section of no bytes", &empty, &section, OK);
	btf_expect(kernel, &version, "damage", &section, NULL, INVAL);
	/* A base is looked at whenever it is there, even without a byte. */
	btf_expect(kernel, &version, "an empty base", &sound, &empty, INVAL);
	version.rules.reads_base = false;
	btf_expect(kernel, &version, "a base that is not known", &sound, &empty, OK);
	version.rules.reads_modules = false;
	btf_expect(kernel, &version, "nothing is read", &section, &section, OK);
	unit_free(sound);
	btf_free(&made);
}

static void reason_names_the_type(void **state)
{
	struct btf_made made = btf_module();
	struct kg_btf_verdict verdict;
	struct kg_span bytes;

	(void)state;
	(void)btf_int(&made, "kg_int", 4, 32);
	(void)btf_named(&made, "kg_name", BTF_CONST, false, 0);
	bytes = btf_bytes(&made);
	verdict = btf_judge(kernel, &btf_versions[1].rules, &bytes, NULL);
	assert_int_equal(verdict.answer, KG_BTF_INVALID);
	assert_string_equal(verdict.reason,
			    unit_text(".BTF: type %u (CONST): has a name, which its kind does not", btf_module_types + 1));
	unit_free(bytes);
	btf_free(&made);
}

/* A kind that a later kernel has, of which nothing is known here. */
static void kinds_of_the_future(void **state)
{
	struct btf_version version = btf_versions[2];
	struct btf_made made = btf_module();
	struct kg_span bytes;

	(void)state;
	version.rules.kind_max = BTF_ENUM64 + 1;
	(void)btf_named(&made, "kg_name", BTF_ENUM64 + 1, false, 0);
	bytes = btf_bytes(&made);
	btf_expect(kernel, &version, "a kind of the future", &bytes, NULL, -1);
	version.rules.header_size = 40;
	btf_expect(kernel, &version, "a header of the future", &bytes, NULL, -1);
	unit_free(bytes);
	btf_free(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_on_its_own),
		cmocka_unit_test(more_members_than_16_bits_count),
		cmocka_unit_test(names),
		cmocka_unit_test(length_of_names),
		cmocka_unit_test(chains_of_modifiers),
		cmocka_unit_test(headers),
		cmocka_unit_test(short_headers),
		cmocka_unit_test(sections_in_any_order),
		cmocka_unit_test(layout_section),
		cmocka_unit_test(strings),
		cmocka_unit_test(what_is_not_looked_at),
		cmocka_unit_test(reason_names_the_type),
		cmocka_unit_test(kinds_of_the_future),
	};

	return UNIT_RUN_IN(tests, set_up, tear_down);
}
