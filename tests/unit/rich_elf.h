/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_RICH_ELF_H
#define KERNEL_GUARD_TESTS_UNIT_RICH_ELF_H

/* A module and a vmlinux that have something of all that is read of them. */
#include "loader_bed.h"

/* The mark of live patch relocations, which the assembler does not know. */
static inline void unit_mark_live_patch(struct kg_span module)
{
	Elf64_Shdr *section = edit_section(module, ".klp.rela.vmlinux..data");
	Elf64_Sym *symbol = edit_symbol(module, ".klp.sym.vmlinux.printk,0");
	Elf64_Rela *relocation = (Elf64_Rela *)(void *)edit_content(module, section);
	const void *symbols = edit_content(module, edit_section(module, ".symtab"));

	section->sh_type = SHT_RELA;
	section->sh_flags |= 1 << 20;
	section->sh_info = edit_index(module, ".data");
	symbol->st_shndx = 0xff20;
	relocation->r_info =
		ELF64_R_INFO((uint64_t)(symbol - (const Elf64_Sym *)symbols), R_X86_64_64);
}

static inline struct kg_span unit_rich_module(void)
{
	struct kg_span module = unit_assemble(
		MODULE("rich") TAG("import_ns=NS") TAG("livepatch=Y") TAG("intree=Y")
			SECTION("__versions") VERSION("1", "plain") VERSION("2", "module_layout")
				SECTION("__version_ext_crcs") ".long 1, 2\n" SECTION(
					"__version_ext_names") ".asciz \"plain\", \"other\"\n"
		EXPORT_STRINGS SECTION("__ksymtab") EXPORT_ENTRY("one", "ns - .")
			EXPORT_ENTRY("two", "0") SECTION("__kcrctab") ".long 3, 4\n" SECTION(
				"__kflagstab") ".byte 0, 1\n" SECTION("__ksymtab_gpl")
				EXPORT_ENTRY("two", "0") SECTION("__kcrctab_gpl") ".long 5\n"
		".data\n.globl own\nown: .quad 0, 0, 0, 0\n.reloc 0, R_X86_64_64, own\n"
		".reloc 8, R_X86_64_32S, own\n.reloc 16, R_X86_64_32, absolute\n"
		".globl absolute\n.set absolute, 5\n.weak missing\n"
		".globl \".klp.sym.vmlinux.printk,0\"\n\".klp.sym.vmlinux.printk,0\":\n"
		".section .data..percpu,\"aw\"\npercpu: .quad 0\n.reloc 0, R_X86_64_64, own\n"
		".section .klp.rela.vmlinux..data\n.balign 8\n.quad 24, 1, 0\n"
		".section .init_array,\"aw\"\n.quad 0\n.bss\n.zero 16\n"
		".text\nf_one: f_two: call plain\ncall missing\nmov percpu, %eax\n");

	unit_mark_live_patch(module);
	return module;
}

static inline struct kg_span unit_rich_vmlinux(void)
{
	const char *messages = "";
	static const char *const texts[] = {
#define X(name, message, meaning) message,
		KG_LOADER_RULES(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		messages = unit_text("%s.asciz \"\\001%s\"\n", messages, texts[i]);
	return unit_link(unit_text(
		"%s%s",
		".section __ksymtab_strings,\"a\"\n"
		"a: .asciz \"alpha\"\n b: .asciz \"beta\"\n ns: .asciz \"NS\"\n"
		".section __ksymtab,\"a\"\n.long 0, b - .\n.long ns - .\n"
		".section __ksymtab_gpl,\"a\"\n.long 0, a - .\n.long 0\n"
		".section __kcrctab,\"a\"\n.long 1\n.section __kcrctab_gpl,\"a\"\n.long 2\n"
		".section __param,\"a\"\n.quad param, 0, 0\n.short 0644\n.zero 6\n.quad value\n"
		".quad enforce, 0, 0\n.short 0644\n.zero 6\n.quad value\n"
		".section __modver,\"a\"\n.quad version, 0, 0, 0, 0, 0, 0, name, 0\n"
		".data\nvalue: .byte 1\n"
		".section .rodata\n.asciz \"x\"\n.asciz \"7.1.0-x SMP mod_unload \"\n"
		"param: .asciz \"alpha.x\"\nenforce: .asciz \"module.sig_enforce\"\n"
		"version: .asciz \"version\"\nname: .asciz \"beta\"\n"
		".ascii \"IKCFG_STIKCFG_ED\"\n",
		messages));
}

#endif
