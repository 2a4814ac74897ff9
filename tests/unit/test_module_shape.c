// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules made by the assembler: forms that no kernel at hand builds, and damaged ones. */
#include "module_edit.h"
#include "module_shape.h"

#define THIS_MODULE THIS_MODULE_NAMED("shape")

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

static void assert_no_module(struct kg_span bytes, const char *message)
{
	struct kg_span exact = unit_copy(bytes);
	struct kg_module module = {.elf.machine = 42};
	struct kg_error err = unit_no_error();

	assert_failure(kg_module_parse(exact, &unit_no_rules, &module, &err), err, EBADMSG,
		       message);
	assert_int_equal(module.elf.machine, 42);
	assert_null(module.symbols);
	unit_free(exact);
}

static void the_least_of_a_module(void **state)
{
	struct kg_module module = parse(THIS_MODULE);

	(void)state;
	assert_string_equal(module.name, "shape");
	assert_string_equal(module.modinfo_name, "shape");
	assert_null(module.license);
	assert_null(module.vermagic);
	assert_false(module.in_tree);
	assert_false(module.livepatch);
	assert_false(module.has_versions);
	assert_false(module.extended_versions);
	assert_int_equal(module.symbol_count, 0);
	assert_int_equal(module.import_namespace_count, 0);
	assert_int_equal(module.version_count, 0);
	assert_int_equal(module.exports.count, 0);
	assert_false(module.exports_without_crcs);
	assert_false(module.exports_without_flags);
	kg_module_free(&module);
}

static void first_tag_wins(void **state)
{
	struct kg_module module =
		parse(THIS_MODULE SECTION(".modinfo") ".asciz \"licensed=MIT\"\n"
						      ".asciz \"description=license=BSD\"\n"
						      ".asciz \"license\"\n"
						      ".zero 5\n"
						      ".asciz \"license=CDDL\"\n"
						      ".asciz \"license=GPL\"\n"
						      ".asciz \"name=of-modinfo\"\n"
						      ".asciz \"import_ns=B\"\n"
						      ".asciz \"vermagic=6.1 SMP \"\n"
						      ".asciz \"import_ns=A\"\n"
						      ".asciz \"name=other\"\n"
						      ".asciz \"vermagic=6.2 SMP \"\n"
						      ".asciz \"import_ns=B\"\n"
						      ".asciz \"intree=Y\"\n"
						      ".asciz \"livepatch=\"\n"
						      ".asciz \"import_ns=\"\n");

	(void)state;
	assert_string_equal(module.license, "CDDL");
	assert_string_equal(module.vermagic, "6.1 SMP ");
	assert_string_equal(module.name, "shape");
	assert_string_equal(module.modinfo_name, "of-modinfo");
	assert_true(module.in_tree);
	assert_true(module.livepatch);
	assert_int_equal(module.import_namespace_count, 4);
	assert_string_equal(module.import_namespaces[0], "B");
	assert_string_equal(module.import_namespaces[1], "A");
	assert_string_equal(module.import_namespaces[2], "B");
	assert_string_equal(module.import_namespaces[3], "");
	kg_module_free(&module);
}

/* A tag is found where it begins within the section, and ends at its NUL, wherever that is. */
static void tags_at_the_end_of_the_section(void **state)
{
	struct kg_span bytes =
		unit_copy(unit_assemble(THIS_MODULE SECTION(".modinfo") ".ascii \"license=GPL\\0\"\n"
									".ascii \"\\0\\0vermagic=\"\n"
						SECTION(".modinfo.next") ".asciz \"6.1\"\n"
						".asciz \"intree=Y\"\n"));
	Elf64_Shdr *modinfo = edit_section(bytes, ".modinfo");
	uint64_t whole = modinfo->sh_size;

	(void)state;
	assert_int_equal(whole, 23);
	for (uint64_t size = 0; size <= whole; size++) {
		struct kg_module module;

		modinfo->sh_size = size;
		module = parse_bytes(bytes);
		/* Of a section without bytes the first tag is read as well. */
		assert_string_equal(module.license, "GPL");
		if (size < 15)
			assert_null(module.vermagic);
		else
			assert_string_equal(module.vermagic, "6.1");
		assert_false(module.in_tree);
		kg_module_free(&module);
	}
	unit_free(bytes);
}

/* A copy with more bytes behind it. */
static struct kg_span appended(struct kg_span object, const void *more, size_t size)
{
	struct kg_buffer longer = {0};
	struct kg_span bytes;
	struct kg_error err;

	assert_ok(kg_buffer_append(&longer, object.data, object.size, &err), err);
	assert_ok(kg_buffer_append(&longer, more, size, &err), err);
	bytes = unit_copy(kg_buffer_span(&longer));
	kg_buffer_free(&longer);
	return bytes;
}

