// SPDX-License-Identifier: GPL-2.0-or-later
/* Which sections of a module count, and what of it is read where (kernel/module/main.c). */
#include "module_edit.h"
#include "module_shape.h"

#define AGAIN(name, flags) ".section " name ",\"" flags "\",@progbits,unique,2\n"

static struct kg_module_elf open_as(struct kg_span bytes, enum unit_era era)
{
	struct kg_module_elf elf;
	struct kg_error err = unit_no_error();

	assert_ok(kg_module_elf_open(bytes, &unit_eras[era], &elf, &err), err);
	return elf;
}

/* An assembled module and where its sections are. */
static struct kg_span module_with(const char *source)
{
	return unit_copy(unit_assemble(unit_text("%s%s", THIS_MODULE_NAMED("shape"), source)));
}

static size_t modinfo_index(struct kg_span bytes, enum unit_era era)
{
	struct kg_module_elf elf = open_as(bytes, era);
	size_t index = elf.modinfo;

	assert_int_equal(elf.this_module, edit_index(bytes, ".gnu.linkonce.this_module"));
	assert_int_equal(elf.symbols, edit_index(bytes, ".symtab"));
	assert_int_equal(elf.strings, edit_index(bytes, ".strtab"));
	assert_int_equal(elf.section_count, edit_header(bytes)->e_shnum);
	assert_ptr_equal(elf.bytes.data, bytes.data);
	kg_module_elf_free(&elf);
	return index;
}

/* Up to 6.3 SHF_ALLOC is asked for, from 6.4 to 6.12 bytes, later nothing. */
static void which_modinfo_counts(void **state)
{
	struct kg_span plain = module_with(SECTION(".modinfo") ".byte 0\n.text\ncall printk\n");
	struct kg_span none = module_with(".text\ncall printk\n");
	size_t own = edit_index(plain, ".modinfo");
	Elf64_Shdr *modinfo = edit_section(plain, ".modinfo");

	(void)state;
	for (int era = 0; era < UNIT_ERA_COUNT; era++) {
		modinfo->sh_flags = SHF_ALLOC;
		assert_int_equal(modinfo_index(plain, (enum unit_era)era), own);
		modinfo->sh_flags = 0;
		assert_int_equal(modinfo_index(plain, (enum unit_era)era),
				 era == UNIT_UP_TO_6_3 ? 0 : own);
		modinfo->sh_flags = SHF_ALLOC;
		modinfo->sh_type = SHT_NOBITS;
		assert_int_equal(modinfo_index(plain, (enum unit_era)era),
				 era == UNIT_FROM_6_4 ? 0 : own);
		modinfo->sh_type = SHT_PROGBITS;
		assert_int_equal(modinfo_index(none, (enum unit_era)era), 0);
	}
	unit_free(plain);
	unit_free(none);
}

/* Only up to 6.3 there may be several, and the first is taken. */
static void the_first_of_several(void **state)
{
	struct kg_span bytes = module_with(
		SECTION(".modinfo") ".byte 0\n" AGAIN(".modinfo", "a") ".byte 0\n" THIS_MODULE_IN(
			AGAIN(".gnu.linkonce.this_module", "aw"), "two") ".text\ncall printk\n"
									 ".section .kg\n.zero 24\n");
	Elf64_Shdr *kg = edit_section(bytes, ".kg");
	size_t first = edit_index(bytes, ".modinfo");
	struct kg_module_elf elf;

	(void)state;
	kg->sh_type = SHT_SYMTAB;
	kg->sh_link = 1;
	assert_true(kg < edit_section(bytes, ".symtab"));
	elf = open_as(bytes, UNIT_UP_TO_6_3);
	assert_int_equal(elf.modinfo, first);
	assert_int_equal(elf.this_module, edit_index(bytes, ".gnu.linkonce.this_module"));
	assert_int_equal(elf.symbols, edit_index(bytes, ".kg"));
	assert_int_equal(elf.strings, 1);
	kg_module_elf_free(&elf);
	/* What is not SHF_ALLOC is passed over. */
	edit_section(bytes, ".modinfo")->sh_flags = 0;
	edit_section(bytes, ".gnu.linkonce.this_module")->sh_flags = SHF_WRITE;
	elf = open_as(bytes, UNIT_UP_TO_6_3);
	assert_ptr_equal(&edit_sections(bytes)[elf.modinfo],
			 edit_section_after(bytes, ".modinfo", 1));
	assert_ptr_equal(&edit_sections(bytes)[elf.this_module],
			 edit_section_after(bytes, ".gnu.linkonce.this_module", 1));
	kg_module_elf_free(&elf);
	unit_free(bytes);
}

static void sections_by_name(void **state)
{
	struct kg_span bytes = module_with(".section .kg\n.byte 1\n" AGAIN(".kg", "a") ".byte 2\n"
					   ".section .kg,\"a\",@progbits,unique,3\n.byte 3\n"
					   ".bss\n.zero 5\n.text\ncall printk\n");
	struct kg_module_elf elf = open_as(bytes, UNIT_FROM_6_14);
	const struct kg_module_section *any = kg_module_elf_any_section(&elf, ".kg");
	const struct kg_module_section *allocated = kg_module_elf_section(&elf, ".kg");
	const struct kg_module_section *bss = kg_module_elf_section(&elf, ".bss");

	(void)state;
	assert_string_equal(any->name, ".kg");
	assert_int_equal(any->bytes.size, 1);
	assert_int_equal(any->bytes.data[0], 1);
	assert_int_equal(allocated->bytes.data[0], 2);
	assert_null(kg_module_elf_any_section(&elf, ".k"));
	assert_null(kg_module_elf_any_section(&elf, ".kgg"));
	assert_null(kg_module_elf_section(&elf, ".symtab"));
	assert_non_null(kg_module_elf_any_section(&elf, ".symtab"));
	assert_int_equal(bss->header.sh_size, 5);
	assert_int_equal(bss->bytes.size, 0);
	/* Section 0 is never found, whatever it is called. */
	assert_null(kg_module_elf_any_section(&elf, ""));
	assert_string_equal(elf.sections[0].name, "");
	kg_module_elf_free(&elf);
	unit_free(bytes);
}

