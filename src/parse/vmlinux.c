// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/vmlinux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/builtin_modules.h"
#include "kernel-guard/parse/elf_file.h"
#include "kernel-guard/parse/kernel_config.h"

/* The string that a place-relative field at offset of section points to. */
static const char *relative_string(const struct kg_elf_file *elf,
				   const struct kg_elf_section *section, uint64_t offset)
{
	uint32_t distance;

	if (!kg_span_le32(section->bytes, offset, &distance))
		return NULL;
	return kg_elf_file_string_at(elf, section->address + offset +
						  (uint64_t)(int64_t)(int32_t)distance);
}

static const char *namespace_of(const struct kg_elf_file *elf, const struct kg_elf_section *section,
				uint64_t offset)
{
	uint32_t distance;

	if (!kg_span_le32(section->bytes, offset, &distance) || distance == 0)
		return "";
	return relative_string(elf, section, offset);
}

static int add_table(const struct kg_elf_file *elf, const char *table, const char *crcs,
		     bool gpl_only, struct kg_export_table *exports, struct kg_error *err)
{
	const struct kg_elf_section *section = kg_elf_file_section(elf, table);
	const struct kg_elf_section *crc_section = kg_elf_file_section(elf, crcs);
	const struct kg_elf_section *flags = kg_elf_file_section(elf, "__kflagstab");
	uint64_t count = section ? section->bytes.size / kg_ksymtab_entry_size : 0;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t entry = i * kg_ksymtab_entry_size;
		struct kg_export symbol = {
			.name = relative_string(elf, section, entry + kg_ksymtab_name),
			.symbol_namespace =
				namespace_of(elf, section, entry + kg_ksymtab_namespace),
			.gpl_only = gpl_only,
		};
		uint8_t flag;

		if (!symbol.name || !symbol.symbol_namespace)
			return kg_fail(err, ENOTSUP, "has no export table in a known form (%s)",
				       table);
		if (crc_section)
			symbol.has_crc = kg_span_le32(crc_section->bytes, i * 4, &symbol.crc);
		if (flags && kg_span_u8(flags->bytes, i, &flag))
			symbol.gpl_only = (flag & kg_kflagstab_gpl_only) != 0;
		if (kg_export_table_add(exports, &symbol, err) < 0)
			return -1;
	}
	return 0;
}

static int read_exports(const struct kg_elf_file *elf, struct kg_export_table *exports,
			struct kg_error *err)
{
	if (add_table(elf, "__ksymtab", "__kcrctab", false, exports, err) < 0)
		return -1;
	/* With __kflagstab the old GPL table is ignored (kernel/module/main.c, Linux 7.1). */
	if (!kg_elf_file_section(elf, "__kflagstab") &&
	    add_table(elf, "__ksymtab_gpl", "__kcrctab_gpl", true, exports, err) < 0)
		return -1;
	if (exports->count == 0)
		return kg_fail(err, ENOTSUP, "has no export table");
	kg_export_table_sort(exports);
	return kg_export_table_own_strings(exports, err);
}

/* include/linux/vermagic.h: what may follow the release and its space. */
static bool is_vermagic_flags(const char *flags)
{
	static const char *const words[] = {"SMP ", "preempt", "mod_unload ", "modversions "};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(flags, words[i], strlen(words[i])) == 0)
			return true;
	}
	return false;
}

/*
 * The kernel keeps its vermagic as one string among the others: the one that
 * begins with the release, a space, and one of the known words.
 */
static const char *find_vermagic(struct kg_span bytes, const char *release)
{
	size_t length = strlen(release);
	struct kg_span rest = bytes;

	while (length > 0 && rest.size > length) {
		const unsigned char *hit = memmem(rest.data, rest.size, release, length);
		uint64_t offset;
		const char *text;

		if (!hit)
			return NULL;
		offset = (uint64_t)(hit - bytes.data);
		text = kg_span_string(bytes, offset);
		if (text && offset > 0 && bytes.data[offset - 1] == '\0' && text[length] == ' ' &&
		    is_vermagic_flags(text + length + 1))
			return text;
		(void)kg_span_sub(bytes, offset + 1, bytes.size - offset - 1, &rest);
	}
	return NULL;
}

static int read_vermagic(const struct kg_elf_file *elf, const char *release, char **vermagic,
			 struct kg_error *err)
{
	for (size_t i = 0; i < elf->load_count; i++) {
		const char *found = find_vermagic(elf->loads[i].bytes, release);

		if (!found)
			continue;
		*vermagic = kg_copy_string(found, err);
		return *vermagic ? 0 : -1;
	}
	return 0;
}

