// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/module.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/compression.h"
#include "kernel-guard/parse/module_exports.h"

enum {
	shn_livepatch = 0xff20, /* SHN_LIVEPATCH, include/uapi/linux/elf.h */
	max_unpacked = 256 << 20,
	/* struct module { enum module_state state; struct list_head list; char name[56]; */
	name_offset = 24,
	name_size = 56,
	/* struct modversion_info { unsigned long crc; char name[56]; } */
	version_size = 64,
	version_name = 8,
};

int kg_module_unpack(struct kg_span file, struct kg_buffer *storage, struct kg_span *image,
		     struct kg_error *err)
{
	enum kg_compression compression = kg_compression_sniff(file);

	switch (compression) {
	case KG_COMPRESSION_GZIP:
	case KG_COMPRESSION_XZ:
	case KG_COMPRESSION_ZSTD:
		if (kg_decompress(file, compression, max_unpacked, storage, err) < 0)
			return -1;
		*image = kg_buffer_span(storage);
		return 0;
	default:
		*image = file;
		return 0;
	}
}

static int add_text(const char ***texts, size_t *count, size_t *capacity, const char *text,
		    struct kg_error *err)
{
	if (kg_array_reserve(texts, capacity, *count, sizeof(**texts), err) < 0)
		return -1;
	(*texts)[(*count)++] = text;
	return 0;
}

/* The value of "key=value" where the key is this one. */
static const char *tag_value(const char *tag, const char *key)
{
	size_t length = strlen(key);

	return strncmp(tag, key, length) == 0 && tag[length] == '=' ? tag + length + 1 : NULL;
}

static int read_tag(struct kg_module *module, const char *tag, struct kg_error *err)
{
	const char *value;

	if (!module->license && (value = tag_value(tag, "license")))
		module->license = value;
	else if (!module->vermagic && (value = tag_value(tag, "vermagic")))
		module->vermagic = value;
	else if (!module->modinfo_name && (value = tag_value(tag, "name")))
		module->modinfo_name = value;
	else if (tag_value(tag, "intree"))
		module->in_tree = true;
	else if (tag_value(tag, "livepatch"))
		module->livepatch = true;
	else if ((value = tag_value(tag, "import_ns")))
		return add_text(&module->import_namespaces, &module->import_namespace_count,
				&module->import_namespace_capacity, value, err);
	else if ((value = tag_value(tag, "firmware")))
		return add_text(&module->firmware, &module->firmware_count,
				&module->firmware_capacity, value, err);
	return 0;
}

/*
 * next_string() of kernel/module/main.c (module_next_tag_pair() from 6.4): from one
 * string to the next one behind the zeros, while left bytes of the section remain.
 */
static bool next_tag(struct kg_span bytes, uint64_t *at, uint64_t *left)
{
	bool in_string = true;

	for (;;) {
		uint8_t byte;

		if (!kg_span_u8(bytes, *at, &byte))
			return false;
		if (in_string && byte == 0)
			in_string = false;
		if (!in_string && byte != 0)
			return true;
		(*at)++;
		if ((*left)-- <= 1)
			return false;
	}
}

/* .modinfo, in byte order: of a key that comes more than once the kernel takes the first. */
static int read_modinfo(struct kg_module *module, struct kg_error *err)
{
	const Elf64_Shdr *header = &module->elf.sections[module->elf.modinfo].header;
	uint64_t at = header->sh_offset;
	uint64_t left = header->sh_size;

	if (module->elf.modinfo == 0)
		return 0;
	do {
		/* A last tag without NUL goes on into what follows the section. */
		const char *tag = kg_span_string(module->elf.bytes, at);

		if (tag && read_tag(module, tag, err) < 0)
			return -1;
	} while (next_tag(module->elf.bytes, &at, &left));
	return 0;
}

static int read_name(struct kg_module *module, struct kg_error *err)
{
	const Elf64_Shdr *header = &module->elf.sections[module->elf.this_module].header;
	struct kg_span field;

	/* A name of 56 bytes has no NUL of its own; the pointer behind it mostly has one. */
	if (header->sh_type == SHT_NOBITS || header->sh_size < name_offset + name_size ||
	    header->sh_offset > module->elf.bytes.size ||
	    !kg_span_sub(module->elf.bytes, header->sh_offset + name_offset, name_size, &field))
		return kg_fail(err, EBADMSG, "is no kernel module (its struct module is cut off)");
	module->name = kg_span_string(module->elf.bytes, header->sh_offset + name_offset);
	if (!module->name)
		return kg_fail(err, EBADMSG, "is a kernel module with a damaged name");
	if (!module->modinfo_name)
		module->modinfo_name = module->name;
	return 0;
}

static int add_symbol(struct kg_module *module, const Elf64_Sym *symbol, size_t index,
		      enum kg_module_symbol_kind kind, struct kg_error *err)
{
	const char *name = kg_module_elf_symbol_name(&module->elf, symbol);