/* The kernel reads .modinfo and versions at their place, also of what has no bytes. */
static void bytes_in_place(void **state)
{
	struct kg_span bytes = module_with(SECTION(".kg") ".ascii \"content\"\n"
							  ".text\ncall printk\n");
	struct kg_module_elf elf = open_as(bytes, UNIT_UP_TO_6_3);
	struct kg_module_section *kg = &elf.sections[edit_index(bytes, ".kg")];
	struct kg_span place = kg_module_elf_in_place(&elf, kg);

	(void)state;
	assert_int_equal(place.size, 7);
	assert_memory_equal(place.data, "content", 7);
	kg->header.sh_type = SHT_NOBITS;
	kg->bytes.size = 0;
	assert_int_equal(kg_module_elf_in_place(&elf, kg).size, 7);
	kg->header.sh_size = UINT64_MAX;
	place = kg_module_elf_in_place(&elf, kg);
	assert_int_equal(place.size, bytes.size - kg->header.sh_offset);
	kg->header.sh_offset = bytes.size - 1;
	assert_int_equal(kg_module_elf_in_place(&elf, kg).size, 1);
	kg->header.sh_offset = bytes.size;
	assert_int_equal(kg_module_elf_in_place(&elf, kg).size, 0);
	kg->header.sh_offset = UINT64_MAX;
	assert_int_equal(kg_module_elf_in_place(&elf, kg).size, 0);
	kg_module_elf_free(&elf);
	unit_free(bytes);
}

static void symbols_by_index(void **state)
{
	struct kg_span bytes = module_with(".text\ncall printk\n.globl own\nown:\n");
	struct kg_module_elf elf = open_as(bytes, UNIT_FROM_6_14);
	size_t count = edit_section(bytes, ".symtab")->sh_size / sizeof(Elf64_Sym);
	bool found = false;

	(void)state;
	assert_int_equal(kg_module_elf_symbol_count(&elf), count);
	for (size_t i = 0; i < count; i++) {
		Elf64_Sym symbol = kg_module_elf_symbol(&elf, i);

		found = found || strcmp(kg_module_elf_symbol_name(&elf, &symbol), "own") == 0;
	}
	assert_true(found);
	kg_module_elf_free(&elf);
	edit_section(bytes, ".symtab")->sh_size = 2 * sizeof(Elf64_Sym) + 23;
	elf = open_as(bytes, UNIT_FROM_6_14);
	assert_int_equal(kg_module_elf_symbol_count(&elf), 2);
	kg_module_elf_free(&elf);
	unit_free(bytes);
}

static const char *name_at(const struct kg_module_elf *elf, uint64_t st_name)
{
	Elf64_Sym symbol = {.st_name = (uint32_t)st_name};

	return kg_module_elf_symbol_name(elf, &symbol);
}

/* Up to 6.12 a name may lie anywhere behind the beginning of its table. */
static void names_of_symbols(void **state)
{
	struct kg_span bytes = module_with(
		SECTION(".kg") ".fill 4096, 1, 'x'\n.byte 0\n.text\ncall printk\n");
	Elf64_Shdr *kg = edit_section(bytes, ".kg");
	struct kg_module_elf elf;
	uint64_t to_the_end;

	(void)state;
	edit_section(bytes, ".symtab")->sh_link = edit_index(bytes, ".kg");
	elf = open_as(bytes, UNIT_UP_TO_6_3);
	to_the_end = bytes.size - kg->sh_offset;
	unit_writable(bytes)[bytes.size - 1] = '\0';
	/* 4096 bytes are the most. */
	assert_int_equal(strlen(name_at(&elf, 0)), 4096);
	edit_content(bytes, kg)[4096] = 'x';
	assert_null(name_at(&elf, 0));
	assert_int_equal(strlen(name_at(&elf, 1)), 4096);
	assert_string_equal(name_at(&elf, to_the_end - 1), "");
	assert_null(name_at(&elf, to_the_end));
	assert_null(name_at(&elf, UINT32_MAX));
	unit_writable(bytes)[bytes.size - 1] = 'x';
	assert_null(name_at(&elf, to_the_end - 1));
	/* A table without bytes may begin behind the end. */
	elf.sections[elf.strings].header.sh_offset = bytes.size;
	assert_null(name_at(&elf, 0));
	elf.sections[elf.strings].header.sh_offset = UINT64_MAX;
	assert_null(name_at(&elf, 1));
	kg_module_elf_free(&elf);
	unit_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_modinfo_counts), cmocka_unit_test(the_first_of_several),
		cmocka_unit_test(sections_by_name),     cmocka_unit_test(bytes_in_place),
		cmocka_unit_test(symbols_by_index),     cmocka_unit_test(names_of_symbols),
	};

	return UNIT_RUN(tests);
}
