// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/module.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/compression.h"
#include "kernel-guard/parse/elf_file.h"
#include "kernel-guard/parse/module_exports.h"

enum {
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

static int add_namespace(struct kg_module *module, const char *name, struct kg_error *err)
{
	if (kg_array_reserve(&module->import_namespaces, &module->import_namespace_capacity,
			     module->import_namespace_count, sizeof(*module->import_namespaces),
			     err) < 0)
		return -1;
	module->import_namespaces[module->import_namespace_count++] = name;
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
	else if (tag_value(tag, "intree"))
		module->in_tree = true;
	else if ((value = tag_value(tag, "import_ns")))
		return add_namespace(module, value, err);
	return 0;
}

/* .modinfo: strings one after the other, in byte order; the kernel takes the first of a key. */
static int read_modinfo(const struct kg_elf_file *elf, struct kg_module *module,
			struct kg_error *err)
{
	const struct kg_elf_section *section = kg_elf_file_section(elf, ".modinfo");
	uint64_t offset = 0;
	const char *tag;

	if (!section)
		return 0;
	while ((tag = kg_span_string(section->bytes, offset))) {
		if (read_tag(module, tag, err) < 0)
			return -1;
		offset += strlen(tag) + 1;
	}
	return 0;
}

static int read_name(const struct kg_elf_file *elf, struct kg_module *module, struct kg_error *err)
{
	const struct kg_elf_section *section =
		kg_elf_file_section(elf, ".gnu.linkonce.this_module");
	struct kg_span field;

	if (!section || !kg_span_sub(section->bytes, name_offset, name_size, &field))
		return kg_fail(err, EBADMSG, "is no kernel module (it has no struct module)");
	module->name = kg_span_string(field, 0);
	if (!module->name || !*module->name)
		return kg_fail(err, EBADMSG, "is a kernel module with a damaged name");
	return 0;
}

static int add_import(struct kg_module *module, const char *name, bool weak, struct kg_error *err)
{
	if (kg_array_reserve(&module->imports, &module->import_capacity, module->import_count,
			     sizeof(*module->imports), err) < 0)
		return -1;
	module->imports[module->import_count++] =
		(struct kg_module_import){.name = name, .weak = weak};
	return 0;
}

static const struct kg_elf_section *symbol_table(const struct kg_elf_file *elf)
{
	for (size_t i = 1; i < elf->section_count; i++) {
		if (elf->sections[i].type == SHT_SYMTAB)
			return &elf->sections[i];
	}
	return NULL;
}

/* simplify_symbols(): entries 1 to n-1, in order, of any binding. */
static int read_imports(const struct kg_elf_file *elf, struct kg_module *module,
			struct kg_error *err)
{
	const struct kg_elf_section *symbols = symbol_table(elf);
	const struct kg_elf_section *strings;
	Elf64_Sym symbol;

	if (!symbols || symbols->link >= elf->section_count)
		return kg_fail(err, EBADMSG, "is no kernel module (it has no symbol table)");
	strings = &elf->sections[symbols->link];
	for (uint64_t at = sizeof(symbol); at + sizeof(symbol) <= symbols->bytes.size;
	     at += sizeof(symbol)) {
		const char *name;

		memcpy(&symbol, symbols->bytes.data + at, sizeof(symbol));
		if (symbol.st_shndx != SHN_UNDEF)
			continue;
		name = kg_span_name(strings->bytes, symbol.st_name, kg_symbol_name_max);
		if (!name)
			return kg_fail(err, EBADMSG, "has a symbol without a name");
		if (add_import(module, name, ELF64_ST_BIND(symbol.st_info) == STB_WEAK, err) < 0)
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

static int read_plain_versions(const struct kg_elf_section *section, struct kg_module *module,
			       struct kg_error *err)
{
	for (uint64_t at = 0; at + version_size <= section->bytes.size; at += version_size) {
		struct kg_span record;
		const char *name;
		uint64_t crc;

		(void)kg_span_sub(section->bytes, at, version_size, &record);
		(void)kg_span_le64(record, 0, &crc);
		name = kg_span_string(record, version_name);
		if (!name)
			return kg_fail(err, EBADMSG, "has a damaged __versions section");
		if (add_version(module, name, crc, err) < 0)
			return -1;
	}
	return 0;
}

static int read_extended_versions(const struct kg_elf_section *crcs,
				  const struct kg_elf_section *names, struct kg_module *module,
				  struct kg_error *err)
{
	uint64_t at = 0;

	for (uint64_t i = 0; i * 4 + 4 <= crcs->bytes.size; i++) {
		const char *name = kg_span_string(names->bytes, at);
		uint32_t crc;

		(void)kg_span_le32(crcs->bytes, i * 4, &crc);
		if (!name)
			return kg_fail(err, EBADMSG, "has fewer __version_ext_names than CRCs");
		if (add_version(module, name, crc, err) < 0)
			return -1;
		at += strlen(name) + 1;
	}
	return 0;
}

/* kernel/module/version.c: where the extended form is there it alone is asked. */
static int read_versions(const struct kg_elf_file *elf, struct kg_module *module,
			 struct kg_error *err)
{
	const struct kg_elf_section *plain = kg_elf_file_allocated_section(elf, "__versions");
	const struct kg_elf_section *crcs =
		kg_elf_file_allocated_section(elf, "__version_ext_crcs");
	const struct kg_elf_section *names =
		kg_elf_file_allocated_section(elf, "__version_ext_names");

	module->has_versions = plain != NULL;
	module->extended_versions = crcs && names;
	if (module->extended_versions)
		return read_extended_versions(crcs, names, module, err);
	return plain ? read_plain_versions(plain, module, err) : 0;
}

int kg_module_parse(struct kg_span bytes, struct kg_module *module, struct kg_error *err)
{
	struct kg_module parsed = {0};
	struct kg_elf_file elf;
	int result;

	if (kg_elf_file_open(bytes, &elf, err) < 0)
		return -1;
	parsed.machine = elf.machine;
	if (elf.type != ET_REL)
		result = kg_fail(err, EBADMSG, "is an ELF file, but no kernel module");
	else
		result = read_name(&elf, &parsed, err);
	if (result == 0)
		result = read_modinfo(&elf, &parsed, err);
	if (result == 0)
		result = read_imports(&elf, &parsed, err);
	if (result == 0)
		result = read_versions(&elf, &parsed, err);
	if (result == 0)
		result = kg_module_exports_read(&elf, &parsed.exports, err);
	kg_elf_file_free(&elf);
	if (result < 0) {
		kg_module_free(&parsed);
		return -1;
	}
	*module = parsed;
	return 0;
}

void kg_module_free(struct kg_module *module)
{
	free(module->imports);
	free(module->versions);
	free(module->import_namespaces);
	kg_export_table_free(&module->exports);
	*module = (struct kg_module){0};
}
