// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/elf_file.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

enum {
	max_sections = 65536,
	max_loads = 128,
};

static Elf *handle_of(const struct kg_elf_file *elf)
{
	return (Elf *)(void *)elf->handle;
}

static int damaged(struct kg_error *err, const char *what)
{
	return kg_fail(err, EBADMSG, "is a damaged ELF file: %s", what);
}

static int read_section(struct kg_elf_file *elf, size_t index, size_t names_index,
			struct kg_error *err)
{
	struct kg_elf_section *section = &elf->sections[index];
	Elf_Scn *scn = elf_getscn(handle_of(elf), index);
	GElf_Shdr header;

	if (!scn || !gelf_getshdr(scn, &header))
		return damaged(err, "a section header cannot be read");
	*section = (struct kg_elf_section){
		.name = "",
		.type = header.sh_type,
		.flags = header.sh_flags,
		.address = header.sh_addr,
		.link = header.sh_link,
		.info = header.sh_info,
		.size = header.sh_size,
	};
	if (index == 0 || header.sh_type == SHT_NULL)
		return 0;
	if (header.sh_type != SHT_NOBITS &&
	    !kg_span_sub(elf->bytes, header.sh_offset, header.sh_size, &section->bytes))
		return damaged(err, "a section reaches over the end of the file");
	section->name = elf_strptr(handle_of(elf), names_index, header.sh_name);
	return section->name ? 0 : damaged(err, "a section has no name");
}

static int read_sections(struct kg_elf_file *elf, struct kg_error *err)
{
	size_t count;
	size_t names_index;

	if (elf_getshdrnum(handle_of(elf), &count) < 0 || count == 0 || count > max_sections ||
	    elf_getshdrstrndx(handle_of(elf), &names_index) < 0)
		return damaged(err, "it has no usable section table");
	elf->sections = calloc(count, sizeof(*elf->sections));
	if (!elf->sections)
		return kg_fail_memory(err);
	elf->section_count = count;
	for (size_t i = 0; i < count; i++) {
		if (read_section(elf, i, names_index, err) < 0)
			return -1;
	}
	return 0;
}

static int read_loads(struct kg_elf_file *elf, struct kg_error *err)
{
	size_t count;

	if (elf_getphdrnum(handle_of(elf), &count) < 0)
		return damaged(err, "its program headers cannot be read");
	if (count == 0)
		return 0;
	if (count > max_loads)
		return damaged(err, "it has too many program headers");
	elf->loads = calloc(count, sizeof(*elf->loads));
	if (!elf->loads)
		return kg_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		struct kg_elf_load *load = &elf->loads[elf->load_count];
		GElf_Phdr header;

		if (!gelf_getphdr(handle_of(elf), (int)i, &header))
			return damaged(err, "a program header cannot be read");
		if (header.p_type != PT_LOAD)
			continue;
		if (!kg_span_sub(elf->bytes, header.p_offset, header.p_filesz, &load->bytes))
			return damaged(err, "a segment reaches over the end of the file");
		load->address = header.p_vaddr;
		elf->load_count++;
	}
	return 0;
}

static int open_handle(struct kg_elf_file *elf, struct kg_error *err)
{
	GElf_Ehdr header;
	Elf *handle;

	if (!kg_span_starts_with(elf->bytes, ELFMAG, SELFMAG))
		return kg_fail(err, EBADMSG, "is no ELF file");
	(void)elf_version(EV_CURRENT);
	/* libelf takes a writable pointer, and writes only through elf_update(). */
	handle = elf_memory((char *)(uintptr_t)elf->bytes.data, elf->bytes.size);
	elf->handle = (struct kg_elf_handle *)(void *)handle;
	if (!handle || elf_kind(handle) != ELF_K_ELF || !gelf_getehdr(handle, &header))
		return damaged(err, "its header cannot be read");
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
		return kg_fail(err, EBADMSG, "is no 64-bit little-endian ELF file");
	elf->type = header.e_type;
	elf->machine = header.e_machine;
	return 0;
}

int kg_elf_file_open(struct kg_span bytes, struct kg_elf_file *elf, struct kg_error *err)
{
	struct kg_elf_file opened = {.bytes = bytes};

	if (open_handle(&opened, err) < 0 || read_sections(&opened, err) < 0 ||
	    read_loads(&opened, err) < 0) {
		kg_elf_file_free(&opened);
		return -1;
	}
	*elf = opened;
	return 0;
}

void kg_elf_file_free(struct kg_elf_file *elf)
{
	if (elf->handle)
		elf_end(handle_of(elf));
	free(elf->sections);
	free(elf->loads);
	*elf = (struct kg_elf_file){0};
}

const struct kg_elf_section *kg_elf_file_section(const struct kg_elf_file *elf, const char *name)
{
	for (size_t i = 1; i < elf->section_count; i++) {
		if (strcmp(elf->sections[i].name, name) == 0)
			return &elf->sections[i];
	}
	return NULL;
}

const struct kg_elf_section *kg_elf_file_allocated_section(const struct kg_elf_file *elf,
							   const char *name)
{
	const struct kg_elf_section *section = kg_elf_file_section(elf, name);

	return section && section->flags & SHF_ALLOC ? section : NULL;
}

const char *kg_elf_file_string_at(const struct kg_elf_file *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->load_count; i++) {
		const struct kg_elf_load *load = &elf->loads[i];

		if (address >= load->address && address - load->address < load->bytes.size)
			return kg_span_name(load->bytes, address - load->address,
					    kg_symbol_name_max);
	}
	return NULL;
}

bool kg_elf_file_bytes_at(const struct kg_elf_file *elf, uint64_t address, uint64_t size,
			  struct kg_span *bytes)
{
	for (size_t i = 0; i < elf->load_count; i++) {
		const struct kg_elf_load *load = &elf->loads[i];

		if (address >= load->address &&
		    kg_span_sub(load->bytes, address - load->address, size, bytes))
			return true;
	}
	return false;
}
