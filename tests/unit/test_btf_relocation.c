// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modules with a section .BTF.base, whose types are looked up in the kernel:
 * tools/lib/bpf/btf_relocate.c as booted kernels (6.12, 7.2) have carried it out on the same
 * bytes. Those before 6.11 do not read the section.
 */
#include "btf_fixture.h"

enum {
	OK,
	INVAL = EINVAL,
	NOENT = ENOENT,
	UNKNOWN = -1,
	with_base = 1, /* the first of btf_versions that reads the section */
};

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

static void expect(const char *what, const struct btf_made *made, const struct btf_made *base, int code)
{
	struct kg_span section = btf_bytes(made);
	struct kg_span base_section = btf_bytes(base);

	for (size_t i = with_base; i < btf_version_count; i++)
		btf_expect(kernel, &btf_versions[i], what, &section, &base_section, code);
	unit_free(section);
	unit_free(base_section);
}

/* A module's, on these. */
static struct btf_made on(const struct btf_made *base)
{
	return btf_begin_split(base->count ? base->start_id + base->count : 0, (uint32_t)base->strings.size);
}

/* One type of the base, and how the module refers to it. */
enum use {
	POINTED,
	EMBEDDED,
	EMBEDDED_DEEPLY, /* const, volatile, and of an array */
	POINTED_INSIDE,  /* to which a member points */
};

struct base_case {
	const char *what;
	const char *name;
	uint32_t kind;
	bool flag;
	uint32_t size;
	uint32_t data; /* of an int */
	enum use use;
	int code;
};

static const struct base_case base_cases[] = {
	{"struct", "list_head", BTF_STRUCT, false, 16, 0, POINTED, OK},
	{"struct of another size", "list_head", BTF_STRUCT, false, 8, 0, POINTED, OK},
	{"struct embedded", "list_head", BTF_STRUCT, false, 16, 0, EMBEDDED, OK},
	{"struct of another size, embedded", "list_head", BTF_STRUCT, false, 8, 0, EMBEDDED, INVAL},
	{"struct embedded deeply", "list_head", BTF_STRUCT, false, 16, 0, EMBEDDED_DEEPLY, OK},
	{"struct of another size, deeply", "list_head", BTF_STRUCT, false, 8, 0, EMBEDDED_DEEPLY, INVAL},
	{"struct of another size, behind a pointer", "list_head", BTF_STRUCT, false, 8, 0, POINTED_INSIDE, OK},
	{"union for a struct", "list_head", BTF_UNION, false, 16, 0, EMBEDDED, OK},
	{"enum for a struct", "list_head", BTF_ENUM, false, 8, 0, POINTED, INVAL},
	{"forward for a struct", "list_head", BTF_FWD, false, 0, 0, POINTED, OK},
	/* The flag that counts is the one of the kernel's type, which is that of bit fields. */
	{"forward of a union for a struct", "list_head", BTF_FWD, true, 0, 0, POINTED, OK},
	{"struct that is not there", "kg_missing", BTF_STRUCT, false, 16, 0, POINTED, INVAL},
	{"struct without a name", "", BTF_STRUCT, false, 16, 0, POINTED, INVAL},
	{"union", "sigval", BTF_UNION, false, 8, 0, EMBEDDED, OK},
	{"forward of a union", "sigval", BTF_FWD, true, 0, 0, POINTED, INVAL},
	{"forward of a struct for a union", "sigval", BTF_FWD, false, 0, 0, POINTED, INVAL},
	{"enum", "pid_type", BTF_ENUM, false, 4, 0, POINTED, OK},
	{"enum of another size", "pid_type", BTF_ENUM, false, 8, 0, POINTED, INVAL},
	{"int", "int", BTF_INT, false, 4, btf_signed | 32, POINTED, OK},
	{"int of another size", "int", BTF_INT, false, 8, btf_signed | 32, POINTED, INVAL},
	{"int of another encoding", "int", BTF_INT, false, 4, 32, POINTED, INVAL},
	{"int of other bits", "int", BTF_INT, false, 4, btf_signed | 16, POINTED, OK},
	{"int for a struct", "list_head", BTF_INT, false, 16, btf_signed | 32, POINTED, INVAL},
	{"struct for an int", "int", BTF_STRUCT, false, 4, 0, POINTED, OK},
	{"enum64", "pid_type", BTF_ENUM64, false, 4, 0, POINTED, INVAL},
	{"typedef", "list_head", BTF_TYPEDEF, false, 0, 0, POINTED, INVAL},
	{"function", "list_head", BTF_FUNC, false, 0, 0, POINTED, INVAL},
};