static void tags_at_the_end_of_the_file(void **state)
{
	static const char tag[] = "license=GPL";
	struct kg_span object =
		unit_assemble(THIS_MODULE SECTION(".modinfo") ".asciz \"license=MIT\"\n");
	struct kg_span with_nul = appended(object, tag, sizeof(tag));
	struct kg_span without = appended(object, tag, strlen(tag));
	Elf64_Shdr *modinfo = edit_section(with_nul, ".modinfo");
	struct kg_module module;

	(void)state;
	modinfo->sh_offset = object.size;
	modinfo->sh_size = sizeof(tag);
	module = parse_bytes(with_nul);
	assert_string_equal(module.license, "GPL");
	kg_module_free(&module);
	/* Without the NUL it has no end. */
	modinfo = edit_section(without, ".modinfo");
	modinfo->sh_offset = object.size;
	modinfo->sh_size = strlen(tag);
	module = parse_bytes(without);
	assert_null(module.license);
	kg_module_free(&module);
	unit_free(with_nul);
	unit_free(without);
}

static void license_is_kept_as_it_is(void **state)
{
	static const char *const licenses[] = {"GPL ", "", "Dual MIT/GPL", "gpl", "GPL v2"};

	(void)state;
	for (size_t i = 0; i < sizeof(licenses) / sizeof(licenses[0]); i++) {
		struct kg_module module = parse(unit_text(
			THIS_MODULE SECTION(".modinfo") ".asciz \"license=%s\"\n", licenses[i]));

		assert_string_equal(module.license, licenses[i]);
		kg_module_free(&module);
	}
}

static void undefined_symbols_of_any_binding(void **state)
{
	static const struct {
		const char *name;
		bool weak;
	} expected[] = {{"zulu", false}, {"alpha", true}, {"mike", false}};
	struct kg_span bytes = unit_copy(unit_assemble(THIS_MODULE ".text\n"
						       ".globl own\nown: call zulu\n"
						       ".weak alpha\ncall alpha\n"
						       "call mike\ncall own\n"
						       ".globl absolute\n.set absolute, 5\n"));
	const Elf64_Sym *table =
		(Elf64_Sym *)(void *)edit_content(bytes, edit_section(bytes, ".symtab"));
	struct kg_module module = parse_bytes(bytes);

	(void)state;
	assert_int_equal(module.symbol_count, 3);
	for (size_t i = 0; i < module.symbol_count; i++) {
		assert_string_equal(module.symbols[i].name, expected[i].name);
		assert_int_equal(module.symbols[i].weak, expected[i].weak);
		assert_int_equal(module.symbols[i].kind, KG_MODULE_SYMBOL_UNDEFINED);
		assert_ptr_equal(&table[module.symbols[i].index],
				 edit_symbol(bytes, expected[i].name));
	}
	kg_module_free(&module);
	unit_free(bytes);
}

static struct kg_span importing_module(void)
{
	return unit_copy(unit_assemble(THIS_MODULE ".text\nlocal: call printk\n"));
}

/* The first entry counts, and so does a local symbol. */
static void an_undefined_local_symbol(void **state)
{
	struct kg_span bytes = importing_module();
	Elf64_Shdr *table = edit_section(bytes, ".symtab");
	Elf64_Sym *symbols = (Elf64_Sym *)(void *)edit_content(bytes, table);
	struct kg_module module;

	(void)state;
	assert_int_equal(ELF64_ST_BIND(symbols[1].st_info), STB_LOCAL);
	symbols[1].st_shndx = SHN_UNDEF;
	symbols[1].st_name = symbols[table->sh_size / sizeof(*symbols) - 1].st_name;
	module = parse_bytes(bytes);
	assert_int_equal(module.symbol_count, 2);
	assert_string_equal(module.symbols[0].name, "printk");
	assert_int_equal(module.symbols[0].index, 1);
	assert_false(module.symbols[0].weak);
	kg_module_free(&module);
	unit_free(bytes);
}

/* simplify_symbols() looks at st_shndx only. */
static void kinds_of_symbols(void **state)
{
	struct kg_span bytes = importing_module();
	Elf64_Sym *symbol = edit_symbol(bytes, "printk");
	uint16_t count = edit_header(bytes)->e_shnum;
	const struct {
		uint16_t section;
		int kind; /* -1: nothing to be looked at */
	} cases[] = {
		{SHN_UNDEF, KG_MODULE_SYMBOL_UNDEFINED},
		{1, -1},
		{(uint16_t)(count - 1), -1},
		{count, KG_MODULE_SYMBOL_NO_SECTION},
		{SHN_LORESERVE, KG_MODULE_SYMBOL_NO_SECTION},
		{0xff1f, KG_MODULE_SYMBOL_NO_SECTION},
		{0xff20, -1}, /* SHN_LIVEPATCH */
		{0xff21, KG_MODULE_SYMBOL_NO_SECTION},
		{SHN_ABS, -1},
		{SHN_COMMON, KG_MODULE_SYMBOL_COMMON},
		{SHN_XINDEX, KG_MODULE_SYMBOL_NO_SECTION},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_module module;

		symbol->st_shndx = cases[i].section;
		module = parse_bytes(bytes);
		assert_int_equal(module.symbol_count, cases[i].kind >= 0);
		if (cases[i].kind >= 0) {
			assert_string_equal(module.symbols[0].name, "printk");
			assert_int_equal(module.symbols[0].kind, cases[i].kind);
		}
		kg_module_free(&module);
	}
	unit_free(bytes);
}

