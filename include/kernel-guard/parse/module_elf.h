/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_MODULE_ELF_H
#define KERNEL_GUARD_PARSE_MODULE_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/loader_rules.h"

/* Bytes of a symbol's name at the most; KSYM_NAME_LEN (include/linux/kallsyms.h) is 512. */
enum { kg_module_symbol_name_max = 4096 };

/* A section of a module. */
struct kg_module_section {
	const char *name; /* "" where the table of names does not hold it */
	Elf64_Shdr header;
	struct kg_span bytes; /* empty for SHT_NULL and SHT_NOBITS */
};

/*
 * A module's sections as kernel/module/main.c reads them, which is less strict than the
 * ELF specification: neither class nor data encoding are looked at. Points into the
 * borrowed bytes, which are the file without an appended signature.
 */
struct kg_module_elf {
	struct kg_span bytes;
	uint16_t machine; /* EM_… */
	struct kg_module_section *sections; /* [0] is of type SHT_NULL and empty */
	size_t section_count;
	/* Indices of sections; 0 where there is none. */
	size_t modinfo;
	size_t this_module;
	size_t symbols;
	size_t strings;
};

/*
 * Reads the section table and applies the rules of load_module() that concern the file's
 * shape alone (elf_validity_*() of kernel/module/main.c; elf_validity_check() and
 * setup_load_info() up to 6.3). 0, or -1: EBADMSG where the kernel would answer ENOEXEC,
 * ENOMEM. kg_module_elf_free() releases it.
 */
int kg_module_elf_open(struct kg_span bytes, const struct kg_loader_rules *rules,
		       struct kg_module_elf *elf, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_module_elf_free(struct kg_module_elf *elf);

/* The first section of this name, with or without SHF_ALLOC, or NULL. */
const struct kg_module_section *kg_module_elf_any_section(const struct kg_module_elf *elf,
							  const char *name);

/*
 * The first one of this name that is SHF_ALLOC, or NULL: find_sec() of
 * kernel/module/main.c sees no others.
 */
const struct kg_module_section *kg_module_elf_section(const struct kg_module_elf *elf,
						      const char *name);

/*
 * The bytes at a section's place in the file, as far as the file goes, whatever its type: so
 * the kernel reads what it uses in place, .modinfo and the versions.
 */
struct kg_span kg_module_elf_in_place(const struct kg_module_elf *elf,
				      const struct kg_module_section *section);

/* Entries of the symbol table, that without a name at index 0 included. */
size_t kg_module_elf_symbol_count(const struct kg_module_elf *elf);

/* Entry index of the symbol table, which must be less than the count. */
Elf64_Sym kg_module_elf_symbol(const struct kg_module_elf *elf, size_t index);

/* The name of a symbol; NULL where the file does not hold it. */
const char *kg_module_elf_symbol_name(const struct kg_module_elf *elf, const Elf64_Sym *symbol);

#endif