	if (kg_array_reserve(&module->symbols, &module->symbol_capacity, module->symbol_count,
			     sizeof(*module->symbols), err) < 0)
		return -1;
	module->symbols[module->symbol_count++] = (struct kg_module_symbol){
		.name = name ? name : "",
		.kind = kind,
		.weak = ELF64_ST_BIND(symbol->st_info) == STB_WEAK,
		.index = index,
	};
	return 0;
}

/* simplify_symbols(): entries 1 to n-1, in order, of any binding. */
static int read_symbols(struct kg_module *module, struct kg_error *err)
{
	size_t count = kg_module_elf_symbol_count(&module->elf);

	for (size_t i = 1; i < count; i++) {
		Elf64_Sym symbol = kg_module_elf_symbol(&module->elf, i);
		enum kg_module_symbol_kind kind = KG_MODULE_SYMBOL_UNDEFINED;

		if (symbol.st_shndx == SHN_COMMON)
			kind = KG_MODULE_SYMBOL_COMMON;
		else if (symbol.st_shndx == SHN_ABS || symbol.st_shndx == shn_livepatch)
			continue;
		else if (symbol.st_shndx >= module->elf.section_count)
			kind = KG_MODULE_SYMBOL_NO_SECTION;
		else if (symbol.st_shndx != SHN_UNDEF)
			continue;
		if (add_symbol(module, &symbol, i, kind, err) < 0)
			return -1;
	}
	return 0;
}

static int add_version(struct kg_module *module, const char *name, uint64_t crc,
		       struct kg_error *err)
{
	if (kg_array_reserve(&module->versions, &module->version_capacity, module->version_count,
			     sizeof(*module->versions), err) < 0)
		return -1;
	module->versions[module->version_count++] =
		(struct kg_module_version){.name = name, .crc = crc};
	return 0;
}

static int read_plain_versions(struct kg_span bytes, struct kg_module *module,
			       struct kg_error *err)
{
	for (uint64_t at = 0; at + version_size <= bytes.size; at += version_size) {
		const char *name = kg_span_string(bytes, at + version_name);
		uint64_t crc = 0;

		(void)kg_span_le64(bytes, at, &crc);
		if (name && add_version(module, name, crc, err) < 0)
			return -1;
	}
	return 0;
}

static int read_extended_versions(struct kg_span crcs, struct kg_span names,
				  struct kg_module *module, struct kg_error *err)
{
	uint64_t at = 0;
	uint32_t crc;

	for (uint64_t i = 0; kg_span_le32(crcs, i * 4, &crc); i++) {
		const char *name = kg_span_string(names, at);

		if (!name)
			break;
		if (add_version(module, name, crc, err) < 0)
			return -1;
		at += strlen(name) + 1;
	}
	return 0;
}

/* kernel/module/version.c: where the extended form is there, and known, it alone is asked. */
static int read_versions(const struct kg_loader_rules *rules, struct kg_module *module,
			 struct kg_error *err)
{
	const struct kg_module_elf *elf = &module->elf;
	const struct kg_module_section *plain = kg_module_elf_section(elf, "__versions");
	const struct kg_module_section *crcs = kg_module_elf_section(elf, "__version_ext_crcs");
	const struct kg_module_section *names = kg_module_elf_section(elf, "__version_ext_names");

	module->has_versions = plain != NULL;
	module->extended_versions =
		crcs && names &&
		(!rules->known || kg_loader_rules_have(rules, KG_LOADER_RULE_EXTENDED_VERSIONS));
	if (module->extended_versions)
		return read_extended_versions(kg_module_elf_in_place(elf, crcs),
					      kg_module_elf_in_place(elf, names), module, err);
	if (!plain)
		return 0;
	return read_plain_versions(kg_module_elf_in_place(elf, plain), module, err);
}

int kg_module_parse(struct kg_span bytes, const struct kg_loader_rules *rules,
		    struct kg_module *module, struct kg_error *err)
{
	struct kg_module parsed = {0};

	if (kg_module_elf_open(bytes, rules, &parsed.elf, err) < 0)
		return -1;
	if (read_modinfo(&parsed, err) < 0 || read_name(&parsed, err) < 0 ||
	    read_symbols(&parsed, err) < 0 || read_versions(rules, &parsed, err) < 0 ||
	    kg_module_exports_read(rules, &parsed, err) < 0) {
		kg_module_free(&parsed);
		return -1;
	}
	*module = parsed;
	return 0;
}

void kg_module_free(struct kg_module *module)
{
	kg_module_elf_free(&module->elf);
	free(module->symbols);
	free(module->versions);
	free(module->import_namespaces);
	free(module->firmware);
	kg_export_table_free(&module->exports);
	*module = (struct kg_module){0};
}