/* What only the small kernel has; libbpf 1.5 relocates these as is expected here. */
static const struct base_case kernel_cases[] = {
	{"float", "kg_float", BTF_FLOAT, false, 8, 0, POINTED, OK},
	{"float of another size", "kg_float", BTF_FLOAT, false, 4, 0, POINTED, INVAL},
	{"enum for an enum64", "kg_wide", BTF_ENUM, false, 8, 0, POINTED, OK},
	{"forward", "kg_opaque", BTF_FWD, false, 0, 0, POINTED, OK},
	{"forward of the other kind", "kg_opaque", BTF_FWD, true, 0, 0, POINTED, INVAL},
	{"struct for a forward", "kg_opaque", BTF_STRUCT, false, 0, 0, POINTED, OK},
	{"the smaller one", "kg_either", BTF_STRUCT, false, 8, 0, POINTED, OK},
	{"the larger one", "kg_either", BTF_STRUCT, false, 16, 0, EMBEDDED, OK},
	{"neither of two", "kg_either", BTF_STRUCT, false, 12, 0, POINTED, INVAL},
	{"forward of either", "kg_either", BTF_FWD, false, 0, 0, POINTED, INVAL},
	{"one of two that are the same", "kg_twice", BTF_STRUCT, false, 8, 0, POINTED, INVAL},
	{"none of two that are the same", "kg_twice", BTF_STRUCT, false, 4, 0, POINTED, INVAL},
};

static void refer(struct btf_made *made, enum use use, uint32_t id)
{
	uint32_t number = btf_int(made, "kg_int", 4, 32);

	switch (use) {
	case POINTED:
		(void)btf_refer(made, BTF_PTR, id);
		return;
	case EMBEDDED_DEEPLY:
		id = btf_refer(made, BTF_CONST, btf_refer(made, BTF_VOLATILE, id));
		id = btf_array(made, btf_named(made, "kg_type", BTF_TYPEDEF, false, id), number);
		break;
	case POINTED_INSIDE:
		id = btf_refer(made, BTF_PTR, id);
		break;
	case EMBEDDED:
		break;
	}
	(void)btf_struct(made, btf_text(made, "kg_outer"), BTF_STRUCT, 64, id);
}

static void check_case(const struct base_case *one)
{
	struct btf_made base = btf_begin();
	struct btf_made made;
	uint32_t id = btf_named(&base, one->name, one->kind, one->flag, one->size);

	if (one->kind == BTF_INT)
		btf_put_word(&base.types, one->data);
	made = on(&base);
	refer(&made, one->use, id);
	expect(one->what, &made, &base, one->code);
	btf_free(&made);
	btf_free(&base);
}

static void each_type_of_the_base(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(base_cases) / sizeof(base_cases[0]); i++)
		check_case(&base_cases[i]);
}

static void types_of_one_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kernel_cases) / sizeof(kernel_cases[0]); i++)
		check_case(&kernel_cases[i]);
}

/* Two of the base may stand for one of the kernel. */
static void two_for_one(void **state)
{
	struct btf_made base = btf_begin();
	struct btf_made made;

	(void)state;
	(void)btf_named(&base, "list_head", BTF_STRUCT, false, 16);
	(void)btf_named(&base, "list_head", BTF_FWD, false, 0);
	made = on(&base);
	expect("struct and forward", &made, &base, OK);
	btf_free(&made);
	btf_free(&base);
}

