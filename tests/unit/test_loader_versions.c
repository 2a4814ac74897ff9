// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Versions and namespaces of symbols: check_version() (kernel/module/version.c),
 * verify_namespace_is_imported() and verify_module_namespace() (kernel/module/main.c).
 */
#include "loader_bed.h"

static struct bed *bed_with_versions(const char *release, uint32_t rules)
{
	struct bed *bed = bed_new(release, rules);

	bed->kernel.vmlinux.modversions = true;
	bed_export(bed, (struct kg_export){.name = "known", .crc = 0x11223344, .has_crc = true});
	bed_export(bed, (struct kg_export){.name = "zero", .crc = 0, .has_crc = true});
	bed_export(bed, (struct kg_export){.name = "without"});
	return bed;
}

#define VERSIONS SECTION("__versions")
#define EXTENDED(crc, name)                                                                        \
	SECTION("__version_ext_crcs")                                                              \
	".long " crc "\n" SECTION("__version_ext_names") ".asciz \"" name "\"\n"

static void versions_of_symbols(void **state)
{
	struct bed *bed = bed_with_versions("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("one") VERSIONS VERSION("0x11223344", "known") USE("known"));
	bed_restart(bed);
	refuses(bed, MODULE("one") VERSIONS VERSION("0x11223345", "known") USE("known"), EINVAL,
		SYMBOL_VERSION, "known");
	assert_string_equal(bed->verdict.message,
			    "one was built for 6.1.0-kg and expects version 0x11223345 of known; "
			    "6.1.0-kg has version 0x11223344");
	/* All 64 bits of the module's version count. */
	refuses(bed, MODULE("one") VERSIONS VERSION("0x111223344", "known") USE("known"), EINVAL,
		SYMBOL_VERSION, "known");
	/* Of a name that is there twice the first version. */
	refuses(bed, MODULE("one") VERSIONS VERSION("1", "known") VERSION("0x11223344", "known")
			     USE("known"), EINVAL, SYMBOL_VERSION, "known");
	refuses(bed, MODULE("one") VERSIONS VERSION("0x11223344", "know") USE("known"), EINVAL,
		SYMBOL_VERSION, "known");
	assert_string_equal(bed->verdict.message, "one has no version of known, which it uses");
	/* Weak symbols have to fit as well. */
	refuses(bed, MODULE("one") VERSIONS VERSION("1", "known") USE_WEAKLY("known"), EINVAL,
		SYMBOL_VERSION, "known");
	/* 0 is a version like others. */
	loads(bed, MODULE("one") VERSIONS VERSION("0", "zero") USE("zero"));
	refuses(bed, MODULE("two") VERSIONS VERSION("1", "zero") USE("zero"), EINVAL,
		SYMBOL_VERSION, "zero");
	loads(bed, MODULE("two") VERSIONS VERSION("1", "without") USE("without"));
	loads(bed, MODULE("three") VERSIONS USE("without"));
	bed_free(bed);
}

static void no_versions_at_all(void **state)
{
	struct bed *bed = bed_with_versions("6.1.0-kg", 0);

	(void)state;
	refuses(bed, MODULE("one") USE("known"), EINVAL, SYMBOL_VERSION, "known");
	loads(bed, MODULE("one") USE("without"));
	bed->kernel.vmlinux.rules.present |= UNIT_RULE(FORCE_LOAD);
	loads(bed, MODULE("two") USE("known"));
	/* An empty table of versions is one. */
	refuses(bed, MODULE("three") VERSIONS USE("known"), EINVAL, SYMBOL_VERSION, "known");
	bed->kernel.vmlinux.rules.present &= ~UNIT_RULE(FORCE_LOAD);
	bed->kernel.vmlinux.modversions = false;
	loads(bed, MODULE("three") USE("known"));
	loads(bed, MODULE("four") VERSIONS VERSION("1", "known") USE("known"));
	bed_free(bed);
}

static void extended_versions(void **state)
{
	struct bed *bed = bed_with_versions("6.14.0-kg", UNIT_RULES_6_14);

	(void)state;
	loads(bed, MODULE("one") EXTENDED("0x11223344", "known") USE("known"));
	bed_restart(bed);
	refuses(bed, MODULE("one") EXTENDED("1", "known") USE("known"), EINVAL, SYMBOL_VERSION,
		"known");
	/* Of a symbol that they do not name nothing is said, whatever the plain ones have. */
	loads(bed, MODULE("one") EXTENDED("1", "other") USE("known"));
	bed_restart(bed);
	loads(bed, MODULE("one") EXTENDED("1", "other") VERSIONS VERSION("1", "known")
			   USE("known"));
	bed_free(bed);
	/* An older kernel asks the plain ones only. */
	bed = bed_with_versions("6.13.0-kg", UNIT_RULES_6_13);
	refuses(bed, MODULE("one") EXTENDED("0x11223344", "known") USE("known"), EINVAL,
		SYMBOL_VERSION, "known");
	loads(bed, MODULE("one") EXTENDED("1", "known") VERSIONS VERSION("0x11223344", "known")
			   USE("known"));
	bed_free(bed);
}

/* Exports of a module have the versions that it brings. */
static void versions_of_other_modules(void **state)
{
	struct bed *bed = bed_with_versions("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("provider") EXPORTED("a") EXPORTED("b") EXPORT_TO_ALL EXPORT("a")
			   EXPORT("b") SECTION("__kcrctab") ".long 5\n.byte 1\n");
	loads(bed, MODULE("one") VERSIONS VERSION("5", "a") USE("a"));
	refuses(bed, MODULE("two") VERSIONS VERSION("6", "a") USE("a"), EINVAL, SYMBOL_VERSION,
		"a");
	/* The table of versions ends before that of b, and what the kernel reads is not known. */
	cannot_tell(bed, MODULE("four") VERSIONS VERSION("0", "b") USE("b"), "b");
	assert_string_equal(bed->verdict.message,
			    "four uses b, whose exporter has a table of versions that is cut off, "
			    "and the kernel reads what lies behind it");
	refuses(bed, MODULE("two") VERSIONS USE("b"), EINVAL, SYMBOL_VERSION, "b");
	bed->kernel.vmlinux.rules.present |= UNIT_RULE(FORCE_LOAD);
	loads(bed, MODULE("provider2") EXPORTING("c"));
	loads(bed, MODULE("three") VERSIONS VERSION("1", "c") USE("c"));
	bed_free(bed);
}

static void namespaces(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	bed_export(bed, (struct kg_export){.name = "within", .symbol_namespace = "NS"});
	refuses(bed, MODULE("one") USE("within"), EINVAL, SYMBOL_NAMESPACE, "within");
	assert_string_equal(bed->verdict.message, "one uses within from the namespace NS of "
						  "6.1.0-kg and does not import it");
	refuses(bed, MODULE("one") TAG("import_ns=ns") TAG("import_ns=NS2") TAG("import_ns=N")
			     TAG("import_ns=") USE("within"), EINVAL, SYMBOL_NAMESPACE, "within");
	refuses(bed, MODULE("one") USE_WEAKLY("within"), EINVAL, SYMBOL_NAMESPACE, "within");
	loads(bed, MODULE("one") TAG("import_ns=A") TAG("import_ns=NS") USE("within"));
	bed->kernel.vmlinux.rules.present |= UNIT_RULE(NAMESPACE_OPTIONAL);
	loads(bed, MODULE("two") USE("within"));
	bed->kernel.vmlinux.rules.present &= ~UNIT_RULE(NAMESPACE_OPTIONAL);
	/* Those of modules, and an empty one, which is none. */
	loads(bed, MODULE("provider") EXPORTED("a") EXPORTED("b") "space: .asciz \"SPACE\"\n"
			   "none: .asciz \"\"\n" EXPORT_TO_ALL
			   ".long 0, name_a - .\n.long space - .\n"
			   ".long 0, name_b - .\n.long none - .\n");
	refuses(bed, MODULE("three") USE("a"), EINVAL, SYMBOL_NAMESPACE, "a");
	assert_string_equal(bed->verdict.message, "three uses a from the namespace SPACE of "
						  "provider and does not import it");
	loads(bed, MODULE("three") TAG("import_ns=SPACE") USE("a"));
	loads(bed, MODULE("four") USE("b"));
	bed_free(bed);
}

/* The version is looked at first. */
static void version_before_namespace(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	bed->kernel.vmlinux.modversions = true;
	bed_export(bed, (struct kg_export){
				.name = "a", .symbol_namespace = "NS", .crc = 1, .has_crc = true});
	bed_load(bed, MODULE("one") VERSIONS VERSION("2", "a") USE("a"));
	/* The namespace is asked for as well, and is not what is told. */
	assert_refused(bed, EINVAL, SYMBOL_VERSION, "a");
	refuses(bed, MODULE("one") VERSIONS VERSION("1", "a") USE("a"), EINVAL, SYMBOL_NAMESPACE,
		"a");
	bed_free(bed);
}

static const struct {
	const char *symbol_namespace;
	const char *name;
	bool allowed;
} module_namespaces[] = {
	{"module:zfs", "zfs", true},
	{"module:zfs", "zf", false},
	{"module:zfs", "zfs2", false},
	{"module:zfs", "ZFS", false},
	{"module:zfs,spl", "zfs", true},
	{"module:zfs,spl", "spl", true},
	{"module:zfs,spl", "zfs,spl", false},
	{"module:zfs,spl,", "spl", true},
	{"module:,zfs", "zfs", true},
	{"module:zfs,,spl", "spl", true},
	{"module:z*", "zfs", true},
	{"module:z*", "z", true},
	{"module:z*", "", false},
	{"module:z*", "yz", false},
	{"module:zf*,spl", "zfoo", true},
	{"module:zf*,spl", "spl", true},
	{"module:zf*,spl", "splx", false},
	{"module:*", "anything", true},
	{"module:a,*", "anything", true},
	{"module:z*s", "zfs", false},
	{"module:z*s", "z*s", true},
	{"module:z**", "z*", true},
	{"module:z**", "zf", false},
	/* "-" and "_" are one, on both sides. */
	{"module:a-b", "a_b", true},
	{"module:a_b", "a-b", true},
	{"module:a-b*", "a_bc", true},
	{"module:a_b", "a.b", false},
	{"module:", "zfs", false},
	{"module: zfs", "zfs", false},
	/* Namespaces of another kind. */
	{"modules:zfs", "zfs", false},
	{"module", "zfs", false},
	{"Module:zfs", "zfs", false},
	{"zfs", "zfs", false},
};

static void namespaces_for_certain_modules(void **state)
{
	struct bed *bed = bed_new("6.16.0-kg", UNIT_RULE(MODULE_NAMESPACES));
	struct bed *older = bed_new("6.12.0-kg", 0);

	(void)state;
	for (size_t i = 0; i < sizeof(module_namespaces) / sizeof(module_namespaces[0]); i++) {
		/* A name tag is not asked. */
		struct kg_span bytes = unit_assemble(unit_text(
			"%s.zero 24\n1: .asciz \"%s\"\n.zero 1000 - (. - 1b)\n%s",
			".section .gnu.linkonce.this_module,\"aw\"\n", module_namespaces[i].name,
			SECTION(".modinfo") TAG("license=GPL") TAG("vermagic=" BED_VERMAGIC)
				TAG("name=zfs") USE("a") ".section .note,\"a\"\n.byte 1\n"));
		struct kg_export symbol = {
			.name = "a",
			.symbol_namespace = module_namespaces[i].symbol_namespace,
		};

		bed_export(bed, symbol);
		bed_restart(bed);
		bed_load_bytes(bed, bytes);
		bed_check(bed, module_namespaces[i].allowed ? KG_LOAD_ACCEPTED : KG_LOAD_REFUSED,
			  EINVAL, KG_FINDING_MODULE_SYMBOL_NAMESPACE,
			  module_namespaces[i].allowed ? NULL : "a",
			  module_namespaces[i].symbol_namespace, (int)i);
		/* An older kernel takes them for ordinary ones. */
		bed_export(older, symbol);
		bed_restart(older);
		bed_load_bytes(older, bytes);
		assert_refused(older, EINVAL, SYMBOL_NAMESPACE, "a");
		kg_export_table_free(&bed->kernel.vmlinux.exports);
		kg_export_table_free(&older->kernel.vmlinux.exports);
	}
	bed_export(bed, (struct kg_export){.name = "a", .symbol_namespace = "module:x,y"});
	bed_export(older, (struct kg_export){.name = "a", .symbol_namespace = "module:x,y"});
	refuses(bed, MODULE("one") USE("a"), EINVAL, SYMBOL_NAMESPACE, "a");
	assert_string_equal(bed->verdict.message, "one uses a, which 6.16.0-kg exports to certain "
						  "modules only (module:x,y)");
	loads(older, MODULE("one") TAG("import_ns=module:x,y") USE("a"));
	bed->kernel.vmlinux.rules.present |= UNIT_RULE(NAMESPACE_OPTIONAL);
	loads(bed, MODULE("one") USE("a"));
	bed_free(bed);
	bed_free(older);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_of_symbols),
		cmocka_unit_test(no_versions_at_all),
		cmocka_unit_test(extended_versions),
		cmocka_unit_test(versions_of_other_modules),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(version_before_namespace),
		cmocka_unit_test(namespaces_for_certain_modules),
	};

	return UNIT_RUN(tests);
}
