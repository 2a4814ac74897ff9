// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sections that keep a module from being loaded: kernel/module/strict_rwx.c, sysfs.c and main.c
 * (find_module_sections(), check_export_symbol_sections(), verify_exported_symbols()).
 */
#include "kernel-guard/parse/boot_entry.h"
#include "loader_bed.h"

#define AGAIN(name, flags) ".section " name ",\"" flags "\",@progbits,unique,2\n"

static void writable_code(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", UNIT_RULE(STRICT_RWX));

	(void)state;
	refuses(bed, MODULE("one") ".section .kg,\"awx\"\n", ENOEXEC, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message,
			    "one has a section that is writable and executable (.kg)");
	/* Also what is not loaded, and what has no bytes. */
	refuses(bed, MODULE("one") ".section .kg,\"wx\"\nnop\n", ENOEXEC, DAMAGED, NULL);
	refuses(bed, MODULE("one") ".section .kg,\"awx\",@nobits\n", ENOEXEC, DAMAGED, NULL);
	loads(bed, MODULE("one") ".section .kg,\"ax\"\n.section .kg2,\"aw\"\n");
	bed_free(bed);
	bed = bed_new("6.1.0-kg", 0);
	loads(bed, MODULE("one") ".section .kg,\"awx\"\n");
	bed_free(bed);
}

static void flags_of_section_0(void **state)
{
	struct kg_span bytes = unit_copy(unit_assemble(MODULE("one")));
	struct bed *bed = bed_new("6.1.0-kg", UNIT_RULE(STRICT_RWX));

	(void)state;
	edit_sections(bytes)->sh_flags = SHF_WRITE | SHF_EXECINSTR;
	bed_load_bytes(bed, bytes);
	assert_refused(bed, ENOEXEC, DAMAGED, NULL);
	bed_free(bed);
	unit_free(bytes);
}

static void constructors(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", UNIT_RULE(CONSTRUCTORS));

	(void)state;
	refuses(bed, MODULE("one") SECTION(".init_array") SECTION(".ctors"), EINVAL, DAMAGED,
		NULL);
	assert_string_equal(bed->verdict.message, "one has both .ctors and .init_array");
	loads(bed, MODULE("one") SECTION(".ctors"));
	loads(bed, MODULE("two") SECTION(".init_array"));
	loads(bed, MODULE("three") ".section .ctors,\"\"\n" SECTION(".init_array"));
	bed_free(bed);
	bed = bed_new("6.1.0-kg", 0);
	loads(bed, MODULE("one") SECTION(".init_array") SECTION(".ctors"));
	bed_free(bed);
}

/* CONFIG_MODVERSIONS wants CRCs, or CONFIG_MODULE_FORCE_LOAD. */
static void exports_without_versions(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("one") EXPORTING("a"));
	bed_restart(bed);
	bed->kernel.vmlinux.modversions = true;
	refuses(bed, MODULE("one") EXPORTING("a"), ENOEXEC, SYMBOL_VERSION, NULL);
	assert_string_equal(bed->verdict.message, "one exports symbols without versions, and "
						  "6.1.0-kg loads no such module");
	refuses(bed, MODULE("one") EXPORTED("a") EXPORT_TO_GPL EXPORT("a") SECTION(
			     "__kcrctab") ".long 1\n", ENOEXEC, SYMBOL_VERSION, NULL);
	loads(bed, MODULE("one") EXPORTED("a") EXPORT_TO_GPL EXPORT("a") SECTION(
			   "__kcrctab_gpl") ".long 1\n");
	loads(bed, MODULE("two") SECTION("__ksymtab"));
	bed->kernel.vmlinux.rules.present |= UNIT_RULE(FORCE_LOAD);
	loads(bed, MODULE("three") EXPORTING("b"));
	bed_free(bed);
}

