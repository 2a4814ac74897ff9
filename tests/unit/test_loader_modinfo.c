// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What load_module() asks before it looks at sections and symbols (early_mod_check() of
 * kernel/module/main.c), and in which order.
 */
#include "loader_bed.h"

static void the_least(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("least"));
	assert_true(kg_module_loader_has(bed->loader, "least"));
	assert_false(kg_module_loader_has(bed->loader, "leas"));
	bed_free(bed);
}

static void what_is_not_known(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);
	struct kg_vmlinux *vmlinux = &bed->kernel.vmlinux;

	(void)state;
	vmlinux->rules = (struct kg_loader_rules){0};
	cannot_tell(bed, MODULE("one"), NULL);
	assert_string_equal(bed->verdict.message, "what 6.1.0-kg demands of a module is not known");
	/* What is refused under any rules is refused, and what may be loaded is there. */
	refuses(bed, MODULE("two") USE("nowhere"), ENOENT, SYMBOL_MISSING, "nowhere");
	refuses(bed, MODULE("one"), EEXIST, DUPLICATE, NULL);
	bed->kernel.facts = KG_KERNEL_FACTS_SYMVERS;
	free(vmlinux->vermagic);
	vmlinux->vermagic = NULL;
	bed->kernel.facts_error.code = ENOTSUP;
	(void)strcpy(bed->kernel.facts_error.message, "is packed");
	cannot_tell(bed, MODULE("three"), NULL);
	assert_string_equal(bed->verdict.message,
			    "the vermagic of 6.1.0-kg is not known (is packed)");
	bed->kernel.facts = KG_KERNEL_FACTS_NONE;
	cannot_tell(bed, MODULE("four") USE("nowhere"), NULL);
	assert_string_equal(bed->verdict.message, "what 6.1.0-kg exports is not known (is packed)");
	bed_free(bed);
}

static void modules_are_disabled(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	bed->situation.modules_disabled = true;
	refuses(bed, MODULE("one"), EPERM, BLACKLISTED, NULL);
	/* Before the file is read. */
	bed_load_bytes(bed, (struct kg_span){0});
	assert_refused(bed, EPERM, BLACKLISTED, NULL);
	bed_load_bytes(bed, kg_span_of_string("junk"));
	assert_refused(bed, EPERM, BLACKLISTED, NULL);
	bed_free(bed);
}

static void files_that_are_none(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	bed_load_bytes(bed, (struct kg_span){0});
	assert_refused(bed, EINVAL, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message, "kg.ko: is empty");
	bed_load_bytes(bed, kg_span_of_string("x"));
	assert_refused(bed, ENOEXEC, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message, "kg.ko: is no ELF file");
	bed_load_bytes(bed, unit_link(".text\nnop\n"));
	assert_refused(bed, ENOEXEC, DAMAGED, NULL);
	/* Packed as modules are, and so that nothing comes out. */
	bed_load_bytes(bed, unit_filter("gzip -nc", unit_assemble(MODULE("packed"))));
	assert_loaded(bed);
	bed_load_bytes(bed, kg_span_of("\x1f\x8b\x08", 3));
	assert_refused(bed, ENOEXEC, DAMAGED, NULL);
	bed_load_bytes(bed, unit_output("head -c 300000000 /dev/zero | zstd -qc"));
	assert_undecided(bed, NULL);
	assert_string_equal(bed->verdict.message,
			    "kg.ko: unpacks to more than 268435456 bytes");
	bed_free(bed);
}

static void machines(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	bed->kernel.vmlinux.machine = EM_AARCH64;
	refuses(bed, MODULE("one"), ENOEXEC, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message, "one was built for another architecture");
	/* Of headers it is not known. */
	bed->kernel.vmlinux.machine = 0;
	loads(bed, MODULE("one"));
	bed_free(bed);
}

