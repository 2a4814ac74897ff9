// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules made by the assembler: forms that no kernel at hand builds, and damaged ones. */
#include <elf.h>

#include "assembled.h"
#include "kernel-guard/parse/module.h"

#define SECTION(name) ".section " name ",\"a\"\n"
#define THIS_MODULE                                                                                \
	".section .gnu.linkonce.this_module,\"aw\"\n.globl __this_module\n__this_module:\n"        \
	".zero 24\n.asciz \"shape\"\n.zero 1000\n"

static struct kg_module parse_bytes(struct kg_span bytes)
{
	struct kg_module module = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_module_parse(bytes, &module, &err), err);
	return module;
}

static struct kg_module parse(const char *source)
{
	return parse_bytes(unit_assemble(source));
}

static void assert_no_module(struct kg_span bytes, const char *message)
{
	struct kg_span exact = unit_copy(bytes);
	struct kg_module module = {.machine = 42};
	struct kg_error err = unit_no_error();

	assert_failure(kg_module_parse(exact, &module, &err), err, EBADMSG, message);
	assert_int_equal(module.machine, 42);
	assert_null(module.imports);
	unit_free(exact);
}

static void the_least_of_a_module(void **state)
{
	struct kg_module module = parse(THIS_MODULE);

	(void)state;
	assert_string_equal(module.name, "shape");
	assert_null(module.license);
	assert_null(module.vermagic);
	assert_false(module.in_tree);
	assert_false(module.has_versions);
	assert_false(module.extended_versions);
	assert_int_equal(module.import_count, 0);
	assert_int_equal(module.import_namespace_count, 0);
	assert_int_equal(module.version_count, 0);
	assert_int_equal(module.exports.count, 0);
	kg_module_free(&module);
}

static void first_tag_wins(void **state)
{
	struct kg_module module =
		parse(THIS_MODULE SECTION(".modinfo") ".asciz \"licensed=MIT\"\n"
						      ".asciz \"description=license=BSD\"\n"
						      ".zero 5\n"
						      ".asciz \"license=CDDL\"\n"
						      ".asciz \"license=GPL\"\n"
						      ".asciz \"import_ns=B\"\n"
						      ".asciz \"vermagic=6.1 SMP \"\n"
						      ".asciz \"import_ns=A\"\n"
						      ".asciz \"vermagic=6.2 SMP \"\n"
						      ".asciz \"import_ns=B\"\n"
						      ".asciz \"intree=Y\"\n"
						      ".ascii \"import_ns=cut\"\n");

	(void)state;
	assert_string_equal(module.license, "CDDL");
	assert_string_equal(module.vermagic, "6.1 SMP ");
	assert_true(module.in_tree);
	assert_int_equal(module.import_namespace_count, 3);
	assert_string_equal(module.import_namespaces[0], "B");
	assert_string_equal(module.import_namespaces[1], "A");
	assert_string_equal(module.import_namespaces[2], "B");
	kg_module_free(&module);
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
	struct kg_module module = parse(THIS_MODULE ".text\n"
						    ".globl own\nown: call zulu\n"
						    ".weak alpha\ncall alpha\n"
						    "call mike\ncall own\n"
						    ".globl absolute\n.set absolute, 5\n");

	(void)state;
	assert_int_equal(module.import_count, 3);
	for (size_t i = 0; i < module.import_count; i++) {
		assert_string_equal(module.imports[i].name, expected[i].name);
		assert_int_equal(module.imports[i].weak, expected[i].weak);
	}
	kg_module_free(&module);
}

/* 64 bytes: a CRC of 64 bits and a name of 56 bytes. */
#define VERSION(crc, name) ".quad " crc "\n1: .asciz \"" name "\"\n.zero 56 - (. - 1b)\n"

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

