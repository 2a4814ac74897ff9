// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/module_exports.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/vmlinux.h"

/* Symbols that one module exports at the most; vmlinux itself has 12,000. */
enum { max_exports = 1 << 20 };

/* The RELA section for table, or NULL. */
static const struct kg_module_section *relocations_of(const struct kg_module_elf *elf,
						      const struct kg_module_section *table)
{
	size_t index = (size_t)(table - elf->sections);

	for (size_t i = 1; i < elf->section_count; i++) {
		const struct kg_module_section *section = &elf->sections[i];

		if (section->header.sh_type == SHT_RELA && section->header.sh_info == index)
			return section;
	}
	return NULL;
}

/* The kernel takes the module's one symbol table, whatever sh_link says. */
static bool read_symbol(const struct kg_module_elf *elf, uint64_t info, Elf64_Sym *symbol)
{
	if (ELF64_R_SYM(info) >= kg_module_elf_symbol_count(elf))
		return false;
	*symbol = kg_module_elf_symbol(elf, ELF64_R_SYM(info));
	return true;
}

/* The string a place-relative relocation points at, or NULL. */
static const char *relocated_string(const struct kg_module_elf *elf, const Elf64_Rela *relocation)
{
	Elf64_Sym symbol;

	if (!read_symbol(elf, relocation->r_info, &symbol) ||
	    symbol.st_shndx >= elf->section_count)
		return NULL;
	return kg_span_name(elf->sections[symbol.st_shndx].bytes,
			    symbol.st_value + (uint64_t)relocation->r_addend,
			    kg_module_symbol_name_max);
}

/* Gives the relocated field of one entry its string. */
static void apply(const struct kg_module_elf *elf, const Elf64_Rela *relocation,
		  struct kg_export *symbols, uint64_t count)
{
	uint64_t index = relocation->r_offset / kg_ksymtab_entry_size;
	uint64_t field = relocation->r_offset % kg_ksymtab_entry_size;
	const char *text;

	if (index >= count || (field != kg_ksymtab_name && field != kg_ksymtab_namespace))
		return;
	text = relocated_string(elf, relocation);
	if (!text)
		return;
	if (field == kg_ksymtab_name)
		symbols[index].name = text;
	else
		symbols[index].symbol_namespace = text;
}

static bool next_relocation(const struct kg_module_section *relocations, uint64_t *at,
			    Elf64_Rela *relocation)
{
	struct kg_span raw;

	if (!relocations || !kg_span_sub(relocations->bytes, *at, sizeof(*relocation), &raw))
		return false;
	memcpy(relocation, raw.data, sizeof(*relocation));
	*at += sizeof(*relocation);
	return true;
}

static void read_strings(const struct kg_module_elf *elf, const struct kg_module_section *table,
			 struct kg_export *symbols, uint64_t count)
{
	const struct kg_module_section *relocations = relocations_of(elf, table);
	Elf64_Rela relocation;
	uint64_t at = 0;

	while (next_relocation(relocations, &at, &relocation))
		apply(elf, &relocation, symbols, count);
}

/*
 * CRCs are plain numbers, or up to Linux 5.18 absolute symbols __crc_NAME that
 * the table is relocated with.
 */
static void read_crcs(const struct kg_module_elf *elf, const struct kg_module_section *table,
		      struct kg_export *symbols, uint64_t count)
{
	const struct kg_module_section *relocations = relocations_of(elf, table);
	Elf64_Rela relocation;
	Elf64_Sym symbol;
	uint64_t at = 0;

	for (uint64_t i = 0; i < count; i++) {
		symbols[i].has_crc = true;
		symbols[i].crc_cut_off = !kg_span_le32(table->bytes, i * 4, &symbols[i].crc);
	}
	while (next_relocation(relocations, &at, &relocation)) {
		if (relocation.r_offset / 4 < count &&
		    read_symbol(elf, relocation.r_info, &symbol) && symbol.st_shndx == SHN_ABS)
			symbols[relocation.r_offset / 4].crc =
				(uint32_t)(symbol.st_value + (uint64_t)relocation.r_addend);
	}
}

static void read_flags(const struct kg_module_section *flags, struct kg_export *symbols,
		       uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint8_t flag = 0;

		(void)kg_span_u8(flags->bytes, i, &flag);
		symbols[i].gpl_only = (flag & kg_kflagstab_gpl_only) != 0;
	}
}

/* __inline_bsearch() (include/linux/bsearch.h) by name; NULL where it goes astray. */
static const struct kg_export *bisect(const struct kg_export *symbols, uint64_t count,
				      const char *name)
{
	while (count > 0) {
		const struct kg_export *pivot = symbols + count / 2;
		int order = strcmp(name, pivot->name);

		if (order == 0)
			return pivot;
		if (order > 0) {
			symbols = pivot + 1;
			count--;
		}
		count /= 2;
	}
	return NULL;
}

struct table {
	const char *name;
	const char *crcs;
	const char *flags; /* NULL where the table's name tells */
	bool gpl_only;
};

static int add_table(const struct table *kind, struct kg_module *module, struct kg_error *err)
{
	const struct kg_module_elf *elf = &module->elf;
	const struct kg_module_section *table = kg_module_elf_section(elf, kind->name);
	const struct kg_module_section *crcs = kg_module_elf_section(elf, kind->crcs);
	const struct kg_module_section *flags =
		kind->flags ? kg_module_elf_section(elf, kind->flags) : NULL;
	uint64_t count = table ? table->header.sh_size / kg_ksymtab_entry_size : 0;
	struct kg_export *symbols;
	int result = 0;

	if (count == 0)
		return 0;
	module->exports_without_crcs = module->exports_without_crcs || !crcs;
	module->exports_without_flags = module->exports_without_flags || (kind->flags && !flags);
	if (count > max_exports)
		count = max_exports;
	symbols = calloc((size_t)count, sizeof(*symbols));
	if (!symbols)
		return kg_fail_memory(err);
	for (uint64_t i = 0; i < count; i++)
		symbols[i] = (struct kg_export){
			.name = "", .symbol_namespace = "", .gpl_only = kind->gpl_only};
	read_strings(elf, table, symbols, count);
	if (crcs)
		read_crcs(elf, crcs, symbols, count);
	if (flags)
		read_flags(flags, symbols, count);
	for (uint64_t i = 0; i < count; i++)
		symbols[i].hidden = bisect(symbols, count, symbols[i].name) != &symbols[i];
	for (uint64_t i = 0; result == 0 && i < count; i++)
		result = kg_export_table_add(&module->exports, &symbols[i], err);
	free(symbols);
	return result;
}

int kg_module_exports_read(const struct kg_loader_rules *rules, struct kg_module *module,
			   struct kg_error *err)
{
	static const struct table flagged = {"__ksymtab", "__kcrctab", "__kflagstab", false};
	static const struct table plain = {"__ksymtab", "__kcrctab", NULL, false};
	static const struct table gpl_only = {"__ksymtab_gpl", "__kcrctab_gpl", NULL, true};
	bool by_flags = rules->known ? kg_loader_rules_have(rules, KG_LOADER_RULE_EXPORT_FLAGS)
				     : kg_module_elf_section(&module->elf, flagged.flags) != NULL;

	if (by_flags) {
		if (add_table(&flagged, module, err) < 0)
			return -1;
	} else if (add_table(&plain, module, err) < 0 || add_table(&gpl_only, module, err) < 0) {
		return -1;
	}
	kg_export_table_sort(&module->exports);
	return 0;
}