static void symbols_without_a_name(void **state)
{
	struct kg_span bytes = importing_module();
	Elf64_Sym *symbol = edit_symbol(bytes, "printk");
	Elf64_Shdr *table = edit_section(bytes, ".symtab");
	struct kg_module module;

	(void)state;
	symbol->st_name = 0x7fffffff;
	module = parse_bytes(bytes);
	assert_int_equal(module.symbol_count, 1);
	assert_string_equal(module.symbols[0].name, "");
	kg_module_free(&module);
	/* Half a symbol at the end is none. */
	table->sh_size -= 1;
	module = parse_bytes(bytes);
	assert_int_equal(module.symbol_count, 0);
	kg_module_free(&module);
	table->sh_size = 0;
	module = parse_bytes(bytes);
	assert_int_equal(module.symbol_count, 0);
	kg_module_free(&module);
	unit_free(bytes);
}

static void plain_versions(void **state)
{
	struct kg_module module = parse(
		THIS_MODULE SECTION("__versions") VERSION("0x11223344", "module_layout")
			VERSION("0xffffffff00000001", "printk") VERSION("0", "zero") ".zero 63\n");

	(void)state;
	assert_true(module.has_versions);
	assert_false(module.extended_versions);
	assert_int_equal(module.version_count, 3);
	assert_string_equal(module.versions[0].name, "module_layout");
	assert_int_equal(module.versions[0].crc, 0x11223344);
	assert_string_equal(module.versions[1].name, "printk");
	assert_true(module.versions[1].crc == UINT64_C(0xffffffff00000001));
	assert_int_equal(module.versions[2].crc, 0);
	kg_module_free(&module);
}

#define BOTH_VERSIONS                                                                              \
	THIS_MODULE SECTION("__versions") VERSION("1", "plain") SECTION("__version_ext_crcs")      \
	".long 0x10, 0xffffffff\n" SECTION("__version_ext_names") ".asciz \"first\"\n"             \
								  ".asciz \"second\"\n"            \
								  ".asciz \"more than CRCs\"\n"    \
								  ".text\ncall printk\n"

static void extended_versions_win(void **state)
{
	struct kg_module module = parse(BOTH_VERSIONS);

	(void)state;
	assert_true(module.has_versions);
	assert_true(module.extended_versions);
	assert_int_equal(module.version_count, 2);
	assert_string_equal(module.versions[0].name, "first");
	assert_int_equal(module.versions[0].crc, 0x10);
	assert_string_equal(module.versions[1].name, "second");
	assert_int_equal(module.versions[1].crc, 0xffffffff);
	kg_module_free(&module);
}

/* Where the kernel has no extended versions, the plain ones are asked. */
static void extended_versions_of_each_kernel(void **state)
{
	struct kg_span bytes = unit_assemble(BOTH_VERSIONS);

	(void)state;
	for (int era = 0; era < UNIT_ERA_COUNT; era++) {
		struct kg_module module = parse_bytes_as(bytes, &unit_eras[era]);

		assert_true(module.has_versions);
		assert_int_equal(module.extended_versions, era >= UNIT_FROM_6_14);
		assert_int_equal(module.version_count, era >= UNIT_FROM_6_14 ? 2 : 1);
		kg_module_free(&module);
	}
}

static void versions_that_do_not_count(void **state)
{
	/* Without SHF_ALLOC, and the extended form by halves. */
	struct kg_module module = parse(THIS_MODULE ".section __versions\n" VERSION("1", "plain")
						SECTION("__version_ext_crcs") ".long 1\n");

	(void)state;
	assert_false(module.has_versions);
	assert_false(module.extended_versions);
	assert_int_equal(module.version_count, 0);
	kg_module_free(&module);
}