static void base_without_types(void **state)
{
	struct btf_made base = btf_begin();
	struct btf_made made = on(&base);

	(void)state;
	expect("neither types nor a base's types", &made, &base, OK);
	refer(&made, EMBEDDED, 0);
	expect("a member of its first type", &made, &base, INVAL);
	btf_free(&made);
	/* They begin at 0, which is void as well: no member can be of the first one. */
	made = on(&base);
	refer(&made, POINTED_INSIDE, 0);
	expect("types of its own", &made, &base, OK);
	btf_free(&made);
	btf_free(&base);
}

/* A base is a BTF of its own. */
static void damaged_base(void **state)
{
	struct btf_made base = btf_begin();
	struct btf_made made;
	struct kg_span section;
	struct kg_span base_section;

	(void)state;
	(void)btf_named(&base, "list_head", BTF_STRUCT, false, 16);
	made = on(&base);
	refer(&made, EMBEDDED, 1);
	section = btf_bytes(&made);
	base_section = btf_bytes(&base);
	for (size_t i = with_base; i < btf_version_count; i++) {
		for (size_t size = 0; size <= base_section.size; size++) {
			struct kg_span cut = unit_copy(kg_span_of(base_section.data, size));

			btf_expect(kernel, &btf_versions[i], "base cut off", &section, &cut,
				   size < base_section.size ? INVAL : OK);
			unit_free(cut);
		}
	}
	/* The first string of one that is not split is empty. */
	unit_writable(base_section)[base_section.size - base.strings.size] = 'x';
	for (size_t i = with_base; i < btf_version_count; i++)
		btf_expect(kernel, &btf_versions[i], "first string", &section, &base_section, INVAL);
	unit_free(base_section);
	unit_free(section);
	btf_free(&made);
	btf_free(&base);
}

/* A module's name that lies in the base has to be one of a type that is found. */
static void names_of_the_base(void **state)
{
	struct btf_made base = btf_begin();
	struct btf_made made;
	uint32_t found = (uint32_t)base.strings.size;
	uint32_t lost;

	(void)state;
	(void)btf_named(&base, "list_head", BTF_STRUCT, false, 16);
	lost = btf_text(&base, "kg_lost");
	made = on(&base);
	(void)btf_type(&made, found, btf_info(BTF_TYPEDEF, 0, false), 1);
	expect("a name that is found", &made, &base, OK);
	(void)btf_type(&made, found + 1, btf_info(BTF_TYPEDEF, 0, false), 1);
	expect("a part of one", &made, &base, NOENT);
	btf_free(&made);
	made = on(&base);
	(void)btf_struct(&made, 0, BTF_STRUCT, 8, 1);
	btf_set_word(kg_span_of(made.types.data, made.types.size), 12, lost);
	expect("a member's name", &made, &base, NOENT);
	btf_free(&made);
	made = on(&base);
	(void)btf_type(&made, 0, btf_info(BTF_FUNC_PROTO, 1, false), 0);
	btf_put_word(&made.types, lost);
	btf_put_word(&made.types, 1);
	expect("a parameter's name", &made, &base, NOENT);
	/* Parameters' names are not looked at otherwise. */
	btf_set_word(kg_span_of(made.types.data, made.types.size), 12, UINT32_MAX);
	expect("a parameter's name that is none", &made, &base, OK);
	btf_free(&made);
	made = on(&base);
	(void)btf_type(&made, 0, btf_info(BTF_ENUM, 1, false), 4);
	btf_put_word(&made.types, lost);
	btf_put_word(&made.types, 1);
	expect("an enumerator's name", &made, &base, NOENT);
	btf_free(&made);
	btf_free(&base);
}

