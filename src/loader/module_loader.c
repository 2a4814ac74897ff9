// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/loader/module_loader.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"

struct kg_module_loader *kg_module_loader_new(const struct kg_kernel *kernel,
					      const struct kg_load_situation *situation,
					      struct kg_error *err)
{
	struct kg_module_loader *loader = calloc(1, sizeof(*loader));

	if (!loader) {
		kg_fail_memory(err);
		return NULL;
	}
	loader->kernel = kernel;
	loader->situation = situation;
	return loader;
}

const struct kg_kernel *kg_module_loader_kernel(const struct kg_module_loader *loader)
{
	return loader->kernel;
}

const struct kg_load_situation *kg_module_loader_situation(const struct kg_module_loader *loader)
{
	return loader->situation;
}

static void free_tried(struct tried_module *module)
{
	if (!module)
		return;
	free(module->name);
	kg_export_table_free(&module->exports);
	free(module);
}

static void keep(void *module)
{
	(void)module;
}

void kg_module_loader_free(struct kg_module_loader *loader)
{
	if (!loader)
		return;
	tdestroy(loader->symbols, free);
	tdestroy(loader->names, keep);
	for (size_t i = 0; i < loader->count; i++)
		free_tried(loader->modules[i]);
	free(loader->modules);
	free(loader);
}

static int compare_names(const void *left, const void *right)
{
	const struct tried_module *a = left;
	const struct tried_module *b = right;

	return strcmp(a->name, b->name);
}

const struct tried_module *kg_find_tried(const struct kg_module_loader *loader, const char *name)
{
	struct tried_module key = {.name = (char *)(uintptr_t)name};
	struct tried_module *const *found = tfind(&key, &loader->names, compare_names);

	return found ? *found : NULL;
}

bool kg_module_loader_has(const struct kg_module_loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->count; i++) {
		if (kg_module_name_equal(loader->modules[i]->name, name))
			return true;
	}
	return false;
}

/* Of what is known only from elsewhere, no rules are. */
static int gate_facts(struct attempt *attempt)
{
	const struct kg_kernel *kernel = attempt->loader->kernel;

	if (kernel->facts == KG_KERNEL_FACTS_NONE)
		return kg_undecided(attempt, NULL, "what %s exports is not known (%s)",
				    kernel->release, kernel->facts_error.message);
	if (kernel->facts == KG_KERNEL_FACTS_IMAGE && !kernel->vmlinux.rules.known)
		return kg_undecided(attempt, NULL, "what %s demands of a module is not known",
				    kernel->release);
	return 0;
}

/* kernel_read_file() (fs/kernel_read_file.c). */
static int gate_empty(struct attempt *attempt)
{
	if (attempt->prepared->unread.code == 0 || attempt->prepared->size > 0)
		return 0;
	return kg_refuse(attempt, EINVAL, KG_FINDING_MODULE_DAMAGED, NULL, "%s: is empty",
			 attempt->prepared->path);
}

static int gate_signature(struct attempt *attempt)
{
	const struct kg_module_verdict *early = &attempt->prepared->signature;

	if (early->result == KG_LOAD_ACCEPTED)
		return 0;
	return kg_decide(attempt->verdict, attempt->err, early->result, early->error_number,
			 early->reason, NULL, "%s", early->message);
}

/* What keeps a module from being read at all. */
static int gate_shape(struct attempt *attempt)
{
	const struct kg_error *why = &attempt->prepared->unread;

	if (why->code == 0)
		return 0;
	if (why->code == EBADMSG)
		return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL, "%s: %s",
				 attempt->prepared->path, why->message);
	return kg_undecided(attempt, NULL, "%s: %s", attempt->prepared->path, why->message);
}

/* elf_check_arch(). */
static int gate_machine(struct attempt *attempt)
{
	uint16_t machine = attempt->loader->kernel->vmlinux.machine;

	if (machine == 0 || machine == attempt->module->elf.machine)
		return 0;
	return kg_refuse(attempt, ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL,
			 "%s was built for another architecture", attempt->module->name);
}

static int gate_btf(struct attempt *attempt)
{
	const struct kg_module_verdict *early = &attempt->prepared->btf;

	if (early->result == KG_LOAD_ACCEPTED)
		return 0;
	return kg_decide(attempt->verdict, attempt->err, early->result, early->error_number,
			 early->reason, NULL, "%s", early->message);
}

/* From 6.4 on a name that is taken is noticed before the sections are looked at. */
static int gate_name_early(struct attempt *attempt)
{
	return kg_has_rule(attempt, KG_LOADER_RULE_UNIQUE_SECTIONS) ? kg_gate_name(attempt) : 0;
}

