// SPDX-License-Identifier: GPL-2.0-or-later
/* early_mod_check() of kernel/module/main.c: what module and kernel say of themselves. */
#include "attempt.h"

#include <errno.h>
#include <string.h>

/* may_init_module(). */
int kg_gate_disabled(struct attempt *attempt)
{
	if (!attempt->loader->situation->modules_disabled)
		return 0;
	return kg_refuse(attempt, EPERM, KG_FINDING_MODULE_BLACKLISTED, NULL,
			 "the kernel command line forbids all modules");
}

int kg_gate_blacklist(struct attempt *attempt)
{
	const char *name = attempt->module->modinfo_name;

	if (!kg_strings_contain(&attempt->loader->situation->blacklist, name))
		return 0;
	return kg_refuse(attempt, EPERM, KG_FINDING_MODULE_BLACKLISTED, NULL,
			 "%s is in module_blacklist= of the kernel command line", name);
}

/* check_modstruct_version(). */
int kg_gate_layout(struct attempt *attempt)
{
	const struct kg_export *layout =
		kg_export_table_find(&attempt->loader->kernel->vmlinux.exports, "module_layout");

	return layout ? kg_check_version(attempt, layout, ENOEXEC) : 0;
}

/* same_magic() (kernel/module/version.c): with versions the release itself does not count. */
static bool same_vermagic(const struct attempt *attempt, const char *own, const char *kernel)
{
	if (attempt->loader->kernel->vmlinux.modversions && attempt->module->has_versions) {
		own += strcspn(own, " ");
		kernel += strcspn(kernel, " ");
	}
	return strcmp(own, kernel) == 0;
}

int kg_gate_vermagic(struct attempt *attempt)
{
	const struct kg_module *module = attempt->module;
	const struct kg_kernel *kernel = attempt->loader->kernel;

	if (!kernel->vmlinux.vermagic)
		return kg_undecided(attempt, NULL, "the vermagic of %s is not known (%s)",
				    kernel->release, kernel->facts_error.message);
	if (!module->vermagic)
		return kg_force_load(attempt, KG_FINDING_MODULE_VERMAGIC, NULL, "has no vermagic");
	if (same_vermagic(attempt, module->vermagic, kernel->vmlinux.vermagic))
		return 0;
	return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_VERMAGIC, NULL,
			 "%s was built for \"%s\", and the kernel is \"%s\"", module->name,
			 module->vermagic, kernel->vmlinux.vermagic);
}

/*
 * elf_validity_cache_index_mod(), 6.4. A module that was built for another kernel is told
 * so, with the errno that this has as well.
 */
int kg_gate_struct_module(struct attempt *attempt)
{
	const struct kg_module_elf *elf = &attempt->module->elf;
	uint64_t own = elf->sections[elf->this_module].header.sh_size;
	uint64_t demanded = attempt->loader->kernel->vmlinux.struct_module_size;

	if (demanded == 0 || own == demanded ||
	    !kg_has_rule(attempt, KG_LOADER_RULE_UNIQUE_SECTIONS))
		return 0;
	if (kg_gate_layout(attempt) < 0 || kg_gate_vermagic(attempt) < 0)
		return -1;
	if (attempt->verdict->result == KG_LOAD_REFUSED)
		return 0;
	return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_VERMAGIC, NULL,
			 "%s was built for a kernel of another configuration: its struct module "
			 "has %llu bytes, that of %s has %llu",
			 attempt->module->name, (unsigned long long)own, kg_release_of(attempt),
			 (unsigned long long)demanded);
}

/* check_modinfo_livepatch(). */
int kg_gate_livepatch(struct attempt *attempt)
{
	if (!attempt->module->livepatch || !kg_has_rule(attempt, KG_LOADER_RULE_NO_LIVEPATCH))
		return 0;
	return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL,
			 "%s is a live patch, which %s does not support", attempt->module->name,
			 kg_release_of(attempt));
}

/* module_patient_check_exists(): names are compared as they are. */
int kg_gate_name(struct attempt *attempt)
{
	const struct tried_module *other = kg_find_tried(attempt->loader, attempt->module->name);

	if (!other || !other->accepted)
		return 0;
	return kg_refuse(attempt, EEXIST, KG_FINDING_MODULE_DUPLICATE, NULL,
			 "a module named %s is loaded already", attempt->module->name);
}

/* setup_modinfo(), 6.16: a namespace "module:…" cannot be imported. */
int kg_gate_imported_namespaces(struct attempt *attempt)
{
	const struct kg_module *module = attempt->module;

	if (!kg_has_rule(attempt, KG_LOADER_RULE_MODULE_NAMESPACES))
		return 0;
	for (size_t i = 0; i < module->import_namespace_count; i++) {
		if (strncmp(module->import_namespaces[i], "module:", 7) == 0)
			return kg_refuse(attempt, EPERM, KG_FINDING_MODULE_SYMBOL_NAMESPACE, NULL,
					 "%s imports the namespace %s, which is only for the "
					 "modules that it names",
					 module->name, module->import_namespaces[i]);
	}
	return 0;
}
