// SPDX-License-Identifier: GPL-2.0-or-later
/* What a module's parameters become in /sys/module/NAME/parameters. */
#include "attempt.h"

#include <errno.h>
#include <string.h>

enum {
	/* struct kernel_param of include/linux/moduleparam.h, 64 bit. */
	param_size = 40,
	param_name = 0,
	param_permissions = 24,
};

/* The text at the place that a relocation stands for, or NULL. */
static const char *text_at(const struct kg_module_elf *elf, const Elf64_Rela *relocation)
{
	size_t index = ELF64_R_SYM(relocation->r_info);
	Elf64_Sym symbol;

	if (ELF64_R_TYPE(relocation->r_info) != R_X86_64_64 ||
	    index >= kg_module_elf_symbol_count(elf))
		return NULL;
	symbol = kg_module_elf_symbol(elf, index);
	if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= elf->section_count)
		return NULL;
	return kg_span_string(elf->sections[symbol.st_shndx].bytes,
			      symbol.st_value + (uint64_t)relocation->r_addend);
}

/* The names of those that can be seen, which have permissions, of one
 * relocation section. */
static int add_names(const struct kg_module_elf *elf, const struct kg_module_section *params,
		     const struct kg_module_section *section, struct kg_strings *names,
		     struct kg_error *err)
{
	Elf64_Rela relocation;
	struct kg_span raw;

	for (uint64_t at = 0; kg_span_sub(section->bytes, at, sizeof(relocation), &raw);
	     at += sizeof(relocation)) {
		uint64_t start;
		uint16_t permissions;
		const char *name;

		memcpy(&relocation, raw.data, sizeof(relocation));
		start = relocation.r_offset - param_name;
		if (start % param_size != 0 ||
		    start / param_size >= params->header.sh_size / param_size ||
		    !kg_span_le16(params->bytes, start + param_permissions, &permissions) ||
		    permissions == 0)
			continue;
		name = text_at(elf, &relocation);
		if (name && kg_strings_add(names, name, err) < 0)
			return -1;
	}
	return 0;
}

static int read_names(const struct kg_module_elf *elf, struct kg_strings *names,
		      struct kg_error *err)
{
	const struct kg_module_section *params = kg_module_elf_section(elf, "__param");

	for (size_t i = 1; params && i < elf->section_count; i++) {
		const struct kg_module_section *section = &elf->sections[i];

		if (section->header.sh_type == SHT_RELA &&
		    section->header.sh_info == (size_t)(params - elf->sections) &&
		    add_names(elf, params, section, names, err) < 0)
			return -1;
	}
	kg_strings_sort(names);
	return 0;
}

static int refuse_doubled(struct attempt *attempt, const struct kg_strings *names)
{
	for (size_t i = 1; i < names->count; i++) {
		if (strcmp(names->items[i - 1], names->items[i]) == 0)
			return kg_refuse(attempt, EEXIST, KG_FINDING_MODULE_DAMAGED, NULL,
					 "%s has two parameters named %s", attempt->module->name,
					 names->items[i]);
	}
	return 0;
}

/* module_param_sysfs_setup() (kernel/params.c). */
int kg_gate_doubled_parameters(struct attempt *attempt)
{
	struct kg_strings names = {0};
	int result = 0;

	/* Relocations of another architecture are read by no rule of this file. */
	if (attempt->module->elf.machine != EM_X86_64)
		return 0;
	if (read_names(&attempt->module->elf, &names, attempt->err) < 0 ||
	    refuse_doubled(attempt, &names) < 0)
		result = -1;
	kg_strings_free(&names);
	return result;
}
