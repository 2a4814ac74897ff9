// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Symbols of modules: simplify_symbols() and resolve_symbol() of kernel/module/main.c,
 * licences and taint.
 */
#include "loader_bed.h"

static struct bed *bed_with_symbols(uint32_t rules)
{
	struct bed *bed = bed_new("6.1.0-kg", rules);

	bed_export(bed, (struct kg_export){.name = "plain"});
	bed_export(bed, (struct kg_export){.name = "gpl", .gpl_only = true});
	bed_export(bed, (struct kg_export){.name = "within", .symbol_namespace = "NS"});
	return bed;
}

static void symbols_of_the_kernel(void **state)
{
	struct bed *bed = bed_with_symbols(0);

	(void)state;
	loads(bed, MODULE("one") USE("plain") USE("gpl"));
	loads(bed, MODULE_OF("two", "MIT") USE("plain"));
	refuses(bed, MODULE("three") USE("nowhere"), ENOENT, SYMBOL_MISSING, "nowhere");
	assert_string_equal(bed->verdict.message, "three uses nowhere, which neither 6.1.0-kg nor "
						  "a module loaded before it exports");
	refuses(bed, MODULE("three") USE("plai"), ENOENT, SYMBOL_MISSING, "plai");
	refuses(bed, MODULE("three") USE("plain") USE("Plain"), ENOENT, SYMBOL_MISSING, "Plain");
	loads(bed, MODULE("three") USE_WEAKLY("nowhere"));
	loads(bed, MODULE("four") USE("_GLOBAL_OFFSET_TABLE_"));
	refuses(bed, MODULE("five") USE("_GLOBAL_OFFSET_TABLE"), ENOENT, SYMBOL_MISSING,
		"_GLOBAL_OFFSET_TABLE");
	bed_free(bed);
}

static void licences(void **state)
{
	static const struct {
		const char *name;
		const char *tags;
		bool compatible;
	} cases[] = {
		{"one", TAG("license=GPL"), true},
		{"one", TAG("license=GPL v2"), true},
		{"one", TAG("license=GPL and additional rights"), true},
		{"one", TAG("license=Dual BSD/GPL"), true},
		{"one", TAG("license=Dual MIT/GPL"), true},
		{"one", TAG("license=Dual MPL/GPL"), true},
		{"one", TAG("license=GPL "), false},
		{"one", TAG("license=gpl"), false},
		{"one", TAG("license=GPLv2"), false},
		{"one", TAG("license=GPL v3"), false},
		{"one", TAG("license=Proprietary"), false},
		{"one", TAG("license="), false},
		{"one", "", false},
		{"one", TAG("license=MIT") TAG("license=GPL"), false},
		{"one", TAG("license=GPL") TAG("license=MIT"), true},
		/* module_augment_kernel_taints() */
		{"driverloader", TAG("license=GPL"), false},
		{"lve", TAG("license=GPL"), false},
		{"ndiswrapper", TAG("license=GPL"), true},
		{"lve2", TAG("license=GPL"), true},
	};
	struct bed *bed = bed_with_symbols(0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_span bytes = unit_copy(unit_assemble(unit_text(
			"%s%s" USE("gpl"), MODULE_TAGS("one", TAG("vermagic=" BED_VERMAGIC)),
			cases[i].tags[0] ? unit_text(SECTION(".modinfo") "%s", cases[i].tags)
					 : "")));
		Elf64_Shdr *this = edit_section(bytes, ".gnu.linkonce.this_module");

		(void)strcpy((char *)edit_content(bytes, this) + 24, cases[i].name);
		bed_restart(bed);
		bed_load_bytes(bed, bytes);
		bed_check(bed, cases[i].compatible ? KG_LOAD_ACCEPTED : KG_LOAD_REFUSED, ENOENT,
			  KG_FINDING_MODULE_SYMBOL_GPL_ONLY, cases[i].compatible ? NULL : "gpl",
			  cases[i].tags, (int)i);
		unit_free(bytes);
	}
	refuses(bed, MODULE_OF("two", "MIT") USE("gpl"), ENOENT, SYMBOL_GPL_ONLY, "gpl");
	assert_string_equal(bed->verdict.message,
			    "two (MIT) uses gpl, which 6.1.0-kg exports to GPL modules only");
	loads(bed, MODULE_OF("two", "MIT") USE_WEAKLY("gpl"));
	bed_free(bed);
}

