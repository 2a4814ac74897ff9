// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/module_exports.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/vmlinux.h"

/* The RELA section for table, or NULL. */
static const struct kg_elf_section *relocations_of(const struct kg_elf_file *elf,
						   const struct kg_elf_section *table)
{
	size_t index = (size_t)(table - elf->sections);

	for (size_t i = 1; i < elf->section_count; i++) {
		const struct kg_elf_section *section = &elf->sections[i];

		if (section->type == SHT_RELA && section->info == index)
			return section;
	}
	return NULL;
}

static bool read_symbol(const struct kg_elf_file *elf, const struct kg_elf_section *relocations,
			uint64_t info, Elf64_Sym *symbol)
{
	struct kg_span bytes;

	if (relocations->link >= elf->section_count ||
	    !kg_span_sub(elf->sections[relocations->link].bytes,
			 ELF64_R_SYM(info) * sizeof(*symbol), sizeof(*symbol), &bytes))
		return false;
	memcpy(symbol, bytes.data, sizeof(*symbol));
	return true;
}

/* The string a place-relative relocation points at. */
static const char *relocated_string(const struct kg_elf_file *elf,
				    const struct kg_elf_section *relocations,
				    const Elf64_Rela *relocation)
{
	Elf64_Sym symbol;

	if (!read_symbol(elf, relocations, relocation->r_info, &symbol) ||
	    symbol.st_shndx >= elf->section_count)
		return NULL;
	return kg_span_name(elf->sections[symbol.st_shndx].bytes,
			    symbol.st_value + (uint64_t)relocation->r_addend, kg_symbol_name_max);
}

/* Gives the relocated field of one entry its string. */
static bool apply(const struct kg_elf_file *elf, const struct kg_elf_section *relocations,
		  const Elf64_Rela *relocation, struct kg_export *symbols, uint64_t count)
{
	uint64_t index = relocation->r_offset / kg_ksymtab_entry_size;
	uint64_t field = relocation->r_offset % kg_ksymtab_entry_size;
	const char *text;

	if (index >= count || (field != kg_ksymtab_name && field != kg_ksymtab_namespace))
		return true;
	text = relocated_string(elf, relocations, relocation);
	if (!text)
		return false;
	if (field == kg_ksymtab_name)
		symbols[index].name = text;
	else
		symbols[index].symbol_namespace = text;
	return true;
}

static bool read_strings(const struct kg_elf_file *elf, const struct kg_elf_section *table,
			 struct kg_export *symbols, uint64_t count)
{
	const struct kg_elf_section *relocations = relocations_of(elf, table);
	Elf64_Rela relocation;

	for (uint64_t at = 0; relocations && at + sizeof(relocation) <= relocations->bytes.size;
	     at += sizeof(relocation)) {
		memcpy(&relocation, relocations->bytes.data + at, sizeof(relocation));
		if (!apply(elf, relocations, &relocation, symbols, count))
			return false;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (!symbols[i].name)
			return false;
	}
	return true;
}

/*
 * CRCs are plain numbers, or up to Linux 5.18 absolute symbols __crc_NAME that
 * the table is relocated with.
 */
static void read_crcs(const struct kg_elf_file *elf, const struct kg_elf_section *table,
		      struct kg_export *symbols, uint64_t count)
{
	const struct kg_elf_section *relocations = relocations_of(elf, table);
	Elf64_Rela relocation;
	Elf64_Sym symbol;

	for (uint64_t i = 0; i < count; i++)
		symbols[i].has_crc = kg_span_le32(table->bytes, i * 4, &symbols[i].crc);
	for (uint64_t at = 0; relocations && at + sizeof(relocation) <= relocations->bytes.size;
	     at += sizeof(relocation)) {
		memcpy(&relocation, relocations->bytes.data + at, sizeof(relocation));
		if (relocation.r_offset / 4 < count &&
		    read_symbol(elf, relocations, relocation.r_info, &symbol) &&
		    symbol.st_shndx == SHN_ABS)
			symbols[relocation.r_offset / 4].crc =
				(uint32_t)(symbol.st_value + (uint64_t)relocation.r_addend);
	}
}

static void read_flags(const struct kg_elf_section *flags, struct kg_export *symbols,
		       uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint8_t flag = 0;

		(void)kg_span_u8(flags->bytes, i, &flag);
		symbols[i].gpl_only = (flag & kg_kflagstab_gpl_only) != 0;
	}
}

static int add_table(const struct kg_elf_file *elf, const char *name, const char *crcs_name,
		     bool gpl_only, struct kg_export_table *exports, struct kg_error *err)
{
	const struct kg_elf_section *table = kg_elf_file_allocated_section(elf, name);
	const struct kg_elf_section *crcs = kg_elf_file_allocated_section(elf, crcs_name);
	const struct kg_elf_section *flags = kg_elf_file_allocated_section(elf, "__kflagstab");
	uint64_t count = table ? table->bytes.size / kg_ksymtab_entry_size : 0;
	struct kg_export *symbols;
	int result = 0;

	if (count == 0)
		return 0;
	symbols = calloc((size_t)count, sizeof(*symbols));
	if (!symbols)
		return kg_fail_memory(err);
	for (uint64_t i = 0; i < count; i++)
		symbols[i] = (struct kg_export){.symbol_namespace = "", .gpl_only = gpl_only};
	if (!read_strings(elf, table, symbols, count))
		result = kg_fail(err, EBADMSG, "has a damaged %s section", name);
	if (result == 0 && crcs)
		read_crcs(elf, crcs, symbols, count);
	if (result == 0 && flags)
		read_flags(flags, symbols, count);
	for (uint64_t i = 0; result == 0 && i < count; i++)
		result = kg_export_table_add(exports, &symbols[i], err);
	free(symbols);
	return result;
}

int kg_module_exports_read(const struct kg_elf_file *elf, struct kg_export_table *exports,
			   struct kg_error *err)
{
	if (add_table(elf, "__ksymtab", "__kcrctab", false, exports, err) < 0)
		return -1;
	if (!kg_elf_file_allocated_section(elf, "__kflagstab") &&
	    add_table(elf, "__ksymtab_gpl", "__kcrctab_gpl", true, exports, err) < 0)
		return -1;
	kg_export_table_sort(exports);
	return 0;
}
