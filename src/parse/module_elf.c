// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/module_elf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int damaged(struct kg_error *err, const char *what)
{
	return kg_fail(err, EBADMSG, "is a damaged module: %s", what);
}

static int read_header(struct kg_span bytes, Elf64_Ehdr *header, struct kg_error *err)
{
	struct kg_span raw;

	if (!kg_span_starts_with(bytes, ELFMAG, SELFMAG))
		return kg_fail(err, EBADMSG, "is no ELF file");
	if (!kg_span_sub(bytes, 0, sizeof(*header), &raw))
		return damaged(err, "it is cut off");
	memcpy(header, raw.data, sizeof(*header));
	if (header->e_type != ET_REL)
		return kg_fail(err, EBADMSG, "is an ELF file, but no kernel module");
	if (header->e_shentsize != sizeof(Elf64_Shdr))
		return damaged(err, "its section headers have another size");
	return 0;
}

/* The table itself; a section's bytes lie inside of the file, or it is refused. */
static int read_sections(struct kg_module_elf *elf, const Elf64_Ehdr *header, struct kg_error *err)
{
	struct kg_span table;

	/* The kernel wants e_shoff below the length also of an empty table. */
	if (header->e_shoff >= elf->bytes.size || header->e_shnum == 0 ||
	    !kg_span_sub(elf->bytes, header->e_shoff,
			 (uint64_t)header->e_shnum * sizeof(Elf64_Shdr), &table))
		return damaged(err, "its section table lies outside of the file");
	elf->sections = calloc(header->e_shnum, sizeof(*elf->sections));
	if (!elf->sections)
		return kg_fail_memory(err);
	elf->section_count = header->e_shnum;
	for (size_t i = 0; i < elf->section_count; i++) {
		struct kg_module_section *section = &elf->sections[i];

		section->name = "";
		memcpy(&section->header, table.data + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
		if (section->header.sh_type != SHT_NULL && section->header.sh_type != SHT_NOBITS &&
		    !kg_span_sub(elf->bytes, section->header.sh_offset, section->header.sh_size,
				 &section->bytes))
			return damaged(err, "a section reaches over the end of the file");
	}
	if (elf->sections[0].header.sh_type != SHT_NULL || elf->sections[0].header.sh_size != 0 ||
	    elf->sections[0].header.sh_addr != 0)
		return damaged(err, "its section 0 is not empty");
	return 0;
}

static bool is_terminated(struct kg_span bytes)
{
	return bytes.size > 0 && bytes.data[bytes.size - 1] == '\0';
}

/* Whether the kernel demands that the name table holds this section's name. */
static bool needs_name(const struct kg_module_section *section, bool strict)
{
	if (section->header.sh_type == SHT_NULL)
		return false;
	return strict || (section->header.sh_type != SHT_NOBITS &&
			  (section->header.sh_flags & SHF_ALLOC) != 0);
}

static int read_names(struct kg_module_elf *elf, const Elf64_Ehdr *header, bool strict,
		      bool typed, struct kg_error *err)
{
	const struct kg_module_section *table;
	struct kg_span names;

	if (header->e_shstrndx == SHN_UNDEF || header->e_shstrndx >= elf->section_count)
		return damaged(err, "it has no table of section names");
	table = &elf->sections[header->e_shstrndx];
	if (typed && table->header.sh_type != SHT_STRTAB)
		return damaged(err, "its table of section names is none");
	/* Older kernels read whatever the header of the table points to. */
	if (!kg_span_sub(elf->bytes, table->header.sh_offset, table->header.sh_size, &names) ||
	    !is_terminated(names))
		return damaged(err, "its table of section names is cut off");
	for (size_t i = 1; i < elf->section_count; i++) {
		struct kg_module_section *section = &elf->sections[i];
		const char *name = kg_span_string(names, section->header.sh_name);

		if (name)
			section->name = name;
		else if (needs_name(section, strict))
			return damaged(err, "a section has no name");
	}
	return 0;
}

/*
 * How many sections of this name the kernel counts, and the last of them. From 6.4 on
 * SHF_ALLOC is not asked for here, and up to 6.12 those without bytes do not count.
 */
static size_t count_named(const struct kg_module_elf *elf, const char *name, bool empty_count,
			  size_t *last)
{
	size_t count = 0;

	for (size_t i = 1; i < elf->section_count; i++) {
		uint32_t type = elf->sections[i].header.sh_type;

		if ((!empty_count && (type == SHT_NULL || type == SHT_NOBITS)) ||
		    strcmp(elf->sections[i].name, name) != 0)
			continue;
		*last = i;
		count++;
	}
	return count;
}

static int find_unique_sections(struct kg_module_elf *elf, bool strict, struct kg_error *err)
{
	const Elf64_Shdr *header;

	if (count_named(elf, ".modinfo", strict, &elf->modinfo) > 1)
		return damaged(err, "it has more than one .modinfo section");
	if (count_named(elf, ".gnu.linkonce.this_module", strict, &elf->this_module) != 1)
		return kg_fail(err, EBADMSG, "is no kernel module (it has no struct module)");
	header = &elf->sections[elf->this_module].header;
	if (header->sh_type == SHT_NOBITS || !(header->sh_flags & SHF_ALLOC))
		return damaged(err, "its struct module is empty");
	return 0;
}

static size_t index_of(const struct kg_module_elf *elf, const struct kg_module_section *section)
{
	return section ? (size_t)(section - elf->sections) : 0;
}

/* Up to 6.3 the first of each is taken, where it is SHF_ALLOC. */
static int find_first_sections(struct kg_module_elf *elf, struct kg_error *err)
{
	elf->modinfo = index_of(elf, kg_module_elf_section(elf, ".modinfo"));
	elf->this_module = index_of(elf, kg_module_elf_section(elf, ".gnu.linkonce.this_module"));
	if (elf->this_module == 0)
		return kg_fail(err, EBADMSG, "is no kernel module (it has no struct module)");
	return 0;
}

static int find_symbols(struct kg_module_elf *elf, bool unique, bool typed, struct kg_error *err)
{
	size_t count = 0;

	for (size_t i = 1; i < elf->section_count; i++) {
		const Elf64_Shdr *header = &elf->sections[i].header;

		if (header->sh_type != SHT_SYMTAB)
			continue;
		if (header->sh_link == SHN_UNDEF || header->sh_link >= elf->section_count)
			return damaged(err, "its symbol table has no names");
		if (count++ == 0)
			elf->symbols = i;
	}
	if (count == 0 || (unique && count > 1))
		return kg_fail(err, EBADMSG, "is no kernel module (it has %s symbol table)",
			       count ? "more than one" : "no");
	elf->strings = elf->sections[elf->symbols].header.sh_link;
	if (typed && elf->sections[elf->strings].header.sh_type != SHT_STRTAB)
		return damaged(err, "its table of symbol names is none");
	return 0;
}

/* elf_validity_cache_strtab(), 6.13. */
static int check_strings(const struct kg_module_elf *elf, struct kg_error *err)
{
	struct kg_span names = kg_module_elf_in_place(elf, &elf->sections[elf->strings]);

	if (!is_terminated(names) || names.data[0] != '\0')
		return damaged(err, "its table of symbol names does not begin and end with NUL");
	for (size_t i = 0; i < kg_module_elf_symbol_count(elf); i++) {
		if (kg_module_elf_symbol(elf, i).st_name >= names.size)
			return damaged(err, "a symbol has no name");
	}
	return 0;
}

/* elf_validity_cache_index_versions(), 6.14: one name for each CRC. */
static int check_extended_versions(const struct kg_module_elf *elf, struct kg_error *err)
{
	const struct kg_module_section *crcs = kg_module_elf_section(elf, "__version_ext_crcs");
	const struct kg_module_section *names = kg_module_elf_section(elf, "__version_ext_names");
	uint64_t at = 0;

	if (!crcs != !names)
		return damaged(err, "it has extended versions without names, or names without");
	for (uint64_t i = 0; crcs && i < crcs->header.sh_size / 4; i++) {
		const char *name = kg_span_string(kg_module_elf_in_place(elf, names), at);

		if (!name)
			return damaged(err, "it has fewer __version_ext_names than CRCs");
		at += strlen(name) + 1;
	}
	return 0;
}

static int open_sections(struct kg_module_elf *elf, const struct kg_loader_rules *rules,
			 struct kg_error *err)
{
	bool strict = kg_loader_rules_have(rules, KG_LOADER_RULE_STRICT_STRINGS);
	bool typed = kg_loader_rules_have(rules, KG_LOADER_RULE_STRING_TABLE_TYPES);
	bool unique = strict || kg_loader_rules_have(rules, KG_LOADER_RULE_UNIQUE_SECTIONS);
	Elf64_Ehdr header;

	if (read_header(elf->bytes, &header, err) < 0 || read_sections(elf, &header, err) < 0 ||
	    read_names(elf, &header, strict, typed, err) < 0)
		return -1;
	elf->machine = header.e_machine;
	if ((unique ? find_unique_sections(elf, strict, err)
		    : find_first_sections(elf, err)) < 0 ||
	    find_symbols(elf, unique, typed, err) < 0)
		return -1;
	if (kg_loader_rules_have(rules, KG_LOADER_RULE_EXTENDED_VERSIONS) &&
	    check_extended_versions(elf, err) < 0)
		return -1;
	return strict ? check_strings(elf, err) : 0;
}

int kg_module_elf_open(struct kg_span bytes, const struct kg_loader_rules *rules,
		       struct kg_module_elf *elf, struct kg_error *err)
{
	struct kg_module_elf opened = {.bytes = bytes};

	if (open_sections(&opened, rules, err) < 0) {
		kg_module_elf_free(&opened);
		return -1;
	}
	*elf = opened;
	return 0;
}

void kg_module_elf_free(struct kg_module_elf *elf)
{
	free(elf->sections);
	*elf = (struct kg_module_elf){0};
}

static const struct kg_module_section *find(const struct kg_module_elf *elf, const char *name,
					    uint64_t flags)
{
	for (size_t i = 1; i < elf->section_count; i++) {
		const struct kg_module_section *section = &elf->sections[i];

		if ((section->header.sh_flags & flags) == flags && strcmp(section->name, name) == 0)
			return section;
	}
	return NULL;
}

const struct kg_module_section *kg_module_elf_any_section(const struct kg_module_elf *elf,
							  const char *name)
{
	return find(elf, name, 0);
}

const struct kg_module_section *kg_module_elf_section(const struct kg_module_elf *elf,
						      const char *name)
{
	return find(elf, name, SHF_ALLOC);
}

struct kg_span kg_module_elf_in_place(const struct kg_module_elf *elf,
				      const struct kg_module_section *section)
{
	struct kg_span bytes = {0};
	uint64_t offset = section->header.sh_offset;
	uint64_t rest = offset < elf->bytes.size ? elf->bytes.size - offset : 0;

	if (rest > 0)
		(void)kg_span_sub(elf->bytes, offset,
				  rest < section->header.sh_size ? rest : section->header.sh_size,
				  &bytes);
	return bytes;
}

size_t kg_module_elf_symbol_count(const struct kg_module_elf *elf)
{
	return elf->sections[elf->symbols].bytes.size / sizeof(Elf64_Sym);
}

Elf64_Sym kg_module_elf_symbol(const struct kg_module_elf *elf, size_t index)
{
	Elf64_Sym symbol;

	memcpy(&symbol, elf->sections[elf->symbols].bytes.data + index * sizeof(symbol),
	       sizeof(symbol));
	return symbol;
}

/* From 6.13 on the name lies in its table; before, the kernel looks no further than its start. */
const char *kg_module_elf_symbol_name(const struct kg_module_elf *elf, const Elf64_Sym *symbol)
{
	uint64_t table = elf->sections[elf->strings].header.sh_offset;

	if (table > elf->bytes.size)
		return NULL;
	return kg_span_name(elf->bytes, table + symbol->st_name, kg_module_symbol_name_max);
}
