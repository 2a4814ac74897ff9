/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_PARSERS_H
#define KERNEL_GUARD_TESTS_UNIT_PARSERS_H

/* Every parser behind one form of call, for tests that feed them anything. */
#include "fixture.h"
#include "kernel-guard/parse/boot_entry.h"
#include "kernel-guard/parse/bzimage.h"
#include "kernel-guard/parse/grub_config.h"
#include "kernel-guard/parse/grub_environment.h"
#include "kernel-guard/parse/initramfs.h"
#include "kernel-guard/parse/kmod_index.h"
#include "kernel-guard/parse/kernel_config.h"
#include "kernel-guard/parse/loader_rules.h"
#include "kernel-guard/parse/module.h"
#include "kernel-guard/parse/pe.h"
#include "kernel-guard/parse/program.h"
#include "kernel-guard/parse/shell.h"
#include "kernel-guard/parse/symvers.h"
#include "kernel-guard/parse/vmlinux.h"
#include "loader_bed.h"

/* Parses the bytes, touches all that came out, and releases it. */
typedef int parser(struct kg_span bytes, struct kg_error *err);

static volatile size_t touched;

static inline void touch(const char *text)
{
	if (text)
		touched += strlen(text);
}

static inline void touch_exports(const struct kg_export_table *exports)
{
	for (size_t i = 0; i < exports->count; i++) {
		touch(exports->items[i].name);
		touch(exports->items[i].symbol_namespace);
		assert_non_null(kg_export_table_find(exports, exports->items[i].name));
	}
}

static inline void touch_module(const struct kg_module *module)
{
	for (size_t i = 0; i < module->elf.section_count; i++) {
		const struct kg_module_section *section = &module->elf.sections[i];

		touch(section->name);
		touched += kg_module_elf_in_place(&module->elf, section).size;
	}
	touch(module->name);
	touch(module->modinfo_name);
	touch(module->license);
	touch(module->vermagic);
	for (size_t i = 0; i < module->symbol_count; i++)
		touch(module->symbols[i].name);
	for (size_t i = 0; i < module->version_count; i++)
		touch(module->versions[i].name);
	for (size_t i = 0; i < module->import_namespace_count; i++)
		touch(module->import_namespaces[i]);
	touch_exports(&module->exports);
}

static inline int parse_module_as(struct kg_span bytes, const struct kg_loader_rules *rules,
				  struct kg_error *err)
{
	struct kg_module module;

	if (kg_module_parse(bytes, rules, &module, err) < 0)
		return -1;
	touch_module(&module);
	kg_module_free(&module);
	return 0;
}

static inline int parse_module(struct kg_span bytes, struct kg_error *err)
{
	struct kg_buffer storage = {0};
	struct kg_span image;
	int result = kg_module_unpack(bytes, &storage, &image, err);

	if (result == 0)
		result = parse_module_as(image, &unit_no_rules, err);
	kg_buffer_free(&storage);
	return result;
}

/* As each kernel reads it; what comes out is what the least demanding one says. */
static inline int parse_module_of_any_kernel(struct kg_span bytes, struct kg_error *err)
{
	int result = parse_module_as(bytes, &unit_no_rules, err);

	for (int era = 0; era < UNIT_ERA_COUNT; era++) {
		struct kg_error other = unit_no_error();

		/* None takes what the first refuses: its rules are among theirs. */
		if (parse_module_as(bytes, &unit_eras[era], &other) == 0)
			assert_int_equal(result, 0);
		else
			assert_int_equal(other.code, EBADMSG);
	}
	return result;
}

/* A module through all gates of a kernel that has all rules, and of one that has none. */
static inline int parse_load(struct kg_span bytes, struct kg_error *err)
{
	static struct bed *beds[2];

	(void)err;
	for (size_t i = 0; i < 2; i++) {
		if (!beds[i]) {
			beds[i] = bed_new(i ? "7.3.0-kg" : "5.10.0-kg",
					  i ? UNIT_RULES_7_0 | UNIT_RULE(SYMBOL_SECTIONS) |
							  UNIT_RULE(MODULE_NAMESPACES) |
							  UNIT_RULE(EXPORT_FLAGS) |
							  UNIT_RULE(STRICT_RWX) |
							  UNIT_RULE(CONSTRUCTORS) |
							  UNIT_RULE(SIGNATURES)
					    : 0);
			beds[i]->kernel.vmlinux.modversions = true;
			beds[i]->kernel.vmlinux.percpu_from_zero = i == 0;
			beds[i]->kernel.vmlinux.struct_module_size = 0;
			bed_export(beds[i], (struct kg_export){.name = "plain"});
		}
		bed_restart(beds[i]);
		bed_load_bytes(beds[i], bytes);
		bed_load_bytes(beds[i], bytes);
		touch(beds[i]->verdict.symbol);
		touch(beds[i]->verdict.message);
	}
	return 0;
}