/* Compared with the name tag; where there is none with struct module, and byte by byte. */
static void blacklists(void **state)
{
	static const struct {
		const char *listed;
		const char *source;
		bool refused;
	} cases[] = {
		{"one", MODULE("one"), true},
		{"on", MODULE("one"), false},
		{"onee", MODULE("one"), false},
		{"One", MODULE("one"), false},
		{"o-ne", MODULE("o_ne"), false},
		{"o_ne", MODULE("o-ne"), false},
		{"o-ne", MODULE("o-ne"), true},
		{"tag", MODULE("struct") TAG("name=tag"), true},
		{"struct", MODULE("struct") TAG("name=tag"), false},
		{"two", MODULE("struct") TAG("name=one") TAG("name=two"), false},
		{"", MODULE("one"), false},
		{"", MODULE("one") TAG("name="), true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bed *bed = bed_new("6.1.0-kg", 0);
		struct kg_error err;

		assert_ok(kg_strings_add(&bed->situation.blacklist, "other", &err), err);
		assert_ok(kg_strings_add(&bed->situation.blacklist, cases[i].listed, &err), err);
		bed_load(bed, cases[i].source);
		if (cases[i].refused)
			assert_refused(bed, EPERM, BLACKLISTED, NULL);
		else
			assert_loaded(bed);
		bed_free(bed);
	}
}

/* A module built for 6.2 with versions, one of which is of module_layout. */
#define LAYOUT(crc, vermagic)                                                                      \
	MODULE_TAGS("one", TAG("license=GPL") TAG("vermagic=" vermagic)) SECTION("__versions")     \
	VERSION(crc, "module_layout")

static void layout_of_struct_module(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	bed_export(bed, (struct kg_export){.name = "module_layout", .crc = 7, .has_crc = true});
	/* Without CONFIG_MODVERSIONS nobody asks. */
	loads(bed, LAYOUT("8", BED_VERMAGIC));
	bed_restart(bed);
	bed->kernel.vmlinux.modversions = true;
	loads(bed, LAYOUT("7", BED_VERMAGIC));
	bed_restart(bed);
	refuses(bed, LAYOUT("8", BED_VERMAGIC), ENOEXEC, SYMBOL_VERSION, "module_layout");
	refuses(bed, LAYOUT("8", "6.2"), ENOEXEC, SYMBOL_VERSION, "module_layout");
	refuses(bed, LAYOUT("0x100000007", BED_VERMAGIC), ENOEXEC, SYMBOL_VERSION,
		"module_layout");
	refuses(bed, MODULE("one") SECTION("__versions") VERSION("7", "other"), ENOEXEC,
		SYMBOL_VERSION, "module_layout");
	refuses(bed, MODULE("one"), ENOEXEC, SYMBOL_VERSION, "module_layout");
	bed->kernel.vmlinux.rules.present |= UNIT_RULE(FORCE_LOAD);
	loads(bed, MODULE("one"));
	bed_restart(bed);
	refuses(bed, MODULE("one") SECTION("__versions"), ENOEXEC, SYMBOL_VERSION,
		"module_layout");
	bed_free(bed);
}

/* From 6.4 on; where the kernel's types do not tell the size, it is not asked for. */
static void size_of_struct_module(void **state)
{
	static const uint32_t sizes[] = {unit_struct_module_size - 1, unit_struct_module_size + 1};
	struct bed *bed = bed_new("6.4.0-kg", UNIT_RULE(UNIQUE_SECTIONS));

	(void)state;
	bed->kernel.vmlinux.modversions = true;
	bed_export(bed, (struct kg_export){.name = "module_layout", .crc = 7, .has_crc = true});
	for (int i = 0; i < 2; i++) {
		bed->kernel.vmlinux.struct_module_size = sizes[i];
		refuses(bed, LAYOUT("7", BED_VERMAGIC), ENOEXEC, VERMAGIC, NULL);
		/* Why it has another size, where that is known. */
		refuses(bed, LAYOUT("8", BED_VERMAGIC), ENOEXEC, SYMBOL_VERSION, "module_layout");
		refuses(bed, LAYOUT("7", "6.2 "), ENOEXEC, VERMAGIC, NULL);
	}
	bed->kernel.vmlinux.struct_module_size = 0;
	loads(bed, LAYOUT("7", BED_VERMAGIC));
	bed_free(bed);

	bed = bed_new("6.3.0-kg", 0);
	bed->kernel.vmlinux.struct_module_size = sizes[0];
	loads(bed, MODULE("one"));
	bed_free(bed);
}

#define WITH_VERSIONS(vermagic)                                                                    \
	MODULE_TAGS("one", TAG("license=GPL") TAG("vermagic=" vermagic)) SECTION("__versions")
#define WITHOUT_VERSIONS(vermagic) MODULE_TAGS("one", TAG("license=GPL") TAG("vermagic=" vermagic))

static void version_magic(void **state)
{
	static const struct {
		const char *source;
		bool modversions;
		bool refused;
	} cases[] = {
		{WITHOUT_VERSIONS("6.1.0-kg SMP mod_unload "), false, false},
		{WITHOUT_VERSIONS("6.1.0-kg SMP mod_unload"), false, true},
		{WITHOUT_VERSIONS("6.1.0-kg SMP mod_unload  "), false, true},
		{WITHOUT_VERSIONS("6.1.0-kx SMP mod_unload "), false, true},
		{WITHOUT_VERSIONS(""), false, true},
		{WITHOUT_VERSIONS(BED_VERMAGIC) TAG("vermagic=other"), false, false},
		{MODULE_TAGS("one", TAG("vermagic=other") TAG("vermagic=" BED_VERMAGIC)), false,
		 true},
		/* Versions on both sides: from the first blank on. */
		{WITH_VERSIONS("6.2.0-kg SMP mod_unload "), true, false},
		{WITH_VERSIONS(" SMP mod_unload "), true, false},
		{WITH_VERSIONS("6.2.0-kg SMP mod_unload"), true, true},
		{WITH_VERSIONS("6.1.0-kg"), true, true},
		{WITH_VERSIONS("6.1.0-kg preempt mod_unload "), true, true},
		/* On one side, or without SHF_ALLOC: as a whole. */
		{WITH_VERSIONS("6.2.0-kg SMP mod_unload "), false, true},
		{WITHOUT_VERSIONS("6.2.0-kg SMP mod_unload "), true, true},
		{WITHOUT_VERSIONS("6.2.0-kg SMP mod_unload ") ".section __versions\n", true, true},
		{WITHOUT_VERSIONS("6.1.0-kg SMP mod_unload "), true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bed *bed = bed_new("6.1.0-kg", 0);

		bed->kernel.vmlinux.modversions = cases[i].modversions;
		bed_load(bed, cases[i].source);
		if (cases[i].refused)
			assert_refused(bed, ENOEXEC, VERMAGIC, NULL);
		else
			assert_loaded(bed);
		bed_free(bed);
	}
}

static void no_version_magic(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	refuses(bed, MODULE_TAGS("one", TAG("license=GPL")), ENOEXEC, VERMAGIC, NULL);
	assert_string_equal(bed->verdict.message,
			    "one has no vermagic, and 6.1.0-kg loads no such module");
	bed->kernel.vmlinux.rules.present |= UNIT_RULE(FORCE_LOAD);
	loads(bed, MODULE_TAGS("one", TAG("license=GPL")));
	bed_free(bed);
}

static void live_patches(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", UNIT_RULE(NO_LIVEPATCH));

	(void)state;
	refuses(bed, MODULE("one") TAG("livepatch=N"), ENOEXEC, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message,
			    "one is a live patch, which 6.1.0-kg does not support");
	loads(bed, MODULE("one") TAG("livepatch"));
	bed_free(bed);
	bed = bed_new("6.1.0-kg", 0);
	loads(bed, MODULE("one") TAG("livepatch=Y"));
	bed_free(bed);
}

/* module_patient_check_exists(): struct module's name, byte by byte. */
static void names_that_are_taken(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("a_b"));
	refuses(bed, MODULE("a_b"), EEXIST, DUPLICATE, NULL);
	assert_string_equal(bed->verdict.message, "a module named a_b is loaded already");
	refuses(bed, MODULE("a_b") TAG("name=other"), EEXIST, DUPLICATE, NULL);
	loads(bed, MODULE("c") TAG("name=a_b"));
	loads(bed, MODULE("a-b"));
	assert_true(kg_module_loader_has(bed->loader, "a-b"));
	loads(bed, MODULE("a_bc"));
	/* One that was refused leaves its name to others. */
	refuses(bed, MODULE("d") USE("nowhere"), ENOENT, SYMBOL_MISSING, "nowhere");
	assert_true(kg_module_loader_has(bed->loader, "d"));
	loads(bed, MODULE("d"));
	refuses(bed, MODULE("d") USE("nowhere"), EEXIST, DUPLICATE, NULL);
	bed_restart(bed);
	loads(bed, MODULE("d"));
	bed_free(bed);
}

/* setup_modinfo(), 6.16. */
static void namespaces_that_nobody_imports(void **state)
{
	struct bed *bed = bed_new("6.16.0-kg", UNIT_RULE(MODULE_NAMESPACES));

	(void)state;
	refuses(bed, MODULE("one") TAG("import_ns=A") TAG("import_ns=module:one"), EPERM,
		SYMBOL_NAMESPACE, NULL);
	refuses(bed, MODULE("one") TAG("import_ns=module:"), EPERM, SYMBOL_NAMESPACE, NULL);
	loads(bed, MODULE("one") TAG("import_ns=module") TAG("import_ns=Module:x") TAG(
			   "import_ns= module:x"));
	bed_free(bed);
	bed = bed_new("6.12.0-kg", 0);
	loads(bed, MODULE("one") TAG("import_ns=module:one"));
	bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least),
		cmocka_unit_test(what_is_not_known),
		cmocka_unit_test(modules_are_disabled),
		cmocka_unit_test(files_that_are_none),
		cmocka_unit_test(machines),
		cmocka_unit_test(blacklists),
		cmocka_unit_test(layout_of_struct_module),
		cmocka_unit_test(size_of_struct_module),
		cmocka_unit_test(version_magic),
		cmocka_unit_test(no_version_magic),
		cmocka_unit_test(live_patches),
		cmocka_unit_test(names_that_are_taken),
		cmocka_unit_test(namespaces_that_nobody_imports),
	};

	return UNIT_RUN(tests);
}