/* A name of 56 bytes goes on behind its place; one without any end is none. */
static void damaged_versions(void **state)
{
	struct kg_module module = parse(THIS_MODULE SECTION("__versions") ".quad 1\n"
									  ".fill 56, 1, 'x'\n"
									  ".quad 0x4241\n"
									  ".fill 56, 1, 'y'\n");

	(void)state;
	assert_true(module.has_versions);
	assert_int_equal(module.version_count, 1);
	assert_int_equal(module.versions[0].crc, 1);
	assert_int_equal(strspn(module.versions[0].name, "x"), 56);
	assert_string_equal(module.versions[0].name + 56, "AB");
	kg_module_free(&module);
	module = parse(THIS_MODULE SECTION("__version_ext_crcs") ".long 1, 2\n" SECTION(
		"__version_ext_names") ".asciz \"one\"\n.ascii \"two\"\n");
	assert_true(module.extended_versions);
	assert_int_equal(module.version_count, 1);
	assert_string_equal(module.versions[0].name, "one");
	kg_module_free(&module);
}

/* Versions are read where they lie in the file, also where the section has no bytes. */
static void versions_in_place(void **state)
{
	struct kg_span bytes = unit_copy(
		unit_assemble(THIS_MODULE SECTION("__versions") VERSION("5", "printk")));
	struct kg_module module;

	(void)state;
	edit_section(bytes, "__versions")->sh_type = SHT_NOBITS;
	module = parse_bytes(bytes);
	assert_int_equal(module.version_count, 1);
	assert_string_equal(module.versions[0].name, "printk");
	kg_module_free(&module);
	unit_free(bytes);
}

static void names_of_this_module(void **state)
{
	static const char cut_off[] = "is no kernel module (its struct module is cut off)";
	struct kg_span bytes = unit_copy(unit_assemble(THIS_MODULE ".text\ncall printk\n"));
	Elf64_Shdr *this = edit_section(bytes, ".gnu.linkonce.this_module");
	unsigned char *name = edit_content(bytes, this) + 24;
	struct kg_module module;

	(void)state;
	this->sh_size = 80;
	module = parse_bytes(bytes);
	assert_string_equal(module.name, "shape");
	kg_module_free(&module);
	this->sh_size = 79;
	assert_no_module(bytes, cut_off);
	this->sh_size = 1024;
	this->sh_type = SHT_NOBITS;
	assert_no_module(bytes, cut_off);
	this->sh_type = SHT_PROGBITS;
	/* A name of 56 bytes goes on behind its place. */
	memset(name, 'x', 56);
	memcpy(name + 56, "yz", 3);
	module = parse_bytes(bytes);
	assert_int_equal(strspn(module.name, "x"), 56);
	assert_string_equal(module.name + 56, "yz");
	kg_module_free(&module);
	name[0] = '\0';
	module = parse_bytes(bytes);
	assert_string_equal(module.name, "");
	kg_module_free(&module);
	unit_free(bytes);
}

static void names_without_an_end(void **state)
{
	static const char damaged[] = "is a kernel module with a damaged name";
	static const char cut_off[] = "is no kernel module (its struct module is cut off)";
	struct kg_span object = unit_assemble(THIS_MODULE ".text\ncall printk\n");
	char this_module[80];
	Elf64_Shdr *this;
	struct kg_span bytes;
	struct kg_module module;

	(void)state;
	memset(this_module, 'x', sizeof(this_module));
	bytes = appended(object, this_module, sizeof(this_module));
	this = edit_section(bytes, ".gnu.linkonce.this_module");
	this->sh_offset = object.size;
	this->sh_size = sizeof(this_module);
	assert_no_module(bytes, damaged);
	unit_writable(bytes)[bytes.size - 1] = '\0';
	module = parse_bytes(bytes);
	assert_int_equal(strlen(module.name), 55);
	kg_module_free(&module);
	/* Without a type it need not lie within the file. */
	this->sh_type = SHT_NULL;
	this->sh_offset++;
	assert_no_module(bytes, cut_off);
	this->sh_offset = UINT64_MAX;
	assert_no_module(bytes, cut_off);
	unit_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_of_a_module),
		cmocka_unit_test(first_tag_wins),
		cmocka_unit_test(tags_at_the_end_of_the_section),
		cmocka_unit_test(tags_at_the_end_of_the_file),
		cmocka_unit_test(license_is_kept_as_it_is),
		cmocka_unit_test(undefined_symbols_of_any_binding),
		cmocka_unit_test(an_undefined_local_symbol),
		cmocka_unit_test(kinds_of_symbols),
		cmocka_unit_test(symbols_without_a_name),
		cmocka_unit_test(plain_versions),
		cmocka_unit_test(extended_versions_win),
		cmocka_unit_test(extended_versions_of_each_kernel),
		cmocka_unit_test(versions_that_do_not_count),
		cmocka_unit_test(damaged_versions),
		cmocka_unit_test(versions_in_place),
		cmocka_unit_test(names_of_this_module),
		cmocka_unit_test(names_without_an_end),
	};

	return UNIT_RUN(tests);
}
