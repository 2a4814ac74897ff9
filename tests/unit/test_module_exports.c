// SPDX-License-Identifier: GPL-2.0-or-later
/* The export tables of modules, as each kernel reads them, and damaged ones. */
#include "module_edit.h"
#include "module_shape.h"

#define THIS_MODULE THIS_MODULE_NAMED("shape")
#define STRINGS EXPORT_STRINGS
#define ENTRY EXPORT_ENTRY

static const struct kg_loader_rules up_to_7_0 = {UNIT_RULES_7_0, true};
static const struct kg_loader_rules from_7_1 = {UNIT_RULES_7_0 | UNIT_RULE(EXPORT_FLAGS), true};

static struct kg_module parse_bytes_as(struct kg_span bytes, const struct kg_loader_rules *rules)
{
	struct kg_module module = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_module_parse(bytes, rules, &module, &err), err);
	return module;
}

static struct kg_module parse_bytes(struct kg_span bytes)
{
	return parse_bytes_as(bytes, &unit_no_rules);
}

static struct kg_module parse(const char *source)
{
	return parse_bytes(unit_assemble(source));
}

static void assert_export(const struct kg_module *module, const char *name,
			  const char *symbol_namespace, bool gpl_only, bool has_crc, uint32_t crc)
{
	const struct kg_export *found = kg_export_table_find(&module->exports, name);

	assert_non_null(found);
	assert_string_equal(found->symbol_namespace, symbol_namespace);
	assert_int_equal(found->gpl_only, gpl_only);
	assert_int_equal(found->has_crc, has_crc);
	assert_int_equal(found->crc, crc);
	assert_false(found->crc_cut_off);
	assert_false(found->hidden);
}

static void exports_up_to_7_0(void **state)
{
	struct kg_module module = parse(
		THIS_MODULE STRINGS SECTION("__ksymtab") ENTRY("two", "0") SECTION("__ksymtab_gpl")
			ENTRY("one", "ns - .") SECTION("__kcrctab_gpl") ".long 0xdeadbeef\n");

	(void)state;
	assert_int_equal(module.exports.count, 2);
	assert_string_equal(module.exports.items[0].name, "one");
	assert_export(&module, "one", "NS", true, true, 0xdeadbeef);
	assert_export(&module, "two", "", false, false, 0);
	assert_true(module.exports_without_crcs);
	assert_false(module.exports_without_flags);
	kg_module_free(&module);
}

static void exports_from_7_1_on(void **state)
{
	struct kg_module module =
		parse(THIS_MODULE STRINGS SECTION("__ksymtab") ENTRY("one", "ns - .")
			      ENTRY("two", "0") SECTION("__kflagstab") ".byte 1, 2\n" SECTION(
				      "__kcrctab") ".long 5, 6\n" SECTION("__ksymtab_gpl")
				      ENTRY("two", "0"));

	(void)state;
	assert_int_equal(module.exports.count, 2);
	assert_export(&module, "one", "NS", true, true, 5);
	assert_export(&module, "two", "", false, true, 6);
	assert_false(module.exports_without_crcs);
	assert_false(module.exports_without_flags);
	kg_module_free(&module);
}

/* What a kernel does with a module that was built for one on the other side of 7.1. */
static void exports_of_the_other_form(void **state)
{
	struct kg_span with_flags = unit_assemble(THIS_MODULE STRINGS SECTION("__ksymtab")
							  ENTRY("one", "0") ENTRY("two", "0")
								  SECTION("__kflagstab") ".byte 1, 0\n");
	struct kg_span split = unit_assemble(THIS_MODULE STRINGS SECTION("__ksymtab")
						     ENTRY("one", "0") SECTION("__ksymtab_gpl")
							     ENTRY("two", "0"));
	struct kg_module module = parse_bytes_as(with_flags, &up_to_7_0);

	(void)state;
	assert_int_equal(module.exports.count, 2);
	assert_export(&module, "one", "", false, false, 0);
	assert_false(module.exports_without_flags);
	kg_module_free(&module);
	module = parse_bytes_as(split, &from_7_1);
	assert_int_equal(module.exports.count, 1);
	assert_export(&module, "one", "", false, false, 0);
	assert_true(module.exports_without_flags);
	kg_module_free(&module);
	module = parse_bytes_as(split, &up_to_7_0);
	assert_int_equal(module.exports.count, 2);
	assert_export(&module, "two", "", true, false, 0);
	kg_module_free(&module);
	module = parse_bytes_as(with_flags, &from_7_1);
	assert_export(&module, "one", "", true, false, 0);
	kg_module_free(&module);
}