static int parse_types(const struct kg_elf_section *section, const char *release,
		       struct kg_vmlinux *vmlinux, struct kg_error *err)
{
	if (kg_btf_parse(section->bytes, &vmlinux->btf, err) < 0)
		return -1;
	(void)kg_btf_struct_size(vmlinux->btf, "module", &vmlinux->struct_module_size);
	return kg_btf_rules_of(vmlinux->btf, release, &vmlinux->btf_rules, err);
}

/* Types that cannot be read are no reason to know nothing of the kernel. */
static int read_types(const struct kg_elf_file *elf, const char *release,
		      struct kg_vmlinux *vmlinux, struct kg_error *err)
{
	const struct kg_elf_section *section = kg_elf_file_section(elf, ".BTF");

	vmlinux->has_btf = section != NULL;
	if (!section || parse_types(section, release, vmlinux, &vmlinux->btf_error) == 0) {
		vmlinux->btf_error = (struct kg_error){0};
		return 0;
	}
	if (vmlinux->btf_error.code != ENOMEM)
		return 0;
	*err = vmlinux->btf_error;
	return -1;
}

static int read_config(struct kg_span strings, struct kg_vmlinux *vmlinux, struct kg_error *err)
{
	struct kg_error why;

	if (kg_config_extract(strings, &vmlinux->config, &why) == 0)
		return 0;
	kg_buffer_free(&vmlinux->config);
	if (why.code != ENOMEM)
		return 0;
	*err = why;
	return -1;
}

static int read_certificates(const struct kg_elf_file *elf, const char *release,
			     struct kg_vmlinux *vmlinux, struct kg_error *err)
{
	const struct kg_elf_section *section = kg_elf_file_section(elf, ".init.data");

	vmlinux->signature_rules = kg_signature_rules_of(release);
	if (!section || !kg_loader_rules_have(&vmlinux->rules, KG_LOADER_RULE_SIGNATURES))
		return 0;
	if (kg_certificates_find(section->bytes, &vmlinux->signature_rules, &vmlinux->certificates,
				 err) == 0)
		return 0;
	vmlinux->more_certificates = err->code == EFBIG;
	return vmlinux->more_certificates ? 0 : -1;
}

static int read_loader(const struct kg_elf_file *elf, const char *release,
		       struct kg_vmlinux *vmlinux, struct kg_error *err)
{
	const struct kg_elf_section *strings = kg_elf_file_section(elf, ".rodata");
	const struct kg_elf_section *percpu = kg_elf_file_section(elf, ".data..percpu");

	vmlinux->modversions = kg_elf_file_section(elf, "__kcrctab") != NULL;
	if (strings) {
		vmlinux->rules = kg_loader_rules_read(strings->bytes);
		if (read_config(strings->bytes, vmlinux, err) < 0)
			return -1;
	}
	if (read_types(elf, release, vmlinux, err) < 0 ||
	    read_certificates(elf, release, vmlinux, err) < 0)
		return -1;
	vmlinux->percpu_from_zero = percpu && percpu->address == 0;
	vmlinux->signatures_enforced = kg_builtin_signatures_enforced(elf);
	return kg_builtin_modules_read(elf, &vmlinux->builtin_modules, err);
}

int kg_vmlinux_parse(struct kg_span bytes, const char *release, struct kg_vmlinux *vmlinux,
		     struct kg_error *err)
{
	struct kg_vmlinux parsed = {0};
	struct kg_elf_file elf;
	int result;

	if (kg_elf_file_open(bytes, &elf, err) < 0)
		return -1;
	parsed.machine = elf.machine;
	result = read_exports(&elf, &parsed.exports, err);
	if (result == 0)
		result = read_loader(&elf, release, &parsed, err);
	if (result == 0)
		result = read_vermagic(&elf, release, &parsed.vermagic, err);
	kg_elf_file_free(&elf);
	if (result < 0) {
		kg_vmlinux_free(&parsed);
		return -1;
	}
	*vmlinux = parsed;
	return 0;
}

void kg_vmlinux_free(struct kg_vmlinux *vmlinux)
{
	kg_export_table_free(&vmlinux->exports);
	free(vmlinux->vermagic);
	kg_strings_free(&vmlinux->builtin_modules);
	kg_btf_free(vmlinux->btf);
	kg_certificates_free(&vmlinux->certificates);
	kg_buffer_free(&vmlinux->config);
	*vmlinux = (struct kg_vmlinux){0};
}
