// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/module_loader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"

/* A module that has been tried. */
struct tried_module {
	char *name;
	bool accepted;
	bool proprietary;
	struct kg_export_table exports;
};

struct kg_module_loader {
	const struct kg_kernel *kernel;
	bool modversions;
	struct tried_module *modules;
	size_t count;
	size_t capacity;
};

/* One attempt. */
struct attempt {
	const struct kg_module_loader *loader;
	const struct kg_module *module;
	struct kg_module_verdict *verdict;
	struct kg_error *err;
	bool proprietary;
	bool uses_gpl_only; /* using_gplonly_symbols of struct module */
};

/* A symbol as the kernel would find it. */
struct resolved {
	const struct kg_export *symbol;
	const struct tried_module *provider; /* NULL for vmlinux */
};

struct kg_module_loader *kg_module_loader_new(const struct kg_kernel *kernel, struct kg_error *err)
{
	struct kg_module_loader *loader = calloc(1, sizeof(*loader));

	if (!loader) {
		kg_fail_memory(err);
		return NULL;
	}
	loader->kernel = kernel;
	loader->modversions = kernel->vmlinux.modversions;
	/* Module.symvers of a kernel without CONFIG_MODVERSIONS has zeros for CRCs. */
	for (size_t i = 0; kernel->facts == KG_KERNEL_FACTS_SYMVERS &&
			   i < kernel->vmlinux.exports.count && !loader->modversions; i++)
		loader->modversions = kernel->vmlinux.exports.items[i].crc != 0;
	return loader;
}

void kg_module_loader_free(struct kg_module_loader *loader)
{
	if (!loader)
		return;
	for (size_t i = 0; i < loader->count; i++) {
		free(loader->modules[i].name);
		kg_export_table_free(&loader->modules[i].exports);
	}
	free(loader->modules);
	free(loader);
}

void kg_module_verdict_free(struct kg_module_verdict *verdict)
{
	free(verdict->symbol);
	free(verdict->message);
	*verdict = (struct kg_module_verdict){0};
}

static const struct tried_module *find_tried(const struct kg_module_loader *loader,
					     const char *name)
{
	for (size_t i = 0; i < loader->count; i++) {
		if (kg_module_name_equal(loader->modules[i].name, name))
			return &loader->modules[i];
	}
	return NULL;
}

bool kg_module_loader_has(const struct kg_module_loader *loader, const char *name)
{
	return find_tried(loader, name) != NULL;
}