/* load_module(): the first gate that fails decides. */
static int attempt_load(struct attempt *attempt)
{
	static int (*const gates[])(struct attempt *) = {
		gate_facts,
		kg_gate_disabled,
		gate_empty,
		gate_signature,
		gate_shape,
		gate_machine,
		kg_gate_struct_module,
		kg_gate_blacklist,
		kg_gate_layout,
		kg_gate_vermagic,
		kg_gate_livepatch,
		gate_name_early,
		kg_gate_writable_code,
		kg_gate_memory,
		kg_gate_name,
		kg_gate_percpu,
		kg_gate_constructors,
		kg_gate_export_sections,
		kg_gate_imported_namespaces,
		kg_gate_symbols,
		kg_gate_relocations,
		kg_gate_doubled_exports,
		gate_btf,
		kg_gate_sysfs,
		kg_gate_doubled_parameters,
		kg_gate_doubled_sections,
	};

	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		if (gates[i](attempt) < 0)
			return -1;
		/* What could not be read has nothing further to be judged by. */
		if (attempt->verdict->result == KG_LOAD_REFUSED ||
		    attempt->loader->kernel->facts == KG_KERNEL_FACTS_NONE ||
		    (gates[i] == gate_shape && attempt->prepared->unread.code != 0))
			return 0;
	}
	return 0;
}

static struct tried_module *copy_tried(const struct attempt *attempt)
{
	const struct kg_export_table *exports = &attempt->module->exports;
	struct tried_module *tried = calloc(1, sizeof(*tried));

	if (!tried) {
		kg_fail_memory(attempt->err);
		return NULL;
	}
	/* What may have loaded provides: else its users would be blamed. */
	tried->accepted = attempt->verdict->result != KG_LOAD_REFUSED;
	tried->proprietary = attempt->proprietary;
	tried->name = kg_copy_string(attempt->module->name, attempt->err);
	if (!tried->name) {
		free_tried(tried);
		return NULL;
	}
	for (size_t i = 0; i < exports->count; i++) {
		if (kg_export_table_add(&tried->exports, &exports->items[i], attempt->err) < 0) {
			free_tried(tried);
			return NULL;
		}
	}
	if (kg_export_table_own_strings(&tried->exports, attempt->err) < 0) {
		free_tried(tried);
		return NULL;
	}
	return tried;
}

/* Of two of one name the accepted one is found, else the first. */
static int remember_name(struct kg_module_loader *loader, struct tried_module *tried,
			 struct kg_error *err)
{
	struct tried_module **found = tsearch(tried, &loader->names, compare_names);

	if (!found)
		return kg_fail_memory(err);
	if (tried->accepted)
		*found = tried;
	return 0;
}

static int remember(struct kg_module_loader *loader, const struct attempt *attempt)
{
	struct tried_module *tried;

	if (kg_array_reserve(&loader->modules, &loader->capacity, loader->count,
			     sizeof(struct tried_module *), attempt->err) < 0)
		return -1;
	tried = copy_tried(attempt);
	if (!tried)
		return -1;
	loader->modules[loader->count++] = tried;
	if (remember_name(loader, tried, attempt->err) < 0)
		return -1;
	if (!tried->accepted)
		return 0;
	kg_take_percpu(loader, attempt->module);
	return kg_provide_symbols(loader, tried, attempt->err);
}

/* module_augment_kernel_taints(); ndiswrapper taints the kernel, not itself. */
static bool is_proprietary(const struct kg_module *module)
{
	return !kg_license_is_gpl_compatible(module->license) ||
	       strcmp(module->name, "driverloader") == 0 || strcmp(module->name, "lve") == 0;
}

int kg_module_loader_load_prepared(struct kg_module_loader *loader,
				   const struct kg_prepared_module *prepared,
				   struct kg_module_verdict *verdict, struct kg_error *err)
{
	struct kg_module_verdict judged = {0};
	struct attempt attempt = {
		.loader = loader,
		.prepared = prepared,
		.module = &prepared->module,
		.verdict = &judged,
		.err = err,
		.proprietary = prepared->unread.code == 0 && is_proprietary(&prepared->module),
	};
	int result = attempt_load(&attempt);

	if (result == 0 && prepared->unread.code == 0)
		result = remember(loader, &attempt);
	free(attempt.unresolved);
	if (result < 0) {
		kg_module_verdict_free(&judged);
		return -1;
	}
	*verdict = judged;
	return 0;
}

int kg_module_loader_load(struct kg_module_loader *loader, const char *path, struct kg_span file,
			  struct kg_module_verdict *verdict, struct kg_error *err)
{
	struct kg_prepared_module *prepared =
		kg_module_prepare(loader->kernel, loader->situation, path, file, err);
	int result;

	if (!prepared)
		return -1;
	result = kg_module_loader_load_prepared(loader, prepared, verdict, err);
	kg_prepared_module_free(prepared);
	return result;
}