/* From 7.1 on __kflagstab, which nothing replaces. */
static void exports_without_flags(void **state)
{
	struct bed *bed =
		bed_new("7.1.0-kg", UNIT_RULES_7_0 | UNIT_RULE(EXPORT_FLAGS) |
					    UNIT_RULE(FORCE_LOAD));

	(void)state;
	refuses(bed, MODULE("one") EXPORTING("a"), ENOEXEC, VERMAGIC, NULL);
	loads(bed, MODULE("one") EXPORTING("a") SECTION("__kflagstab") ".byte 0\n");
	/* The table for GPL modules is ignored. */
	loads(bed, MODULE("two") EXPORTED("b") EXPORT_TO_GPL EXPORT("b"));
	refuses(bed, MODULE("user") USE("b"), ENOENT, SYMBOL_MISSING, "b");
	bed->kernel.vmlinux.modversions = true;
	bed->kernel.vmlinux.rules.present &= ~UNIT_RULE(FORCE_LOAD);
	refuses(bed, MODULE("three") EXPORTING("c"), ENOEXEC, VERMAGIC, NULL);
	refuses(bed, MODULE("three") EXPORTING("c") SECTION("__kflagstab") ".byte 0\n", ENOEXEC,
		SYMBOL_VERSION, NULL);
	bed_free(bed);
	bed = bed_new("7.0.0-kg", UNIT_RULES_7_0);
	loads(bed, MODULE("one") EXPORTING("a"));
	bed_free(bed);
}

static void symbols_that_are_exported_already(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	bed_export(bed, (struct kg_export){.name = "taken"});
	bed_export(bed, (struct kg_export){.name = "taken_gpl", .gpl_only = true});
	refuses(bed, MODULE("one") EXPORTING("taken"), ENOEXEC, DUPLICATE, "taken");
	assert_string_equal(bed->verdict.message,
			    "one exports taken, which 6.1.0-kg exports already");
	/* A proprietary module is shown all of them here. */
	refuses(bed, MODULE_OF("one", "MIT") EXPORTING("taken_gpl"), ENOEXEC, DUPLICATE,
		"taken_gpl");
	refuses(bed, MODULE("one") EXPORTED("taken") EXPORT_TO_GPL EXPORT("taken"), ENOEXEC,
		DUPLICATE, "taken");
	loads(bed, MODULE("one") EXPORTING("own"));
	refuses(bed, MODULE("two") EXPORTING("own"), ENOEXEC, DUPLICATE, "own");
	assert_string_equal(bed->verdict.message, "two exports own, which one exports already");
	/* Of what was refused nothing is exported, and a name may be twice in one module. */
	refuses(bed, MODULE("bad") EXPORTING("free") USE("nowhere"), ENOENT, SYMBOL_MISSING,
		"nowhere");
	loads(bed, MODULE("three") EXPORTING("free") EXPORT("free") EXPORT_TO_GPL EXPORT("free"));
	bed_free(bed);
}

/* What bisection does not find is not there, neither for others nor against them. */
static void exports_that_are_not_sorted(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("one") EXPORTED("a") EXPORTED("b") EXPORT_TO_ALL EXPORT("b") EXPORT("a"));
	loads(bed, MODULE("user") USE("a"));
	refuses(bed, MODULE("user2") USE("b"), ENOENT, SYMBOL_MISSING, "b");
	loads(bed, MODULE("two") EXPORTING("b"));
	loads(bed, MODULE("user2") USE("b"));
	refuses(bed, MODULE("three") EXPORTING("a"), ENOEXEC, DUPLICATE, "a");
	bed_free(bed);
}

/* mod_sysfs_init(): a directory of this very name. */
static void names_of_what_is_built_in(void **state)
{
	static const char *const built_in[] = {"a-b", "kernel", "printk"};
	struct bed *bed = bed_new("6.1.0-kg", 0);
	struct kg_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		assert_ok(kg_strings_add(&bed->kernel.vmlinux.builtin_modules, built_in[i], &err),
			  err);
	refuses(bed, MODULE("printk"), EINVAL, DUPLICATE, NULL);
	assert_string_equal(bed->verdict.message, "printk is built into 6.1.0-kg, where "
						  "/sys/module/printk exists already");
	/* It is no other the second time. */
	refuses(bed, MODULE("printk"), EINVAL, DUPLICATE, NULL);
	refuses(bed, MODULE("printk") TAG("name=other"), EINVAL, DUPLICATE, NULL);
	refuses(bed, MODULE("a-b"), EINVAL, DUPLICATE, NULL);
	loads(bed, MODULE("a_b"));
	loads(bed, MODULE("Kernel"));
	loads(bed, MODULE("other") TAG("name=kernel"));
	refuses(bed, MODULE(""), EINVAL, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message, "kg.ko: the module has no name");
	bed_free(bed);
}

struct doubled {
	const char *sections;
	bool refused;
};

