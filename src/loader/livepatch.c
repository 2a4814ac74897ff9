// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_apply_section_relocs() and klp_resolve_symbols() of kernel/livepatch/core.c, Linux 5.8
 * and later. Symbols are looked up among all that the kernel has, of which its image only
 * has a packed table: a lookup is not decided here.
 */
#include "attempt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	shn_livepatch = 0xff20, /* SHN_LIVEPATCH, include/uapi/linux/elf.h */
	object_size = 56,
	symbol_size = 512,
};

static int refuse(struct attempt *attempt, const char *what, const char *name)
{
	return kg_refuse(attempt, EINVAL, KG_FINDING_MODULE_DAMAGED, NULL, "%s has %s (%s)",
			 attempt->module->name, what, name);
}

static int find_symbol(struct attempt *attempt, const char *object, const char *name)
{
	const struct tried_module *module =
		strcmp(object, "vmlinux") == 0 ? NULL : kg_find_tried(attempt->loader, object);

	if (strcmp(object, "vmlinux") != 0 && (!module || !module->accepted))
		return refuse(attempt, "a live patch for a symbol of a module that is not loaded",
			      name);
	return kg_undecided(attempt, name,
			    "%s is a live patch for %s of %s, which only the kernel can find",
			    attempt->module->name, name, object);
}

static int resolve(struct attempt *attempt, const Elf64_Rela *relocation)
{
	const struct kg_module_elf *elf = &attempt->module->elf;
	size_t index = ELF64_R_SYM(relocation->r_info);
	char object[object_size];
	char symbol_name[symbol_size];
	unsigned long position;
	Elf64_Sym symbol;
	const char *name;

	if (index >= kg_module_elf_symbol_count(elf))
		return kg_undecided(attempt, NULL,
				    "%s has a relocation for a symbol that it does not have",
				    attempt->module->name);
	symbol = kg_module_elf_symbol(elf, index);
	name = kg_module_elf_symbol_name(elf, &symbol);
	if (!name)
		name = "";
	if (symbol.st_shndx != shn_livepatch)
		return refuse(attempt, "a live patch for a symbol that is not marked as such",
			      name);
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's own sscanf() is what is reproduced */
	if (sscanf(name, ".klp.sym.%55[^.].%511[^,],%lu", object, symbol_name, &position) != 3)
		return refuse(attempt, "a live patch for a symbol of a name of another form", name);
	return find_symbol(attempt, object, symbol_name);
}

int kg_check_livepatch_relocations(struct attempt *attempt,
				   const struct kg_module_section *section, bool *applied)
{
	char object[object_size];
	Elf64_Rela relocation;
	struct kg_span raw;

	*applied = true;
	if (!(section->header.sh_flags & kg_shf_rela_livepatch))
		return 0;
	*applied = !kg_has_rule(attempt, KG_LOADER_RULE_NO_LIVEPATCH);
	if (!*applied)
		return 0;
	if (sscanf(section->name, ".klp.rela.%55[^.]", object) != 1)
		return refuse(attempt, "live patch relocations in a section of another name",
			      section->name);
	*applied = strcmp(object, "vmlinux") == 0;
	for (uint64_t at = 0; *applied && attempt->verdict->result != KG_LOAD_REFUSED &&
			      kg_span_sub(section->bytes, at, sizeof(relocation), &raw);
	     at += sizeof(relocation)) {
		memcpy(&relocation, raw.data, sizeof(relocation));
		if (resolve(attempt, &relocation) < 0)
			return -1;
	}
	return 0;
}
