// SPDX-License-Identifier: GPL-2.0-or-later
/* simplify_symbols() and resolve_symbol() of kernel/module/main.c, and check_version(). */
#include "attempt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *license_of(const struct kg_module *module)
{
	return module->license ? module->license : "no licence";
}

/* The version the module was built with, or NULL. */
static const struct kg_module_version *find_version(const struct kg_module *module,
						    const char *name)
{
	for (size_t i = 0; i < module->version_count; i++) {
		if (strcmp(module->versions[i].name, name) == 0)
			return &module->versions[i];
	}
	return NULL;
}

static const char *compiled_release(const struct kg_module *module, char *release, size_t size)
{
	(void)snprintf(release, size, "%s", module->vermagic ? module->vermagic : "unknown");
	release[strcspn(release, " ")] = '\0';
	return release;
}

int kg_check_version(struct attempt *attempt, const struct kg_export *symbol, int error_number)
{
	const struct kg_module *module = attempt->module;
	const struct kg_module_version *version;
	char release[128];

	if (!attempt->loader->kernel->vmlinux.modversions || !symbol->has_crc)
		return 0;
	version = find_version(module, symbol->name);
	if (!version) {
		if (module->extended_versions ||
		    (!module->has_versions && kg_has_rule(attempt, KG_LOADER_RULE_FORCE_LOAD)))
			return 0;
		return kg_refuse(attempt, error_number, KG_FINDING_MODULE_SYMBOL_VERSION,
				 symbol->name, "%s has no version of %s, which it uses",
				 module->name, symbol->name);
	}
	if (symbol->crc_cut_off)
		return kg_undecided(attempt, symbol->name,
				    "%s uses %s, whose exporter has a table of versions that is "
				    "cut off, and the kernel reads what lies behind it",
				    module->name, symbol->name);
	if (version->crc == symbol->crc)
		return 0;
	return kg_refuse(attempt, error_number, KG_FINDING_MODULE_SYMBOL_VERSION, symbol->name,
			 "%s was built for %s and expects version %#010llx of %s; %s has version "
			 "%#010x",
			 module->name, compiled_release(module, release, sizeof(release)),
			 (unsigned long long)version->crc, symbol->name, kg_release_of(attempt),
			 symbol->crc);
}

/* mod_strncmp(): "-" and "_" are one. */
static bool same_start(const char *pattern, const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char left = pattern[i] == '-' ? '_' : pattern[i];
		char right = name[i] == '-' ? '_' : name[i];

		if (left != right)
			return false;
		if (left == '\0')
			return true;
	}
	return true;
}

/* verify_module_namespace(), 6.16: "module:zfs,spl*" is for zfs and what begins with spl. */
static bool is_for_module(const char *namespace, const char *name)
{
	while (*namespace) {
		size_t length = strcspn(namespace, ",");
		const char *next = namespace + length + (namespace[length] == ',');
		bool glob = length > 0 && namespace[length - 1] == '*';

		if (same_start(namespace, name, length - glob) &&
		    (glob || length == strlen(name)))
			return true;
		namespace = next;
	}
	return false;
}

static bool imports_namespace(const struct kg_module *module, const char *name)
{
	for (size_t i = 0; i < module->import_namespace_count; i++) {
		if (strcmp(module->import_namespaces[i], name) == 0)
			return true;
	}
	return false;
}

/* verify_namespace_is_imported(). */
static int check_namespace(struct attempt *attempt, const struct resolved *found)
{
	static const char prefix[] = "module:";
	const struct kg_module *module = attempt->module;
	const char *namespace = found->symbol->symbol_namespace;
	const char *name = found->symbol->name;
	const char *provider = kg_provider_of(attempt->loader, found);

	if (namespace[0] == '\0' || imports_namespace(module, namespace) ||
	    kg_has_rule(attempt, KG_LOADER_RULE_NAMESPACE_OPTIONAL))
		return 0;
	if (kg_has_rule(attempt, KG_LOADER_RULE_MODULE_NAMESPACES) &&
	    strncmp(namespace, prefix, strlen(prefix)) == 0) {
		if (is_for_module(namespace + strlen(prefix), module->name))
			return 0;
		return kg_refuse(attempt, EINVAL, KG_FINDING_MODULE_SYMBOL_NAMESPACE, name,
				 "%s uses %s, which %s exports to certain modules only (%s)",
				 module->name, name, provider, namespace);
	}
	return kg_refuse(attempt, EINVAL, KG_FINDING_MODULE_SYMBOL_NAMESPACE, name,
			 "%s uses %s from the namespace %s of %s and does not import it",
			 module->name, name, namespace, provider);
}