#define PROVIDER(license) MODULE_OF("provider", license) EXPORTING("provided")

/* inherit_taint(), in the order of the symbol table. */
static void taint_is_inherited(void **state)
{
	struct bed *bed = bed_with_symbols(0);

	(void)state;
	loads(bed, PROVIDER("MIT"));
	loads(bed, MODULE("user") USE("provided") USE("plain"));
	refuses(bed, MODULE("first") USE("gpl") USE("provided"), ENOENT, SYMBOL_GPL_ONLY,
		"provided");
	assert_string_equal(bed->verdict.message,
			    "first uses symbols for GPL modules only and also provided of provider, "
			    "which is proprietary");
	refuses(bed, MODULE("last") USE("provided") USE("gpl"), ENOENT, SYMBOL_GPL_ONLY, "gpl");
	assert_string_equal(bed->verdict.message,
			    "last (GPL) uses gpl, which 6.1.0-kg exports to GPL modules only");
	/* Weak symbols decide as much, and stay without an address where they are not found. */
	refuses(bed, MODULE("weak") USE_WEAKLY("gpl") USE("provided"), ENOENT, SYMBOL_GPL_ONLY,
		"provided");
	loads(bed, MODULE("weak") USE("provided") USE_WEAKLY("gpl"));
	loads(bed, MODULE("weak2") USE("gpl") USE_WEAKLY("provided"));
	loads(bed, MODULE_OF("mit", "MIT") USE_WEAKLY("gpl") USE("provided"));
	/* A provider that is GPL only passes on what it has inherited. */
	loads(bed, MODULE("middle") USE("provided") EXPORTING("passed"));
	refuses(bed, MODULE("end") USE("gpl") USE("passed"), ENOENT, SYMBOL_GPL_ONLY, "passed");
	loads(bed, MODULE("end") USE("passed"));
	bed_restart(bed);
	loads(bed, PROVIDER("GPL"));
	loads(bed, MODULE("first") USE("gpl") USE("provided"));
	loads(bed, MODULE("last") USE("provided") USE("gpl"));
	bed_free(bed);
}

/* find_symbol() passes over what is for GPL modules, and goes on. */
static void exports_for_gpl_modules_of_modules(void **state)
{
	struct bed *bed = bed_with_symbols(0);

	(void)state;
	loads(bed, MODULE("one") EXPORTED("a") EXPORT_TO_GPL EXPORT("a"));
	loads(bed, MODULE("user") USE("a"));
	refuses(bed, MODULE_OF("mit", "MIT") USE("a"), ENOENT, SYMBOL_GPL_ONLY, "a");
	assert_string_equal(bed->verdict.message,
			    "mit (MIT) uses a, which one exports to GPL modules only");
	/* In both tables of one module it is for all. */
	loads(bed, MODULE("two") EXPORTED("b") EXPORT_TO_GPL EXPORT("b") EXPORT_TO_ALL EXPORT("b"));
	loads(bed, MODULE_OF("mit", "MIT") USE("b"));
	bed_free(bed);
}

static void providers_that_are_not_loaded(void **state)
{
	struct bed *bed = bed_with_symbols(0);

	(void)state;
	refuses(bed, MODULE("user") USE("provided"), ENOENT, SYMBOL_MISSING, "provided");
	refuses(bed, PROVIDER("GPL") USE("nowhere"), ENOENT, SYMBOL_MISSING, "nowhere");
	refuses(bed, MODULE("user") USE("provided"), ENOENT, SYMBOL_MISSING, "provided");
	assert_string_equal(bed->verdict.message,
			    "user uses provided of provider, which would not be loaded itself");
	loads(bed, PROVIDER("GPL"));
	loads(bed, MODULE("user") USE("provided"));
	/* What may have been loaded provides. */
	bed_restart(bed);
	bed->kernel.vmlinux.rules.known = false;
	cannot_tell(bed, PROVIDER("GPL"), NULL);
	cannot_tell(bed, MODULE("user") USE("provided"), NULL);
	bed_free(bed);
}