static inline int parse_loader_rules(struct kg_span bytes, struct kg_error *err)
{
	struct kg_loader_rules rules = kg_loader_rules_read(bytes);

	(void)err;
	assert_int_equal(rules.present >> KG_LOADER_RULE_COUNT, 0);
	touched += rules.present;
	return 0;
}

static inline int parse_config(struct kg_span bytes, struct kg_error *err)
{
	struct kg_buffer text = {0};
	int result = kg_config_extract(bytes, &text, err);

	/* The bytes themselves are as good a text. */
	touched += kg_config_lookup(bytes, "CONFIG_A");
	touched += kg_config_lookup(kg_buffer_span(&text), "CONFIG_A");
	kg_buffer_free(&text);
	return result;
}

static inline int parse_symvers(struct kg_span bytes, struct kg_error *err)
{
	struct kg_export_table exports;

	if (kg_symvers_vmlinux_exports(bytes, &exports, err) < 0)
		return -1;
	touch_exports(&exports);
	kg_export_table_free(&exports);
	return 0;
}

static inline int parse_bzimage(struct kg_span bytes, struct kg_error *err)
{
	struct kg_bzimage image;

	if (kg_bzimage_parse(bytes, &image, err) < 0)
		return -1;
	touch(image.release);
	assert_true(image.payload.data >= bytes.data);
	assert_true(image.payload.data + image.payload.size <= bytes.data + bytes.size);
	return 0;
}

static inline int parse_vmlinux(struct kg_span bytes, struct kg_error *err)
{
	struct kg_vmlinux vmlinux;

	if (kg_vmlinux_parse(bytes, "7.1.0-x", &vmlinux, err) < 0)
		return -1;
	touch(vmlinux.vermagic);
	touch_exports(&vmlinux.exports);
	for (size_t i = 0; i < vmlinux.builtin_modules.count; i++)
		touch(vmlinux.builtin_modules.items[i]);
	kg_vmlinux_free(&vmlinux);
	return 0;
}

static inline int touch_segment(void *context, const struct kg_initramfs_segment *segment,
				struct kg_error *err)
{
	(void)err;
	*(uint64_t *)context = segment->offset + segment->size;
	return 0;
}

static inline int touch_member(void *context, const struct kg_cpio_member *member,
			       bool *want_content, struct kg_error *err)
{
	(void)context;
	(void)err;
	touch(member->path);
	*want_content = member->size < 100000;
	return 0;
}

static inline int touch_content(void *context, const struct kg_cpio_member *member,
				struct kg_span content, struct kg_error *err)
{
	(void)context;
	(void)member;
	(void)err;
	for (size_t i = 0; i < content.size; i += 1024)
		touched += content.data[i];
	return 0;
}

static inline int parse_initramfs(struct kg_span bytes, struct kg_error *err)
{
	struct kg_source source = kg_source_of_span(&bytes);
	uint64_t end = 0;
	const struct kg_initramfs_visitor visitor = {
		.context = &end,
		.segment = touch_segment,
		.member = touch_member,
		.content = touch_content,
	};
	int result = kg_initramfs_walk(&source, &visitor, err);

	assert_true(end <= bytes.size);
	return result;
}

static inline int parse_pe(struct kg_span bytes, struct kg_error *err)
{
	static const char *const names[] = {".linux", ".initrd", ".cmdline", ".profile"};
	struct kg_source source = kg_source_of_span(&bytes);
	struct kg_pe pe;

	if (kg_pe_parse(&source, &pe, err) < 0)
		return -1;
	for (size_t i = 0; i < pe.section_count; i++) {
		const struct kg_pe_section *section = &pe.sections[i];

		touch(section->name);
		if (section->size > 0)
			assert_true(section->offset < bytes.size &&
				    section->size <= bytes.size - section->offset);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		touched += kg_pe_section(&pe, 0, names[i]) != NULL;
		touched += kg_pe_section(&pe, kg_pe_profile_count(&pe) - 1, names[i]) != NULL;
	}
	kg_pe_free(&pe);
	return 0;
}

