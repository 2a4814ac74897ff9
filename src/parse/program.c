// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/program.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* BINPRM_BUF_SIZE of include/uapi/linux/binfmts.h. */
	script_head = 256,
	max_path = 4096,
	max_dynamic = 4096,
	dynamic_size = 16,
};

/* An ELF file while it is read. */
struct reader {
	struct kg_span bytes;
	Elf *elf;
	size_t header_count;
	struct kg_span dynamic;
	struct kg_span names; /* DT_STRTAB, as far as its segment goes */
};

static int damaged(const char *what, struct kg_error *err)
{
	return kg_fail(err, EBADMSG, "is a damaged ELF file: %s", what);
}

static int parse_script(struct kg_span bytes, struct kg_program *program, struct kg_error *err)
{
	size_t end = bytes.size < script_head ? bytes.size : script_head;
	size_t start = 2;
	size_t stop;

	while (start < end && (bytes.data[start] == ' ' || bytes.data[start] == '\t'))
		start++;
	stop = start;
	while (stop < end && !strchr(" \t\n", bytes.data[stop]))
		stop++;
	program->kind = KG_PROGRAM_SCRIPT;
	program->interpreter =
		kg_span_copy_string(kg_span_of(bytes.data + start, stop - start), err);
	return program->interpreter ? 0 : -1;
}

/* The bytes at a virtual address up to the end of its segment. */
static bool bytes_at(const struct reader *reader, uint64_t address, struct kg_span *bytes)
{
	for (size_t i = 0; i < reader->header_count; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(reader->elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		if (address >= header.p_vaddr && address - header.p_vaddr < header.p_filesz)
			return kg_span_sub(reader->bytes,
					   header.p_offset + (address - header.p_vaddr),
					   header.p_filesz - (address - header.p_vaddr), bytes);
	}
	return false;
}

static int read_headers(struct reader *reader, struct kg_program *program, struct kg_error *err)
{
	for (size_t i = 0; i < reader->header_count; i++) {
		struct kg_span bytes;
		GElf_Phdr header;

		if (!gelf_getphdr(reader->elf, (int)i, &header))
			return damaged("a program header cannot be read", err);
		if (header.p_type != PT_INTERP && header.p_type != PT_DYNAMIC)
			continue;
		if (!kg_span_sub(reader->bytes, header.p_offset, header.p_filesz, &bytes))
			return damaged("a segment reaches over the end of the file", err);
		if (header.p_type == PT_DYNAMIC) {
			reader->dynamic = bytes;
		} else if (!program->interpreter) {
			if (!kg_span_name(bytes, 0, max_path))
				return damaged("its interpreter has no end", err);
			program->interpreter = kg_span_copy_string(bytes, err);
			if (!program->interpreter)
				return -1;
		}
	}
	return 0;
}

/* Entry index of the dynamic section; false behind the last one. */
static bool dynamic_entry(const struct reader *reader, size_t index, uint64_t *tag,
			  uint64_t *value)
{
	return index < max_dynamic &&
	       kg_span_le64(reader->dynamic, index * dynamic_size, tag) &&
	       kg_span_le64(reader->dynamic, index * dynamic_size + 8, value) && *tag != DT_NULL;
}

static int add_search(const char *path, struct kg_strings *search, struct kg_error *err)
{
	while (*path) {
		size_t length = strcspn(path, ":");
		char *directory = kg_span_copy_string(kg_span_of(path, length), err);
		int result = kg_strings_take(search, directory, err);
		if (result < 0)
			return -1;
		path += length;
		path += *path == ':';
	}
	return 0;
}

/* The names of all entries with this tag, to needed or, as a path, to search. */
static int add_names(const struct reader *reader, uint64_t wanted, struct kg_program *program,
		     struct kg_error *err)
{
	uint64_t tag;
	uint64_t value;

	for (size_t i = 0; dynamic_entry(reader, i, &tag, &value); i++) {
		const char *name;

		if (tag != wanted)
			continue;
		name = kg_span_name(reader->names, value, max_path);
		if (!name)
			return damaged("a name of its dynamic section is not there", err);
		if ((wanted == DT_NEEDED ? kg_strings_add(&program->needed, name, err)
					 : add_search(name, &program->search, err)) < 0)
			return -1;
	}
	return 0;
}

static int read_dynamic(struct reader *reader, struct kg_program *program, struct kg_error *err)
{
	uint64_t tag;
	uint64_t value;

	for (size_t i = 0; dynamic_entry(reader, i, &tag, &value); i++) {
		if (tag == DT_STRTAB && !bytes_at(reader, value, &reader->names))
			return damaged("the names of its dynamic section are not there", err);
	}
	if (add_names(reader, DT_NEEDED, program, err) < 0 ||
	    add_names(reader, DT_RUNPATH, program, err) < 0)
		return -1;
	return program->search.count ? 0 : add_names(reader, DT_RPATH, program, err);
}

static int parse_elf(struct kg_span bytes, struct kg_program *program, struct kg_error *err)
{
	struct reader reader = {.bytes = bytes};
	GElf_Ehdr header;
	int result;

	(void)elf_version(EV_CURRENT);
	/* libelf takes a writable pointer, and writes only through elf_update(). */
	reader.elf = elf_memory((char *)(uintptr_t)bytes.data, bytes.size);
	if (!reader.elf || elf_kind(reader.elf) != ELF_K_ELF ||
	    !gelf_getehdr(reader.elf, &header) ||
	    elf_getphdrnum(reader.elf, &reader.header_count) < 0)
		result = damaged("its header cannot be read", err);
	else if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
		 header.e_ident[EI_DATA] != ELFDATA2LSB) {
		program->kind = KG_PROGRAM_FOREIGN;
		result = 0;
	} else {
		program->kind = KG_PROGRAM_ELF;
		result = read_headers(&reader, program, err);
		if (result == 0)
			result = read_dynamic(&reader, program, err);
	}
	if (reader.elf)
		elf_end(reader.elf);
	return result;
}

int kg_program_parse(struct kg_span bytes, struct kg_program *program, struct kg_error *err)
{
	struct kg_program parsed = {0};
	int result = 0;

	if (kg_span_starts_with(bytes, "#!", 2))
		result = parse_script(bytes, &parsed, err);
	else if (kg_span_starts_with(bytes, ELFMAG, SELFMAG))
		result = parse_elf(bytes, &parsed, err);
	if (result < 0) {
		kg_program_free(&parsed);
		return -1;
	}
	*program = parsed;
	return 0;
}

void kg_program_free(struct kg_program *program)
{
	free(program->interpreter);
	kg_strings_free(&program->needed);
	kg_strings_free(&program->search);
	*program = (struct kg_program){0};
}