/* A module with one symbol of which only the section's number matters. */
static struct kg_span module_with_symbol(const char *name, uint16_t section, uint64_t value)
{
	struct kg_span bytes = unit_copy(unit_assemble(
		unit_text("%s.text\n.globl \"%s\"\n\"%s\": nop\n", MODULE("one"), name, name)));
	Elf64_Sym *symbol = edit_symbol(bytes, name);

	symbol->st_shndx = section;
	symbol->st_value = value;
	return bytes;
}

static void load_symbol(struct bed *bed, const char *name, uint16_t section)
{
	struct kg_span bytes = module_with_symbol(name, section, 8);

	bed_restart(bed);
	bed_load_bytes(bed, bytes);
	unit_free(bytes);
}

static void common_symbols(void **state)
{
	struct bed *bed = bed_with_symbols(0);

	(void)state;
	load_symbol(bed, "kg_common", SHN_COMMON);
	assert_refused(bed, ENOEXEC, DAMAGED, "kg_common");
	load_symbol(bed, "__gnu_lt", SHN_COMMON);
	assert_refused(bed, ENOEXEC, DAMAGED, "__gnu_lt");
	load_symbol(bed, "__gnu_lto", SHN_COMMON);
	assert_loaded(bed);
	load_symbol(bed, "__gnu_lto_slim", SHN_COMMON);
	assert_loaded(bed);
	load_symbol(bed, "_gnu_lto_slim", SHN_COMMON);
	assert_refused(bed, ENOEXEC, DAMAGED, "_gnu_lto_slim");
	bed_free(bed);
}

/* Only kernels that have the check notice a section that there is not. */
static void symbols_in_no_section(void **state)
{
	struct bed *bed = bed_with_symbols(UNIT_RULE(SYMBOL_SECTIONS));

	(void)state;
	load_symbol(bed, "kg", 0xfeff);
	assert_refused(bed, ENOEXEC, DAMAGED, "kg");
	load_symbol(bed, "kg", SHN_XINDEX);
	assert_refused(bed, ENOEXEC, DAMAGED, "kg");
	load_symbol(bed, "kg", 0xff20);
	assert_loaded(bed);
	load_symbol(bed, "kg", SHN_ABS);
	assert_loaded(bed);
	load_symbol(bed, "kg", 1);
	assert_loaded(bed);
	bed_free(bed);
	bed = bed_with_symbols(0);
	load_symbol(bed, "kg", 0xfeff);
	assert_undecided(bed, "kg");
	bed_free(bed);
}

/* simplify_symbols() goes on: the last errno is returned, and the first reason tells most. */
static void several_symbols_that_fail(void **state)
{
	struct bed *bed = bed_with_symbols(0);

	(void)state;
	refuses(bed, MODULE("one") USE("nowhere") USE("within"), EINVAL, SYMBOL_MISSING,
		"nowhere");
	refuses(bed, MODULE("one") USE("within") USE("nowhere"), ENOENT, SYMBOL_NAMESPACE,
		"within");
	refuses(bed, MODULE("one") USE("nowhere") ".comm kg_common, 8\n", ENOEXEC, SYMBOL_MISSING,
		"nowhere");
	refuses(bed, MODULE("one") ".comm kg_common, 8\n" USE("nowhere"), ENOENT, DAMAGED,
		"kg_common");
	/* What comes after the symbols is not reached. */
	refuses(bed, MODULE("one") USE("nowhere") EXPORTING("plain"), ENOENT, SYMBOL_MISSING,
		"nowhere");
	refuses(bed, MODULE("one") USE("nowhere") USE("plain") USE("elsewhere"), ENOENT,
		SYMBOL_MISSING, "nowhere");
	bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_of_the_kernel),
		cmocka_unit_test(licences),
		cmocka_unit_test(taint_is_inherited),
		cmocka_unit_test(exports_for_gpl_modules_of_modules),
		cmocka_unit_test(providers_that_are_not_loaded),
		cmocka_unit_test(common_symbols),
		cmocka_unit_test(symbols_in_no_section),
		cmocka_unit_test(several_symbols_that_fail),
	};

	return UNIT_RUN(tests);
}