static inline int parse_program(struct kg_span bytes, struct kg_error *err)
{
	struct kg_program program;

	if (kg_program_parse(bytes, &program, err) < 0)
		return -1;
	touch(program.interpreter);
	for (size_t i = 0; i < program.needed.count; i++)
		touch(program.needed.items[i]);
	for (size_t i = 0; i < program.search.count; i++)
		touch(program.search.items[i]);
	kg_program_free(&program);
	return 0;
}

/* The first byte chooses the format. */
static inline int parse_compressed(struct kg_span bytes, struct kg_error *err)
{
	struct kg_buffer out = {0};
	struct kg_span rest;
	uint8_t choice;
	int result;

	if (!kg_span_u8(bytes, 0, &choice) || !kg_span_sub(bytes, 1, bytes.size - 1, &rest))
		return 0;
	result = kg_decompress(rest, (enum kg_compression)(choice % (KG_COMPRESSION_ZSTD + 1)),
			       16 << 20, &out, err);
	for (size_t i = 0; i < out.size; i += 1024)
		touched += out.data[i];
	kg_buffer_free(&out);
	return result;
}

static inline int parse_shell(struct kg_span bytes, struct kg_error *err)
{
	struct kg_shell shell = {0};
	int result = kg_shell_read(&shell, "file", bytes, err);

	for (size_t i = 0; i < shell.variable_count; i++) {
		touch(shell.variables[i].name);
		for (size_t j = 0; j < shell.variables[i].values.count; j++)
			touch(shell.variables[i].values.items[j]);
	}
	for (size_t i = 0; i < shell.unread_count; i++)
		touch(shell.unread[i].text);
	kg_shell_free(&shell);
	return result;
}

static inline int parse_boot_entry(struct kg_span bytes, struct kg_error *err)
{
	struct kg_boot_entry entry;
	char *value = kg_boot_configuration_value(bytes, "default", err);

	assert_int_equal(err->code, 0);
	touch(value);
	free(value);
	if (kg_boot_entry_parse(bytes, &entry, err) < 0)
		return -1;
	touch(entry.title);
	touch(entry.linux_path);
	touch(entry.options);
	for (size_t i = 0; i < entry.initrds.count; i++)
		touch(entry.initrds.items[i]);
	kg_boot_entry_free(&entry);
	return 0;
}

static inline int parse_index(struct kg_span bytes, struct kg_error *err)
{
	return kg_kmod_index_check(bytes, err);
}

/* A script that finds itself as its environment block, and nothing else. */
static inline int find_grub_file(void *context, const char *path, struct kg_span *text)
{
	*text = *(const struct kg_span *)context;
	return strcmp(path, "(config)/grubenv") == 0 ? 1 : -(int)(strlen(path) % 2);
}

static inline int parse_grub(struct kg_span bytes, struct kg_error *err)
{
	const struct kg_grub_files files = {.find = find_grub_file, .context = &bytes};
	struct kg_grub_environment environment;
	struct kg_grub_config config;

	if (kg_grub_environment_parse(bytes, &environment, err) == 0) {
		for (size_t i = 0; i < environment.names.count; i++)
			touch(kg_grub_environment_get(&environment, environment.names.items[i]));
		kg_grub_environment_free(&environment);
	}
	if (kg_grub_config_read(bytes, &files, &config, err) < 0)
		return -1;
	for (size_t i = 0; i < config.count; i++) {
		touch(config.entries[i].id);
		touch(config.entries[i].title);
		touch(config.entries[i].chainloads);
		for (size_t j = 0; j < config.entries[i].boot_count; j++) {
			touch(config.entries[i].boots[j].kernel);
			touch(config.entries[i].boots[j].options);
			for (size_t k = 0; k < config.entries[i].boots[j].initrds.count; k++)
				touch(config.entries[i].boots[j].initrds.items[k]);
		}
	}
	for (size_t i = 0; i < config.note_count; i++)
		touch(config.notes[i].text);
	kg_grub_config_free(&config);
	return 0;
}

#endif
