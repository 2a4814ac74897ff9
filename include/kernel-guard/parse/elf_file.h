/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_ELF_FILE_H
#define KERNEL_GUARD_PARSE_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/* Bytes of a symbol's name at the most; KSYM_NAME_LEN (include/linux/kallsyms.h) is 512. */
enum { kg_symbol_name_max = 4096 };

/* One section header, its name, and its bytes inside the file. */
struct kg_elf_section {
	const char *name;
	uint32_t type;        /* SHT_… */
	uint64_t flags;       /* SHF_… */
	uint64_t address;
	uint32_t link;
	uint32_t info;
	struct kg_span bytes; /* empty for SHT_NOBITS */
	uint64_t size;        /* sh_size, also of SHT_NOBITS */
};

/* One program header of type PT_LOAD. */
struct kg_elf_load {
	uint64_t address;
	struct kg_span bytes; /* what the file holds of it */
};

/* A 64-bit little-endian ELF file. Everything points into the borrowed bytes. */
struct kg_elf_file {
	struct kg_span bytes;
	uint16_t type;    /* ET_REL, ET_EXEC, ET_DYN */
	uint16_t machine; /* EM_X86_64, EM_AARCH64, … */
	struct kg_elf_section *sections;
	size_t section_count;
	struct kg_elf_load *loads;
	size_t load_count;
	struct kg_elf_handle *handle; /* libelf's, kept for section names */
};

/*
 * Opens the ELF file in bytes, which must outlive it. 0, or -1: EBADMSG where it
 * is no 64-bit little-endian ELF file or a header or section lies outside of it,
 * ENOMEM. kg_elf_file_free() releases it.
 */
int kg_elf_file_open(struct kg_span bytes, struct kg_elf_file *elf, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_elf_file_free(struct kg_elf_file *elf);

/* The first section of this name, or NULL. */
const struct kg_elf_section *kg_elf_file_section(const struct kg_elf_file *elf, const char *name);

/*
 * The same where it is SHF_ALLOC, else NULL: find_sec() of kernel/module/main.c sees no
 * others.
 */
const struct kg_elf_section *kg_elf_file_allocated_section(const struct kg_elf_file *elf,
							   const char *name);

/*
 * The NUL-terminated string at a virtual address, through the PT_LOAD segments;
 * NULL where no segment holds it whole.
 */
const char *kg_elf_file_string_at(const struct kg_elf_file *elf, uint64_t address);

/*
 * The size bytes at a virtual address, through the PT_LOAD segments. False where no
 * segment's part of the file holds them.
 */
bool kg_elf_file_bytes_at(const struct kg_elf_file *elf, uint64_t address, uint64_t size,
			  struct kg_span *bytes);

#endif