/* add_sect_attrs(): files in /sys/module/NAME/sections, of what is loaded and not empty. */
static const struct doubled doubled[] = {
	{SECTION(".kg") ".byte 1\n" AGAIN(".kg", "a") ".byte 1\n", true},
	{SECTION(".kg") ".byte 1\n" AGAIN(".kg", "aw") ".byte 1\n", true},
	{SECTION(".kg") ".byte 1\n.section .kg,\"aw\",@nobits,unique,2\n.zero 1\n", true},
	{SECTION(".kg") ".byte 1\n" SECTION(".kg2") ".byte 1\n" AGAIN(".kg", "a") ".byte 1\n",
	 true},
	{SECTION(".kg") ".byte 1\n" AGAIN(".kg", "a"), false},
	{SECTION(".kg") AGAIN(".kg", "a"), false},
	{SECTION(".kg") ".byte 1\n" AGAIN(".kg", "") ".byte 1\n", false},
	{".section .kg\n.byte 1\n" AGAIN(".kg", "") ".byte 1\n", false},
	/* Those that are used in the file and left behind, of which there is one each. */
	{SECTION("__versions") ".byte 1\n" AGAIN("__versions", "a") ".byte 1\n", false},
	{SECTION("__versions") ".byte 1\n" AGAIN("__versions", "a") ".byte 1\n"
	 ".section __versions,\"a\",@progbits,unique,3\n.byte 1\n", true},
	{".section .data..percpu,\"aw\"\n.byte 1\n" AGAIN(".data..percpu", "aw") ".byte 1\n",
	 false},
};

static void sections_of_one_name(void **state)
{
	static const char *const releases[] = {"6.11.9-kg", "6.12.0-kg", "7.3.0-kg"};

	(void)state;
	for (size_t i = 0; i < sizeof(doubled) / sizeof(doubled[0]); i++) {
		struct kg_span bytes = unit_assemble(
			unit_text("%s%s", MODULE("one"), doubled[i].sections));

		for (size_t j = 0; j < sizeof(releases) / sizeof(releases[0]); j++) {
			struct bed *bed = bed_new(releases[j], UNIT_RULES_6_4);
			bool counts = kg_version_compare(releases[j], "6.12") >= 0;

			bed_load_bytes(bed, bytes);
			bed_check(bed,
				  counts && doubled[i].refused ? KG_LOAD_REFUSED : KG_LOAD_ACCEPTED,
				  EEXIST, KG_FINDING_MODULE_DAMAGED, NULL, releases[j], (int)i);
			bed_free(bed);
		}
	}
}

/* layout_symtab() makes symbols and their names SHF_ALLOC, and not the names of sections. */
static void sections_named_like_symbols(void **state)
{
	static const struct {
		const char *name;
		bool refused;
	} cases[] = {{".symtab", true}, {".strtab", true}, {".shstrtab", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_span bytes =
			unit_copy(unit_assemble(MODULE("one") SECTION(".kg") ".byte 1\n"));
		struct bed *bed = bed_new("6.12.0-kg", UNIT_RULES_6_4);

		edit_section(bytes, ".kg")->sh_name = edit_section(bytes, cases[i].name)->sh_name;
		bed_load_bytes(bed, bytes);
		bed_check(bed, cases[i].refused ? KG_LOAD_REFUSED : KG_LOAD_ACCEPTED, EEXIST,
			  KG_FINDING_MODULE_DAMAGED, NULL, cases[i].name, 0);
		bed_free(bed);
		unit_free(bytes);
	}
}

/* Extended versions are left behind where the kernel knows them. */
static void sections_of_extended_versions(void **state)
{
	const char *source = MODULE("one") SECTION("__version_ext_crcs") ".long 1\n"
		AGAIN("__version_ext_crcs", "a") ".long 1\n" SECTION("__version_ext_names")
		".asciz \"a\"\n" AGAIN("__version_ext_names", "a") ".asciz \"a\"\n";
	struct bed *bed = bed_new("6.14.0-kg", UNIT_RULES_6_14);

	(void)state;
	loads(bed, source);
	bed_free(bed);
	bed = bed_new("6.13.0-kg", UNIT_RULES_6_13);
	refuses(bed, source, EEXIST, DAMAGED, NULL);
	bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writable_code),
		cmocka_unit_test(flags_of_section_0),
		cmocka_unit_test(constructors),
		cmocka_unit_test(exports_without_versions),
		cmocka_unit_test(exports_without_flags),
		cmocka_unit_test(symbols_that_are_exported_already),
		cmocka_unit_test(exports_that_are_not_sorted),
		cmocka_unit_test(names_of_what_is_built_in),
		cmocka_unit_test(sections_of_one_name),
		cmocka_unit_test(sections_named_like_symbols),
		cmocka_unit_test(sections_of_extended_versions),
	};

	return UNIT_RUN(tests);
}