/* Fills in the verdict. The first reason stays; the kernel returns the last errno. */
static int decide(struct attempt *attempt, enum kg_load_result result, int error_number,
		  enum kg_finding_id reason, const char *symbol, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

static int decide(struct attempt *attempt, enum kg_load_result result, int error_number,
		  enum kg_finding_id reason, const char *symbol, const char *format, ...)
{
	struct kg_module_verdict *verdict = attempt->verdict;
	va_list args;
	int length;

	if (verdict->result == KG_LOAD_REFUSED) {
		if (result == KG_LOAD_REFUSED)
			verdict->error_number = error_number;
		return 0;
	}
	kg_module_verdict_free(verdict);
	verdict->result = result;
	verdict->error_number = error_number;
	verdict->reason = reason;
	if (symbol && !(verdict->symbol = kg_copy_string(symbol, attempt->err)))
		return -1;
	va_start(args, format);
	length = vasprintf(&verdict->message, format, args);
	va_end(args);
	if (length < 0) {
		verdict->message = NULL;
		return kg_fail_memory(attempt->err);
	}
	return 0;
}

static const char *license_of(const struct kg_module *module)
{
	return module->license ? module->license : "no licence";
}

/* What exports the symbol, for a message. */
static const char *provider_of(const struct attempt *attempt, const struct resolved *found)
{
	return found->provider ? found->provider->name : attempt->loader->kernel->release;
}

/*
 * find_symbol(): vmlinux first, then what is loaded, in order. A proprietary module
 * does not see symbols for GPL modules, and the search goes on.
 */
static struct resolved find_symbol(const struct attempt *attempt, const char *name, bool see_gpl)
{
	const struct kg_module_loader *loader = attempt->loader;
	struct resolved found = {
		.symbol = kg_export_table_find(&loader->kernel->vmlinux.exports, name)};

	if (found.symbol && (see_gpl || !found.symbol->gpl_only))
		return found;
	for (size_t i = 0; i < loader->count; i++) {
		if (!loader->modules[i].accepted)
			continue;
		found.symbol = kg_export_table_find(&loader->modules[i].exports, name);
		found.provider = &loader->modules[i];
		if (found.symbol && (see_gpl || !found.symbol->gpl_only))
			return found;
	}
	return (struct resolved){0};
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

/* check_version() (kernel/module/version.c). */
static int check_version(struct attempt *attempt, const char *name, const struct kg_export *symbol,
			 int error_number)
{
	const struct kg_module *module = attempt->module;
	const struct kg_module_version *version;
	char release[128];

	if (!attempt->loader->modversions || !symbol->has_crc)
		return 0;
	if (!module->has_versions && !module->extended_versions)
		return decide(attempt, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED, name,
			      "%s has no symbol versions; whether %s takes such a module depends "
			      "on CONFIG_MODULE_FORCE_LOAD",
			      module->name, attempt->loader->kernel->release);
	version = find_version(module, name);
	if (!version && module->extended_versions)
		return 0;
	if (!version)
		return decide(attempt, KG_LOAD_REFUSED, error_number,
			      KG_FINDING_MODULE_SYMBOL_VERSION, name,
			      "%s has no version of %s, which it uses", module->name, name);
	if (version->crc == symbol->crc)
		return 0;
	return decide(attempt, KG_LOAD_REFUSED, error_number, KG_FINDING_MODULE_SYMBOL_VERSION,
		      name,
		      "%s was built for %s and expects version %#010llx of %s; %s has version "
		      "%#010x",
		      module->name, compiled_release(module, release, sizeof(release)),
		      (unsigned long long)version->crc, name, attempt->loader->kernel->release,
		      symbol->crc);
}

static bool imports_namespace(const struct kg_module *module, const char *name)
{
	for (size_t i = 0; i < module->import_namespace_count; i++) {
		if (strcmp(module->import_namespaces[i], name) == 0)
			return true;
	}
	return false;
}

static int check_namespace(struct attempt *attempt, const struct resolved *found)
{
	const struct kg_module *module = attempt->module;
	const struct kg_export *symbol = found->symbol;

	if (symbol->symbol_namespace[0] == '\0' ||
	    imports_namespace(module, symbol->symbol_namespace))
		return 0;
	/* From 6.16 on such a name says which modules may use the symbol. */
	if (strncmp(symbol->symbol_namespace, "module:", 7) == 0)
		return decide(attempt, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED,
			      symbol->name, "%s uses %s, which is only for certain modules (%s)",
			      module->name, symbol->name, symbol->symbol_namespace);
	return decide(attempt, KG_LOAD_REFUSED, EINVAL, KG_FINDING_MODULE_SYMBOL_NAMESPACE,
		      symbol->name, "%s uses %s from the namespace %s of %s and does not import it",
		      module->name, symbol->name, symbol->symbol_namespace,
		      provider_of(attempt, found));
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

static int refuse_missing(struct attempt *attempt, const char *name)
{
	const struct kg_module_loader *loader = attempt->loader;
	const struct kg_module *module = attempt->module;
	struct resolved hidden = find_symbol(attempt, name, true);

	if (hidden.symbol && hidden.symbol->gpl_only)
		return decide(attempt, KG_LOAD_REFUSED, ENOENT, KG_FINDING_MODULE_SYMBOL_GPL_ONLY,
			      name, "%s (%s) uses %s, which %s exports to GPL modules only",
			      module->name, license_of(module), name,
			      provider_of(attempt, &hidden));
	if (hidden.symbol)
		return decide(attempt, KG_LOAD_REFUSED, ENOENT, KG_FINDING_MODULE_SYMBOL_GPL_ONLY,
			      name,
			      "%s uses symbols for GPL modules only and also %s of %s, which is "
			      "proprietary",
			      module->name, name, provider_of(attempt, &hidden));
	for (size_t i = 0; i < loader->count; i++) {
		if (kg_export_table_find(&loader->modules[i].exports, name))
			return decide(attempt, KG_LOAD_REFUSED, ENOENT,
				      KG_FINDING_MODULE_SYMBOL_MISSING, name,
				      "%s uses %s of %s, which would not be loaded itself",
				      module->name, name, loader->modules[i].name);
	}
	return decide(attempt, KG_LOAD_REFUSED, ENOENT, KG_FINDING_MODULE_SYMBOL_MISSING, name,
		      "%s uses %s, which neither %s nor a module loaded before it exports",
		      module->name, name, loader->kernel->release);
}

/* simplify_symbols() for one undefined symbol, resolve_symbol() within. */
static int resolve(struct attempt *attempt, const struct kg_module_import *import)
{
	struct resolved found = find_symbol(attempt, import->name, !attempt->proprietary);

	if (found.symbol && found.symbol->gpl_only)
		attempt->uses_gpl_only = true;
	if (!found.symbol || !inherit_taint(attempt, &found)) {
		/* Weak ones stay undefined; x86 has _GLOBAL_OFFSET_TABLE_ by itself. */
		if (import->weak || strcmp(import->name, "_GLOBAL_OFFSET_TABLE_") == 0)
			return 0;
		return refuse_missing(attempt, import->name);
	}
	if (check_version(attempt, import->name, found.symbol, EINVAL) < 0)
		return -1;
	return check_namespace(attempt, &found);
}

/* same_magic() (kernel/module/version.c): with versions the release itself does not count. */
static bool same_vermagic(const struct attempt *attempt, const char *own, const char *kernel)
{
	if (attempt->loader->modversions && attempt->module->has_versions) {
		own += strcspn(own, " ");
		kernel += strcspn(kernel, " ");
	}
	return strcmp(own, kernel) == 0;
}

static int check_vermagic(struct attempt *attempt)
{
	const struct kg_module *module = attempt->module;
	const struct kg_kernel *kernel = attempt->loader->kernel;

	if (!module->vermagic)
		return decide(attempt, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED, NULL,
			      "%s has no vermagic; whether %s takes such a module depends on "
			      "CONFIG_MODULE_FORCE_LOAD",
			      module->name, kernel->release);
	if (!kernel->vmlinux.vermagic)
		return decide(attempt, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED, NULL,
			      "the vermagic of %s is not known (%s)", kernel->release,
			      kernel->facts_error.message);
	if (same_vermagic(attempt, module->vermagic, kernel->vmlinux.vermagic))
		return 0;
	return decide(attempt, KG_LOAD_REFUSED, ENOEXEC, KG_FINDING_MODULE_VERMAGIC, NULL,
		      "%s was built for \"%s\", and the kernel is \"%s\"", module->name,
		      module->vermagic, kernel->vmlinux.vermagic);
}

/* check_modstruct_version(). */
static int check_layout(struct attempt *attempt)
{
	const struct kg_export *layout =
		kg_export_table_find(&attempt->loader->kernel->vmlinux.exports, "module_layout");

	return layout ? check_version(attempt, layout->name, layout, ENOEXEC) : 0;
}

static int check_name(struct attempt *attempt)
{
	const struct tried_module *other = find_tried(attempt->loader, attempt->module->name);

	if (!other || !other->accepted)
		return 0;
	return decide(attempt, KG_LOAD_REFUSED, EEXIST, KG_FINDING_MODULE_DUPLICATE, NULL,
		      "a module named %s is loaded already", attempt->module->name);
}

static int check_machine(struct attempt *attempt)
{
	uint16_t machine = attempt->loader->kernel->vmlinux.machine;

	if (machine == 0 || machine == attempt->module->machine)
		return 0;
	return decide(attempt, KG_LOAD_REFUSED, ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL,
		      "%s was built for another architecture", attempt->module->name);
}

static int check_symbols(struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->module->import_count; i++) {
		if (resolve(attempt, &attempt->module->imports[i]) < 0)
			return -1;
	}
	return 0;
}

/* verify_exported_symbols(). */
static int check_exports(struct attempt *attempt)
{
	const struct kg_export_table *exports = &attempt->module->exports;

	for (size_t i = 0; i < exports->count; i++) {
		struct resolved other = find_symbol(attempt, exports->items[i].name, true);

		if (other.symbol)
			return decide(attempt, KG_LOAD_REFUSED, ENOEXEC,
				      KG_FINDING_MODULE_DUPLICATE, exports->items[i].name,
				      "%s exports %s, which %s exports already",
				      attempt->module->name, exports->items[i].name,
				      provider_of(attempt, &other));
	}
	return 0;
}

/* load_module(): the first gate that fails decides. */
static int attempt_load(struct attempt *attempt)
{
	int (*const gates[])(struct attempt *) = {
		check_machine, check_layout,  check_vermagic,
		check_name,    check_symbols, check_exports,
	};
	const char *name = attempt->module->name;

	attempt->proprietary = !kg_license_is_gpl_compatible(attempt->module->license) ||
			       strcmp(name, "driverloader") == 0 || strcmp(name, "lve") == 0;
	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		if (gates[i](attempt) < 0)
			return -1;
		if (attempt->verdict->result == KG_LOAD_REFUSED)
			return 0;
	}
	return 0;
}

static int remember(struct kg_module_loader *loader, struct attempt *attempt)
{
	const struct kg_export_table *exports = &attempt->module->exports;
	struct tried_module tried = {
		/* What may have loaded provides: else its users would be blamed. */
		.accepted = attempt->verdict->result != KG_LOAD_REFUSED,
		.proprietary = attempt->proprietary,
	};

	if (kg_array_reserve(&loader->modules, &loader->capacity, loader->count,
			     sizeof(*loader->modules), attempt->err) < 0)
		return -1;
	tried.name = kg_copy_string(attempt->module->name, attempt->err);
	if (!tried.name)
		return -1;
	for (size_t i = 0; i < exports->count; i++) {
		if (kg_export_table_add(&tried.exports, &exports->items[i], attempt->err) < 0) {
			kg_export_table_free(&tried.exports);
			free(tried.name);
			return -1;
		}
	}
	if (kg_export_table_own_strings(&tried.exports, attempt->err) < 0) {
		kg_export_table_free(&tried.exports);
		free(tried.name);
		return -1;
	}
	loader->modules[loader->count++] = tried;
	return 0;
}

static int load_parsed(struct kg_module_loader *loader, struct attempt *attempt)
{
	const struct kg_kernel *kernel = loader->kernel;

	if (kernel->facts == KG_KERNEL_FACTS_NONE)
		return decide(attempt, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED, NULL,
			      "what %s exports is not known (%s)", kernel->release,
			      kernel->facts_error.message);
	if (attempt_load(attempt) < 0)
		return -1;
	return remember(loader, attempt);
}

/* What keeps a module from being read at all. */
static int judge_unreadable(struct attempt *attempt, const char *path, const struct kg_error *why)
{
	if (why->code == ENOMEM) {
		*attempt->err = *why;
		return -1;
	}
	if (why->code == EBADMSG)
		return decide(attempt, KG_LOAD_REFUSED, ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL,
			      "%s: %s", path, why->message);
	return decide(attempt, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED, NULL, "%s: %s",
		      path, why->message);
}

int kg_module_loader_load(struct kg_module_loader *loader, const char *path, struct kg_span file,
			  struct kg_module_verdict *verdict, struct kg_error *err)
{
	struct kg_module_verdict judged = {0};
	struct attempt attempt = {.loader = loader, .verdict = &judged, .err = err};
	struct kg_buffer storage = {0};
	struct kg_module module = {0};
	struct kg_error why;
	struct kg_span image;
	int result;

	if (kg_module_unpack(file, &storage, &image, &why) < 0 ||
	    kg_module_parse(image, &module, &why) < 0) {
		result = judge_unreadable(&attempt, path, &why);
	} else {
		attempt.module = &module;
		result = load_parsed(loader, &attempt);
	}
	kg_module_free(&module);
	kg_buffer_free(&storage);
	if (result < 0) {
		kg_module_verdict_free(&judged);
		return -1;
	}
	*verdict = judged;
	return 0;
}
