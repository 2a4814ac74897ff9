// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/builtin_modules.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* struct kernel_param of include/linux/moduleparam.h, 64 bit. */
	param_size = 40,
	param_name = 0,
	param_permissions = 24,
	param_value = 32,
	/* struct module_version_attribute of include/linux/module.h, 64 bit. */
	version_size = 72,
	version_module = 56,
	/* MODULE_NAME_LEN */
	name_size = 56,
};

/* The string that the pointer at offset of bytes points to, or NULL. */
static const char *pointed_string(const struct kg_elf_file *vmlinux, struct kg_span bytes,
				  uint64_t offset)
{
	uint64_t address;

	return kg_span_le64(bytes, offset, &address) ? kg_elf_file_string_at(vmlinux, address)
						     : NULL;
}

/* "e1000.debug" belongs to e1000; what has no dot, core_param(), to "kernel". */
static int add_param(const char *param, struct kg_strings *names, struct kg_error *err)
{
	const char *dot = strchr(param, '.');
	char name[name_size] = "kernel";
	size_t length = dot ? (size_t)(dot - param) : 0;

	if (dot) {
		if (length >= sizeof(name))
			length = sizeof(name) - 1;
		memcpy(name, param, length);
		name[length] = '\0';
	}
	/* The parameters of one module lie side by side. */
	if (names->count > 0 && strcmp(names->items[names->count - 1], name) == 0)
		return 0;
	return kg_strings_add(names, name, err);
}

static int read_params(const struct kg_elf_file *vmlinux, struct kg_strings *names,
		       struct kg_error *err)
{
	const struct kg_elf_section *section = kg_elf_file_section(vmlinux, "__param");
	struct kg_span param;

	for (uint64_t at = 0; section && kg_span_sub(section->bytes, at, param_size, &param);
	     at += param_size) {
		const char *name = pointed_string(vmlinux, param, param_name);
		uint16_t permissions;

		if (name && kg_span_le16(param, param_permissions, &permissions) &&
		    permissions != 0 && add_param(name, names, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * One struct module_version_attribute after the other; up to Linux 5.10 pointers to them.
 * Their first field is the attribute's name, "version".
 */
static int read_versions(const struct kg_elf_file *vmlinux, struct kg_strings *names,
			 struct kg_error *err)
{
	const struct kg_elf_section *section = kg_elf_file_section(vmlinux, "__modver");
	const char *first = section ? pointed_string(vmlinux, section->bytes, 0) : NULL;
	bool direct = first && strcmp(first, "version") == 0;
	uint64_t address;

	for (uint64_t at = 0; section && kg_span_le64(section->bytes, at, &address);
	     at += direct ? version_size : sizeof(address)) {
		const char *name = NULL;
		struct kg_span entry;

		if (direct)
			name = pointed_string(vmlinux, section->bytes, at + version_module);
		else if (kg_elf_file_bytes_at(vmlinux, address, version_size, &entry))
			name = pointed_string(vmlinux, entry, version_module);
		if (name && kg_strings_add(names, name, err) < 0)
			return -1;
	}
	return 0;
}

int kg_builtin_modules_read(const struct kg_elf_file *vmlinux, struct kg_strings *names,
			    struct kg_error *err)
{
	if (read_params(vmlinux, names, err) < 0 || read_versions(vmlinux, names, err) < 0)
		return -1;
	kg_strings_sort_unique(names);
	return 0;
}

bool kg_builtin_signatures_enforced(const struct kg_elf_file *vmlinux)
{
	const struct kg_elf_section *section = kg_elf_file_section(vmlinux, "__param");
	struct kg_span param;

	for (uint64_t at = 0; section && kg_span_sub(section->bytes, at, param_size, &param);
	     at += param_size) {
		const char *name = pointed_string(vmlinux, param, param_name);
		struct kg_span value;
		uint64_t address;

		if (!name || strcmp(name, "module.sig_enforce") != 0)
			continue;
		/* What is false at first lies in .bss, of which the file has nothing. */
		return kg_span_le64(param, param_value, &address) &&
		       kg_elf_file_bytes_at(vmlinux, address, 1, &value) && value.data[0] != 0;
	}
	return false;
}