/* What the kernel does then depends on what lies beside, or it never comes back. */
static void what_is_undefined(void **state)
{
	enum { missing = 1000 };
	struct btf_made base = btf_begin();
	struct btf_made made;

	(void)state;
	(void)btf_named(&base, "list_head", BTF_STRUCT, false, 16);
	made = on(&base);
	(void)btf_refer(&made, BTF_PTR, missing);
	expect("a pointer to nothing", &made, &base, UNKNOWN);
	btf_free(&made);
	made = on(&base);
	refer(&made, EMBEDDED, missing);
	expect("a member of nothing", &made, &base, UNKNOWN);
	btf_free(&made);
	made = on(&base);
	refer(&made, EMBEDDED, btf_array(&made, made.start_id, made.start_id));
	expect("an array of itself", &made, &base, UNKNOWN);
	btf_free(&made);
	/* Nobody follows it where it is no member, or where a pointer is between. */
	made = on(&base);
	(void)btf_array(&made, made.start_id, made.start_id);
	refer(&made, POINTED_INSIDE, made.start_id);
	expect("an array of itself, that is no member", &made, &base, OK);
	btf_free(&made);
	/* Where a type of the base is not found before, that is the answer. */
	base.strings.data[1] = 'X';
	made = on(&base);
	(void)btf_refer(&made, BTF_PTR, missing);
	expect("a pointer to nothing, and a base that is not found", &made, &base, INVAL);
	btf_free(&made);
	btf_free(&base);
}

/* Ints may be called anything: comparing long names takes long. */
static void endless_names(void **state)
{
	enum { length = 1 << 20, count = 20000 };
	struct btf_made base = btf_begin();
	struct btf_made made;

	(void)state;
	for (size_t i = 0; i < length; i++)
		btf_put(&base.strings, "a", 1);
	btf_put(&base.strings, "", 1);
	for (uint32_t i = 0; i < count; i++) {
		(void)btf_type(&base, 1 + i, btf_info(BTF_INT, 0, false), 4);
		btf_put_word(&base.types, 32);
	}
	made = on(&base);
	expect("endless names", &made, &base, INVAL);
	btf_free(&made);
	btf_free(&base);
}

/* A chain is walked once, however many members it begins at. */
static void many_members_of_a_long_chain(void **state)
{
	enum { links = 50000, members = 50000 };
	struct btf_made base = btf_begin();
	struct btf_made made;

	(void)state;
	(void)btf_named(&base, "list_head", BTF_STRUCT, false, 16);
	made = on(&base);
	for (uint32_t i = 0; i < links; i++)
		(void)btf_array(&made, i ? made.start_id + i - 1 : 1, made.start_id);
	(void)btf_type(&made, 0, btf_info(BTF_STRUCT, members, false), 8);
	for (uint32_t i = 0; i < members; i++) {
		btf_put_word(&made.types, 0);
		btf_put_word(&made.types, made.start_id + links - 1 - i % 2);
		btf_put_word(&made.types, 0);
	}
	expect("a long chain", &made, &base, OK);
	btf_free(&made);
	btf_free(&base);
}

static void reason_names_what_is_missing(void **state)
{
	struct btf_made base = btf_begin();
	struct btf_made made;
	struct kg_btf_verdict verdict;
	struct kg_span section;
	struct kg_span base_section;

	(void)state;
	(void)btf_named(&base, "kg_missing", BTF_STRUCT, false, 16);
	made = on(&base);
	section = btf_bytes(&made);
	base_section = btf_bytes(&base);
	verdict = btf_judge(kernel, &btf_versions[with_base].rules, &section, &base_section);
	assert_string_equal(verdict.reason, ".BTF.base: type 1 (STRUCT): the kernel has no such \"kg_missing\"");
	unit_free(base_section);
	unit_free(section);
	btf_free(&made);
	btf_free(&base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_of_the_base),
		cmocka_unit_test(types_of_one_name),
		cmocka_unit_test(two_for_one),
		cmocka_unit_test(base_without_types),
		cmocka_unit_test(damaged_base),
		cmocka_unit_test(names_of_the_base),
		cmocka_unit_test(what_is_undefined),
		cmocka_unit_test(endless_names),
		cmocka_unit_test(many_members_of_a_long_chain),
		cmocka_unit_test(reason_names_what_is_missing),
	};

	return UNIT_RUN_IN(tests, set_up, tear_down);
}
