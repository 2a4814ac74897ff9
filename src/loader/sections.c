// SPDX-License-Identifier: GPL-2.0-or-later
/* What sections a module may have, and what its place in /sys/module must be. */
#include "attempt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/boot_entry.h"

/* module_enforce_rwx_sections() (kernel/module/strict_rwx.c). */
int kg_gate_writable_code(struct attempt *attempt)
{
	const struct kg_module_elf *elf = &attempt->module->elf;
	const uint64_t both = SHF_WRITE | SHF_EXECINSTR;

	if (!kg_has_rule(attempt, KG_LOADER_RULE_STRICT_RWX))
		return 0;
	for (size_t i = 0; i < elf->section_count; i++) {
		if ((elf->sections[i].header.sh_flags & both) == both)
			return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL,
					 "%s has a section that is writable and executable (%s)",
					 attempt->module->name, elf->sections[i].name);
	}
	return 0;
}

/* find_module_sections(), CONFIG_CONSTRUCTORS. */
int kg_gate_constructors(struct attempt *attempt)
{
	const struct kg_module_elf *elf = &attempt->module->elf;

	if (!kg_has_rule(attempt, KG_LOADER_RULE_CONSTRUCTORS) ||
	    !kg_module_elf_section(elf, ".ctors") || !kg_module_elf_section(elf, ".init_array"))
		return 0;
	return kg_refuse(attempt, EINVAL, KG_FINDING_MODULE_DAMAGED, NULL,
			 "%s has both .ctors and .init_array", attempt->module->name);
}

/*
 * check_export_symbol_sections() (check_module_license_and_versions() up to 6.12): from
 * 7.1 on exports have flags, with CONFIG_MODVERSIONS they have CRCs.
 */
int kg_gate_export_sections(struct attempt *attempt)
{
	const struct kg_module *module = attempt->module;

	if (kg_has_rule(attempt, KG_LOADER_RULE_EXPORT_FLAGS) && module->exports_without_flags)
		return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_VERMAGIC, NULL,
				 "%s exports symbols without flags (__kflagstab), as for kernels "
				 "before 7.1",
				 module->name);
	if (attempt->loader->kernel->vmlinux.modversions && module->exports_without_crcs)
		return kg_force_load(attempt, KG_FINDING_MODULE_SYMBOL_VERSION, NULL,
				     "exports symbols without versions");
	return 0;
}

void kg_find_left_behind(const struct kg_module *module,
			 const struct kg_module_section *sections[kg_left_behind_count])
{
	const struct kg_module_elf *elf = &module->elf;
	bool extended = module->extended_versions;

	sections[kg_left_behind_percpu] = kg_module_elf_section(elf, ".data..percpu");
	sections[1] = elf->modinfo ? &elf->sections[elf->modinfo] : NULL;
	sections[2] = kg_module_elf_section(elf, "__versions");
	sections[3] = extended ? kg_module_elf_section(elf, "__version_ext_crcs") : NULL;
	sections[4] = extended ? kg_module_elf_section(elf, "__version_ext_names") : NULL;
}

bool kg_is_allocated(const struct kg_module *module, const struct kg_module_section *section)
{
	return (section->header.sh_flags & SHF_ALLOC) != 0 ||
	       section == &module->elf.sections[module->elf.symbols] ||
	       section == &module->elf.sections[module->elf.strings];
}

/* sect_empty() (kernel/module/sysfs.c). */
static bool is_shown(const struct kg_module *module, const struct kg_module_section *section)
{
	const struct kg_module_section *left_behind[kg_left_behind_count];

	if (!kg_is_allocated(module, section) || section->header.sh_size == 0)
		return false;
	kg_find_left_behind(module, left_behind);
	for (size_t i = 0; i < kg_left_behind_count; i++) {
		if (left_behind[i] == section)
			return false;
	}
	return true;
}

static int compare_sections(const void *left, const void *right)
{
	const struct kg_module_section *const *a = left;
	const struct kg_module_section *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

/* Two sections of one name that both get a file in /sys/module/NAME/sections, or NULL. */
static const char *doubled_section(const struct kg_module *module,
				   const struct kg_module_section **sorted)
{
	const struct kg_module_elf *elf = &module->elf;

	for (size_t i = 0; i < elf->section_count; i++)
		sorted[i] = &elf->sections[i];
	qsort(sorted, elf->section_count, sizeof(*sorted), compare_sections);
	for (size_t i = 1; i < elf->section_count; i++) {
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 &&
		    is_shown(module, sorted[i - 1]) && is_shown(module, sorted[i]))
			return sorted[i]->name;
	}
	return NULL;
}

/* add_sect_attrs() (kernel/module/sysfs.c), whose failure counts from 6.12 on. */
int kg_gate_doubled_sections(struct attempt *attempt)
{
	const struct kg_module *module = attempt->module;
	const struct kg_module_section **sorted;
	const char *name;

	if (kg_version_compare(kg_release_of(attempt), "6.12") < 0)
		return 0;
	sorted = calloc(module->elf.section_count, sizeof(struct kg_module_section *));
	if (!sorted)
		return kg_fail_memory(attempt->err);
	name = doubled_section(module, sorted);
	free(sorted);
	if (!name)
		return 0;
	return kg_refuse(attempt, EEXIST, KG_FINDING_MODULE_DAMAGED, NULL,
			 "%s has two sections named %s", module->name, name);
}

/* mod_sysfs_init() (kernel/module/sysfs.c). */
int kg_gate_sysfs(struct attempt *attempt)
{
	const char *name = attempt->module->name;

	/* kobject_add() takes no empty name. */
	if (name[0] == '\0')
		return kg_refuse(attempt, EINVAL, KG_FINDING_MODULE_DAMAGED, NULL,
				 "%s: the module has no name", attempt->prepared->path);
	if (!kg_strings_contain_sorted(&attempt->loader->kernel->vmlinux.builtin_modules, name))
		return 0;
	return kg_refuse(attempt, EINVAL, KG_FINDING_MODULE_DUPLICATE, NULL,
			 "%s is built into %s, where /sys/module/%s exists already", name,
			 kg_release_of(attempt), name);
}