static void extended_versions_win(void **state)
{
	struct kg_module module =
		parse(THIS_MODULE SECTION("__versions") VERSION("1", "plain")
			      SECTION("__version_ext_crcs") ".long 0x10, 0xffffffff\n" SECTION(
				      "__version_ext_names") ".asciz \"first\"\n.asciz \"second\"\n"
							     ".asciz \"more than CRCs\"\n");

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

static void damaged_versions(void **state)
{
	(void)state;
	assert_no_module(unit_assemble(THIS_MODULE SECTION("__versions") ".quad 1\n"
									 ".fill 56, 1, 'x'\n"),
			 "has a damaged __versions section");
	assert_no_module(
		unit_assemble(THIS_MODULE SECTION("__version_ext_crcs") ".long 1, 2\n" SECTION(
			"__version_ext_names") ".asciz \"one\"\n.ascii \"two\"\n"),
		"has fewer __version_ext_names than CRCs");
}

#define STRINGS                                                                                    \
	SECTION("__ksymtab_strings")                                                               \
	".asciz \"\"\n"                                                                            \
	".globl f_one, f_two\n"                                                                    \
	"one: .asciz \"one\"\n two: .asciz \"two\"\n ns: .asciz \"NS\"\n"
#define ENTRY(name, symbol_namespace)                                                              \
	".long f_" name " - .\n.long " name " - .\n.long " symbol_namespace "\n"

static void assert_export(const struct kg_module *module, const char *name,
			  const char *symbol_namespace, bool gpl_only, bool has_crc, uint32_t crc)
{
	const struct kg_export *found = kg_export_table_find(&module->exports, name);

	assert_non_null(found);
	assert_string_equal(found->symbol_namespace, symbol_namespace);
	assert_int_equal(found->gpl_only, gpl_only);
	assert_int_equal(found->has_crc, has_crc);
	assert_int_equal(found->crc, crc);
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
	kg_module_free(&module);
}

static void exports_from_7_1_on(void **state)
{
	struct kg_module module =
		parse(THIS_MODULE STRINGS SECTION("__ksymtab") ENTRY("two", "ns - .")
			      ENTRY("one", "0") SECTION("__kflagstab") ".byte 1, 2\n" SECTION(
				      "__kcrctab") ".long 5, 6\n" SECTION("__ksymtab_gpl")
				      ENTRY("two", "0"));

	(void)state;
	assert_int_equal(module.exports.count, 2);
	assert_export(&module, "two", "NS", true, true, 5);
	assert_export(&module, "one", "", false, true, 6);
	kg_module_free(&module);
}

/* Up to 5.18 a CRC is an absolute symbol that the table is relocated with. */
static void crcs_that_are_symbols(void **state)
{
	struct kg_module module = parse_bytes(
		unit_link_with("-r --defsym=__crc_one=0x12345678",
			       THIS_MODULE STRINGS SECTION("__ksymtab") ENTRY("two", "0")
				       ENTRY("one", "0") ".weak __crc_one\n" SECTION(
					       "__kcrctab") ".long 7\n.long __crc_one\n"));

	(void)state;
	assert_export(&module, "two", "", false, true, 7);
	assert_export(&module, "one", "", false, true, 0x12345678);
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

static void damaged_exports(void **state)
{
	(void)state;
	/* No relocation, one of nothing, and one behind the strings. */
	assert_no_module(unit_assemble(THIS_MODULE SECTION("__ksymtab") ".long 0, 0, 0\n"),
			 "has a damaged __ksymtab section");
	assert_no_module(
		unit_assemble(THIS_MODULE SECTION("__ksymtab_gpl") ".long 0\n"
								   ".long nowhere - .\n.long 0\n"),
		"has a damaged __ksymtab_gpl section");
	assert_no_module(unit_assemble(THIS_MODULE STRINGS SECTION(
				 "__ksymtab") ".long 0\n"
					      ".long one + 0x1000 - .\n.long 0\n"),
			 "has a damaged __ksymtab section");
	assert_no_module(
		unit_assemble(THIS_MODULE STRINGS SECTION("__ksymtab") ".long 0\n"
								       ".long one - .\n"
								       ".long ns - 0x1000 - .\n"),
		"has a damaged __ksymtab section");
	assert_no_module(unit_assemble(THIS_MODULE STRINGS
				       ".section .bss\nroom: .zero 64\n" SECTION(
					       "__ksymtab") ".long 0\n"
							    ".long room - .\n.long 0\n"),
			 "has a damaged __ksymtab section");
}

static void names_of_this_module(void **state)
{
	static const char none[] = "is no kernel module (it has no struct module)";
	static const char damaged[] = "is a kernel module with a damaged name";

	(void)state;
	assert_no_module(unit_assemble(".text\nnop\n"), none);
	assert_no_module(unit_assemble(".section .gnu.linkonce.this_module,\"aw\"\n.zero 79\n"),
			 none);
	assert_no_module(
		unit_assemble(".section .gnu.linkonce.this_module,\"aw\",@nobits\n.zero 1000\n"),
		none);
	assert_no_module(unit_assemble(".section .gnu.linkonce.this_module,\"aw\"\n.zero 24\n"
				       ".asciz \"shape\"\n.zero 1000\n"),
			 "is no kernel module (it has no symbol table)");
	assert_no_module(unit_assemble(".section .gnu.linkonce.this_module,\"aw\"\n.zero 1000\n"),
			 damaged);
	assert_no_module(unit_assemble(".section .gnu.linkonce.this_module,\"aw\"\n.zero 24\n"
				       ".fill 56, 1, 'x'\n.zero 1000\n"),
			 damaged);
}

/* The header of the first section of a type. */
static Elf64_Shdr *section_of_type(struct kg_span bytes, uint32_t type)
{
	unsigned char *data = unit_writable(bytes);
	Elf64_Ehdr header;

	memcpy(&header, data, sizeof(header));
	for (int i = 1; i < header.e_shnum; i++) {
		Elf64_Shdr *section = (Elf64_Shdr *)(void *)(data + header.e_shoff) + i;

		if (section->sh_type == type)
			return section;
	}
	unit_fail("no section of type %u", type);
	return NULL;
}

static struct kg_span importing_module(void)
{
	return unit_copy(unit_assemble(
		THIS_MODULE STRINGS ".text\ncall printk\n" SECTION("__ksymtab") ENTRY("two", "0")));
}

/* The first entry counts, and so does a local symbol. */
static void an_undefined_local_symbol(void **state)
{
	struct kg_span bytes = unit_copy(unit_assemble(THIS_MODULE ".text\nlocal: call printk\n"));
	Elf64_Shdr *table = section_of_type(bytes, SHT_SYMTAB);
	Elf64_Sym *symbols = (Elf64_Sym *)(void *)(unit_writable(bytes) + table->sh_offset);
	struct kg_module module;

	(void)state;
	assert_int_equal(ELF64_ST_BIND(symbols[1].st_info), STB_LOCAL);
	symbols[1].st_shndx = SHN_UNDEF;
	symbols[1].st_name = symbols[table->sh_size / sizeof(*symbols) - 1].st_name;
	module = parse_bytes(bytes);
	assert_int_equal(module.import_count, 2);
	assert_string_equal(module.imports[0].name, "printk");
	assert_false(module.imports[0].weak);
	kg_module_free(&module);
	unit_free(bytes);
}

static void damaged_symbol_tables(void **state)
{
	struct kg_span bytes = importing_module();
	Elf64_Shdr *table = section_of_type(bytes, SHT_SYMTAB);
	Elf64_Shdr good = *table;
	Elf64_Sym *symbols = (Elf64_Sym *)(void *)(unit_writable(bytes) + table->sh_offset);
	size_t last = table->sh_size / sizeof(*symbols) - 1;
	Elf64_Sym good_symbol = symbols[last];
	struct kg_module module = parse_bytes(bytes);

	(void)state;
	assert_string_equal(module.imports[module.import_count - 1].name, "printk");
	kg_module_free(&module);
	table->sh_type = SHT_PROGBITS;
	assert_no_module(bytes, "is no kernel module (it has no symbol table)");
	*table = good;
	table->sh_link = 0xffff;
	assert_no_module(bytes, "is no kernel module (it has no symbol table)");
	*table = good;
	table->sh_link = 0;
	assert_no_module(bytes, "has a symbol without a name");
	*table = good;
	symbols[last].st_name = 0x7fffffff;
	assert_no_module(bytes, "has a symbol without a name");
	symbols[last] = good_symbol;
	table->sh_size = bytes.size + 1;
	assert_no_module(bytes,
			 "is a damaged ELF file: a section reaches over the end of the file");
	*table = good;
	table->sh_offset = UINT64_MAX;
	assert_no_module(bytes, NULL);
	*table = good;
	table->sh_name = 0x7fffffff;
	assert_no_module(bytes, "is a damaged ELF file: a section has no name");
	*table = good;
	/* Half a symbol at the end is none. */
	table->sh_size -= 1;
	module = parse_bytes(bytes);
	assert_int_equal(module.import_count, 2);
	kg_module_free(&module);
	unit_free(bytes);
}

static void damaged_relocations(void **state)
{
	struct kg_span bytes = importing_module();
	Elf64_Shdr *table = NULL;
	Elf64_Rela *relocations;
	Elf64_Rela good;
	Elf64_Ehdr header;

	(void)state;
	memcpy(&header, bytes.data, sizeof(header));
	for (int i = 1; i < header.e_shnum; i++) {
		Elf64_Shdr *section =
			(Elf64_Shdr *)(void *)(unit_writable(bytes) + header.e_shoff) + i;

		/* That of __ksymtab has one for the function, and one for the name. */
		if (section->sh_type == SHT_RELA && section->sh_size == 2 * sizeof(Elf64_Rela))
			table = section;
	}
	assert_non_null(table);
	relocations = (Elf64_Rela *)(void *)(unit_writable(bytes) + table->sh_offset);
	good = relocations[1];
	assert_int_equal(good.r_offset, 4);
	relocations[1].r_info = ELF64_R_INFO(0xffffffff, R_X86_64_PC32);
	assert_no_module(bytes, "has a damaged __ksymtab section");
	relocations[1] = good;
	relocations[1].r_addend = INT64_MIN;
	assert_no_module(bytes, "has a damaged __ksymtab section");
	relocations[1] = good;
	relocations[1].r_offset = UINT64_MAX;
	assert_no_module(bytes, "has a damaged __ksymtab section");
	relocations[1] = good;
	table->sh_link = 0xffff;
	assert_no_module(bytes, "has a damaged __ksymtab section");
	unit_free(bytes);
}

static void damaged_headers(void **state)
{
	static const struct {
		size_t offset;
		unsigned char value;
		const char *message;
	} cases[] = {
		{0, 0, "is no ELF file"},
		{EI_CLASS, ELFCLASS32, NULL},
		{EI_DATA, ELFDATA2MSB, NULL},
		{offsetof(Elf64_Ehdr, e_type), ET_EXEC, "is an ELF file, but no kernel module"},
		{offsetof(Elf64_Ehdr, e_type), ET_DYN, "is an ELF file, but no kernel module"},
		{offsetof(Elf64_Ehdr, e_shoff) + 6, 0xff, NULL},
		{offsetof(Elf64_Ehdr, e_shnum) + 1, 0x0f, NULL},
		{offsetof(Elf64_Ehdr, e_shstrndx) + 1, 0x0f, NULL},
	};
	struct kg_span bytes = importing_module();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char *field = unit_writable(bytes) + cases[i].offset;
		unsigned char good = *field;

		*field = cases[i].value;
		assert_no_module(bytes, cases[i].message);
		*field = good;
	}
	unit_free(bytes);
	assert_no_module(kg_span_of("", 0), "is no ELF file");
	assert_no_module(unit_link(".text\nnop\n"), "is an ELF file, but no kernel module");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_of_a_module),
		cmocka_unit_test(first_tag_wins),
		cmocka_unit_test(license_is_kept_as_it_is),
		cmocka_unit_test(undefined_symbols_of_any_binding),
		cmocka_unit_test(plain_versions),
		cmocka_unit_test(extended_versions_win),
		cmocka_unit_test(versions_that_do_not_count),
		cmocka_unit_test(damaged_versions),
		cmocka_unit_test(exports_up_to_7_0),
		cmocka_unit_test(exports_from_7_1_on),
		cmocka_unit_test(crcs_that_are_symbols),
		cmocka_unit_test(tables_that_do_not_count),
		cmocka_unit_test(damaged_exports),
		cmocka_unit_test(names_of_this_module),
		cmocka_unit_test(an_undefined_local_symbol),
		cmocka_unit_test(damaged_symbol_tables),
		cmocka_unit_test(damaged_relocations),
		cmocka_unit_test(damaged_headers),
	};

	return UNIT_RUN(tests);
}