/* inherit_taint(): false where the symbol then counts as not found. */
static bool inherit_taint(struct attempt *attempt, const struct resolved *found)
{
	if (!found->provider || !found->provider->proprietary)
		return true;
	if (attempt->uses_gpl_only)
		return false;
	attempt->proprietary = true;
	return true;
}

static bool exports(const struct tried_module *module, const char *name)
{
	return kg_export_table_find(&module->exports, name) != NULL;
}

/* dmesg says "Unknown symbol" for all of these. */
static int refuse_missing(struct attempt *attempt, const char *name)
{
	const struct kg_module_loader *loader = attempt->loader;
	const struct kg_module *module = attempt->module;
	struct resolved hidden = kg_find_symbol(loader, name, true);
	const char *provider = kg_provider_of(loader, &hidden);

	if (hidden.symbol && hidden.symbol->gpl_only)
		return kg_refuse(attempt, ENOENT, KG_FINDING_MODULE_SYMBOL_GPL_ONLY, name,
				 "%s (%s) uses %s, which %s exports to GPL modules only",
				 module->name, license_of(module), name, provider);
	if (hidden.symbol)
		return kg_refuse(attempt, ENOENT, KG_FINDING_MODULE_SYMBOL_GPL_ONLY, name,
				 "%s uses symbols for GPL modules only and also %s of %s, which is "
				 "proprietary",
				 module->name, name, provider);
	for (size_t i = 0; i < loader->count; i++) {
		if (exports(loader->modules[i], name))
			return kg_refuse(attempt, ENOENT, KG_FINDING_MODULE_SYMBOL_MISSING, name,
					 "%s uses %s of %s, which would not be loaded itself",
					 module->name, name, loader->modules[i]->name);
	}
	return kg_refuse(attempt, ENOENT, KG_FINDING_MODULE_SYMBOL_MISSING, name,
			 "%s uses %s, which neither %s nor a module loaded before it exports",
			 module->name, name, loader->kernel->release);
}

static int remember_unresolved(struct attempt *attempt, size_t index)
{
	if (kg_array_reserve(&attempt->unresolved, &attempt->unresolved_capacity,
			     attempt->unresolved_count, sizeof(*attempt->unresolved),
			     attempt->err) < 0)
		return -1;
	attempt->unresolved[attempt->unresolved_count++] = index;
	return 0;
}

static int resolve(struct attempt *attempt, const struct kg_module_symbol *symbol)
{
	struct resolved found =
		kg_find_symbol(attempt->loader, symbol->name, !attempt->proprietary);

	if (found.symbol && found.symbol->gpl_only)
		attempt->uses_gpl_only = true;
	if (!found.symbol || !inherit_taint(attempt, &found)) {
		/* Weak ones stay undefined; x86 has _GLOBAL_OFFSET_TABLE_ by itself. */
		if (symbol->weak || (attempt->module->elf.machine == EM_X86_64 &&
				     strcmp(symbol->name, "_GLOBAL_OFFSET_TABLE_") == 0))
			return remember_unresolved(attempt, symbol->index);
		return refuse_missing(attempt, symbol->name);
	}
	if (kg_check_version(attempt, found.symbol, EINVAL) < 0)
		return -1;
	return check_namespace(attempt, &found);
}

static int check_symbol(struct attempt *attempt, const struct kg_module_symbol *symbol)
{
	const char *name = attempt->module->name;

	switch (symbol->kind) {
	case KG_MODULE_SYMBOL_UNDEFINED:
		return resolve(attempt, symbol);
	case KG_MODULE_SYMBOL_COMMON:
		if (strncmp(symbol->name, "__gnu_lto", 9) == 0)
			return 0;
		return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_DAMAGED, symbol->name,
				 "%s has a common symbol, %s", name, symbol->name);
	case KG_MODULE_SYMBOL_NO_SECTION:
		if (kg_has_rule(attempt, KG_LOADER_RULE_SYMBOL_SECTIONS))
			return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_DAMAGED, symbol->name,
					 "%s has a symbol in no section, %s", name, symbol->name);
		return kg_undecided(attempt, symbol->name,
				    "%s has a symbol in no section, %s, which %s does not notice",
				    name, symbol->name, kg_release_of(attempt));
	}
	return 0;
}

int kg_gate_symbols(struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->module->symbol_count; i++) {
		if (check_symbol(attempt, &attempt->module->symbols[i]) < 0)
			return -1;
	}
	return 0;
}

/* verify_exported_symbols(). */
int kg_gate_doubled_exports(struct attempt *attempt)
{
	const struct kg_export_table *table = &attempt->module->exports;

	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->items[i].name;
		struct resolved other = kg_find_symbol(attempt->loader, name, true);

		if (other.symbol)
			return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_DUPLICATE, name,
					 "%s exports %s, which %s exports already",
					 attempt->module->name, name,
					 kg_provider_of(attempt->loader, &other));
	}
	return 0;
}