/* Each table is asked for its own CRCs, and an empty one for none. */
static void tables_without_crcs(void **state)
{
	static const struct {
		const char *source;
		bool without;
	} cases[] = {
		{"", false},
		{SECTION("__ksymtab") SECTION("__ksymtab_gpl"), false},
		{SECTION("__ksymtab") ".zero 11\n", false},
		{SECTION("__ksymtab") ".zero 12\n", true},
		{SECTION("__ksymtab_gpl") ".zero 12\n", true},
		{SECTION("__ksymtab") ".zero 12\n" SECTION("__kcrctab") ".long 1\n", false},
		{SECTION("__ksymtab") ".zero 12\n" SECTION("__kcrctab"), false},
		{SECTION("__ksymtab") ".zero 12\n" SECTION("__kcrctab_gpl") ".long 1\n", true},
		{SECTION("__ksymtab") ".zero 12\n.section __kcrctab\n.long 1\n", true},
		{SECTION("__ksymtab") ".zero 12\n" SECTION("__ksymtab_gpl") ".zero 12\n" SECTION(
			 "__kcrctab") ".long 1\n", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_module module = parse_bytes_as(
			unit_assemble(unit_text("%s.text\ncall printk\n%s", THIS_MODULE,
						cases[i].source)),
			&up_to_7_0);

		if (module.exports_without_crcs != cases[i].without)
			unit_fail("case %zu", i);
		kg_module_free(&module);
	}
}

/* Up to 5.18 a CRC is an absolute symbol that the table is relocated with. */
static void crcs_that_are_symbols(void **state)
{
	struct kg_module module = parse_bytes(
		unit_link_with("-r --defsym=__crc_one=0x12345678",
			       THIS_MODULE STRINGS SECTION("__ksymtab") ENTRY("one", "0")
				       ENTRY("two", "0") ".weak __crc_one\n" SECTION(
					       "__kcrctab") ".long __crc_one\n.long 7\n"));

	(void)state;
	assert_export(&module, "two", "", false, true, 7);
	assert_export(&module, "one", "", false, true, 0x12345678);
	kg_module_free(&module);
}

static void tables_that_are_too_short(void **state)
{
	struct kg_module module =
		parse_bytes_as(unit_assemble(THIS_MODULE STRINGS SECTION("__ksymtab")
						     ENTRY("one", "0") ENTRY("two", "0") SECTION(
							     "__kcrctab") ".long 9\n.zero 3\n"
						     SECTION("__kflagstab") ".byte 1\n"),
			       &from_7_1);
	const struct kg_export *two = kg_export_table_find(&module.exports, "two");

	(void)state;
	assert_export(&module, "one", "", true, true, 9);
	assert_true(two->has_crc);
	assert_true(two->crc_cut_off);
	assert_int_equal(two->crc, 0);
	assert_false(two->gpl_only);
	kg_module_free(&module);
}

static void tables_that_do_not_count(void **state)
{
	struct kg_module module = parse(THIS_MODULE STRINGS ".section __ksymtab\n" ENTRY("two", "0")
						SECTION("__ksymtab_gpl") ".long 0, 0\n");

	(void)state;
	assert_int_equal(module.exports.count, 0);
	kg_module_free(&module);
}

/* The kernel bisects a table as it is: of one that is not sorted it misses some. */
static void tables_that_are_not_sorted(void **state)
{
	static const struct {
		const char *order;
		const char *hidden;
	} cases[] = {
		{"a", ""},        {"ab", ""},       {"ba", "b"},  {"abc", ""},
		{"acb", "b"},     {"cba", "ac"},    {"aab", "a"}, {"abcdefg", ""},
		{"bacdefg", "b"}, {"gabcdef", "g"}, {"bbbb", "bbb"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *order = cases[i].order;
		char *source = unit_text("%s" SECTION(".rodata"), THIS_MODULE);
		char hidden[8] = "";
		size_t count = 0;
		struct kg_module module;

		for (size_t j = 0; j < strlen(order); j++)
			source = unit_text("%ss%zu: .asciz \"%c\"\n", source, j, order[j]);
		source = unit_text("%s" SECTION("__ksymtab"), source);
		for (size_t j = 0; j < strlen(order); j++)
			source = unit_text("%s.long 0\n.long s%zu - .\n.long 0\n", source, j);
		module = parse(source);
		assert_int_equal(module.exports.count, strlen(order));
		for (size_t j = 0; j < module.exports.count; j++) {
			if (module.exports.items[j].hidden)
				hidden[count++] = module.exports.items[j].name[0];
		}
		if (strcmp(hidden, cases[i].hidden) != 0)
			unit_fail("of %s %s is hidden, and not %s", order, hidden, cases[i].hidden);
		kg_module_free(&module);
	}
}

/* The one export of a module, whose name cannot be had. */
static void assert_no_name(const char *table)
{
	struct kg_module module = parse(unit_text("%s%s", THIS_MODULE STRINGS, table));

	assert_int_equal(module.exports.count, 1);
	assert_string_equal(module.exports.items[0].name, "");
	kg_module_free(&module);
}

static void exports_without_a_name(void **state)
{
	(void)state;
	/* No relocation, one of nothing, and one behind the strings. */
	assert_no_name(SECTION("__ksymtab") ".long 0, 0, 0\n.text\ncall printk\n");
	assert_no_name(SECTION("__ksymtab_gpl") ".long 0\n.long nowhere - .\n.long 0\n");
	assert_no_name(SECTION("__ksymtab") ".long 0\n.long one + 0x1000 - .\n.long 0\n");
	assert_no_name(SECTION("__ksymtab") ".long 0\n.long one - 0x1000 - .\n.long 0\n");
	assert_no_name(".section .bss\nroom: .zero 64\n" SECTION(
		"__ksymtab") ".long 0\n.long room - .\n.long 0\n");
	assert_no_name(SECTION(".kg") "text: .ascii \"no NUL\"\n" SECTION(
		"__ksymtab") ".long 0\n.long text - .\n.long 0\n");
	/* A table without bytes has relocations all the same; without them nothing. */
	assert_no_name(".section __ksymtab,\"a\",@nobits\n.zero 12\n.text\ncall printk\n");
}

static void namespaces_that_cannot_be_read(void **state)
{
	struct kg_module module =
		parse(THIS_MODULE STRINGS SECTION("__ksymtab") ".long 0\n"
							       ".long one - .\n"
							       ".long ns + 0x1000 - .\n");

	(void)state;
	assert_export(&module, "one", "", false, false, 0);
	kg_module_free(&module);
}

/* More than any kernel has; the names are not there. */
static void more_exports_than_any(void **state)
{
	struct kg_span bytes = unit_copy(unit_assemble(
		THIS_MODULE ".section __ksymtab,\"a\",@nobits\n.zero 12\n.text\ncall printk\n"));
	struct kg_module module;

	(void)state;
	edit_section(bytes, "__ksymtab")->sh_size = UINT64_MAX;
	module = parse_bytes(bytes);
	assert_int_equal(module.exports.count, 1 << 20);
	kg_module_free(&module);
	unit_free(bytes);
}

static void damaged_relocations(void **state)
{
	struct kg_span bytes = unit_copy(unit_assemble(THIS_MODULE STRINGS SECTION("__ksymtab")
							       ENTRY("one", "0") ENTRY("two", "0")));
	Elf64_Rela *relocations = edit_relocations(bytes, "__ksymtab");
	Elf64_Shdr *table = edit_section(bytes, ".rela__ksymtab");
	const Elf64_Rela good = relocations[1];
	const struct {
		Elf64_Rela relocation;
		const char *name;
	} cases[] = {
		{good, "one"},
		{{4, ELF64_R_INFO(UINT32_MAX, R_X86_64_PC32), good.r_addend}, ""},
		{{4, good.r_info, INT64_MIN}, ""},
		{{4, good.r_info, -1}, ""},
		{{UINT64_MAX, good.r_info, good.r_addend}, ""},
		{{24, good.r_info, good.r_addend}, ""},
		{{5, good.r_info, good.r_addend}, ""},
		{{3, good.r_info, good.r_addend}, ""},
		/* That of two, which comes later, counts. */
		{{16, good.r_info, good.r_addend}, ""},
	};
	struct kg_module module;

	(void)state;
	assert_int_equal(good.r_offset, 4);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		relocations[1] = cases[i].relocation;
		module = parse_bytes(bytes);
		assert_int_equal(module.exports.count, 2);
		assert_string_equal(module.exports.items[0].name, cases[i].name);
		assert_string_equal(module.exports.items[1].name, "two");
		kg_module_free(&module);
	}
	relocations[1] = good;
	/* The kernel takes the one symbol table of the module. */
	table->sh_link = 0xffff;
	module = parse_bytes(bytes);
	assert_non_null(kg_export_table_find(&module.exports, "one"));
	kg_module_free(&module);
	/* A last relocation that is cut off. */
	table->sh_size--;
	module = parse_bytes(bytes);
	assert_null(kg_export_table_find(&module.exports, "two"));
	assert_non_null(kg_export_table_find(&module.exports, "one"));
	kg_module_free(&module);
	table->sh_type = SHT_REL;
	module = parse_bytes(bytes);
	assert_null(kg_export_table_find(&module.exports, "one"));
	kg_module_free(&module);
	unit_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exports_up_to_7_0),
		cmocka_unit_test(exports_from_7_1_on),
		cmocka_unit_test(exports_of_the_other_form),
		cmocka_unit_test(tables_without_crcs),
		cmocka_unit_test(crcs_that_are_symbols),
		cmocka_unit_test(tables_that_are_too_short),
		cmocka_unit_test(tables_that_do_not_count),
		cmocka_unit_test(tables_that_are_not_sorted),
		cmocka_unit_test(exports_without_a_name),
		cmocka_unit_test(namespaces_that_cannot_be_read),
		cmocka_unit_test(more_exports_than_any),
		cmocka_unit_test(damaged_relocations),
	};

	return UNIT_RUN(tests);
}
