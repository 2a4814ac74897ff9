/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_MODULE_EDIT_H
#define KERNEL_GUARD_TESTS_UNIT_MODULE_EDIT_H

/* Modules in assembly, and what is changed in them afterwards. */
#include <elf.h>

#include "assembled.h"

#define SECTION(name) ".section " name ",\"a\"\n"

/* struct module of 1024 bytes, as far as its name matters. */
enum { unit_struct_module_size = 1024 };
#define THIS_MODULE_IN(section, name)                                                              \
	section ".zero 24\n1: .asciz \"" name "\"\n.zero 1000 - (. - 1b)\n"
#define THIS_MODULE_NAMED(name)                                                                    \
	THIS_MODULE_IN(".section .gnu.linkonce.this_module,\"aw\"\n.globl __this_module\n"         \
		       "__this_module:\n",                                                         \
		       name)

/* struct modversion_info: a CRC of 64 bits and a name of 56 bytes. */
#define VERSION(crc, name) ".quad " crc "\n1: .asciz \"" name "\"\n.zero 56 - (. - 1b)\n"

/* Strings for the tables of exports, and one of their entries. */
#define EXPORT_STRINGS                                                                             \
	SECTION("__ksymtab_strings")                                                               \
	".asciz \"\"\n"                                                                            \
	".globl f_one, f_two\n"                                                                    \
	"one: .asciz \"one\"\n two: .asciz \"two\"\n ns: .asciz \"NS\"\n"
#define EXPORT_ENTRY(name, symbol_namespace)                                                       \
	".long f_" name " - .\n.long " name " - .\n.long " symbol_namespace "\n"

static inline Elf64_Ehdr *edit_header(struct kg_span copy)
{
	return (Elf64_Ehdr *)(void *)unit_writable(copy);
}

static inline Elf64_Shdr *edit_sections(struct kg_span copy)
{
	return (Elf64_Shdr *)(void *)(unit_writable(copy) + edit_header(copy)->e_shoff);
}

static inline unsigned char *edit_content(struct kg_span copy, const Elf64_Shdr *section)
{
	return unit_writable(copy) + section->sh_offset;
}

/* The section of this name, of several the one behind as many others. */
static inline Elf64_Shdr *edit_section_after(struct kg_span copy, const char *name, int others)
{
	const Elf64_Ehdr *header = edit_header(copy);
	Elf64_Shdr *sections = edit_sections(copy);
	const unsigned char *names = edit_content(copy, &sections[header->e_shstrndx]);

	for (int i = 0; i < header->e_shnum; i++) {
		if (strcmp((const char *)names + sections[i].sh_name, name) == 0 && others-- == 0)
			return &sections[i];
	}
	unit_fail("no section %s", name);
	return NULL;
}

static inline Elf64_Shdr *edit_section(struct kg_span copy, const char *name)
{
	return edit_section_after(copy, name, 0);
}

static inline unsigned int edit_index(struct kg_span copy, const char *name)
{
	return (unsigned int)(edit_section(copy, name) - edit_sections(copy));
}

/* The symbol of this name. */
static inline Elf64_Sym *edit_symbol(struct kg_span copy, const char *name)
{
	const Elf64_Shdr *table = edit_section(copy, ".symtab");
	const unsigned char *names = edit_content(copy, &edit_sections(copy)[table->sh_link]);
	Elf64_Sym *symbols = (Elf64_Sym *)(void *)edit_content(copy, table);

	for (size_t i = 0; i < table->sh_size / sizeof(*symbols); i++) {
		if (strcmp((const char *)names + symbols[i].st_name, name) == 0)
			return &symbols[i];
	}
	unit_fail("no symbol %s", name);
	return NULL;
}

/* The first of a section's relocations. */
static inline Elf64_Rela *edit_relocations(struct kg_span copy, const char *name)
{
	const Elf64_Shdr *section = edit_section(copy, unit_text(".rela%s", name));

	return (Elf64_Rela *)(void *)edit_content(copy, section);
}

#endif
