/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_LOADER_BED_H
#define KERNEL_GUARD_TESTS_UNIT_LOADER_BED_H

/* A kernel that is made up, and assembled modules that are loaded into it. */
#include "kernel-guard/loader/module_loader.h"
#include "module_edit.h"
#include "module_shape.h"

#define BED_VERMAGIC "6.1.0-kg SMP mod_unload "

/* Modules: the macros are followed by what else they have. */
#define MODULE_TAGS(name, tags) THIS_MODULE_NAMED(name) SECTION(".modinfo") tags
#define TAG(text) ".asciz \"" text "\"\n"
#define MODULE_OF(name, license)                                                                   \
	MODULE_TAGS(name, TAG("license=" license) TAG("vermagic=" BED_VERMAGIC))
#define MODULE(name) MODULE_OF(name, "GPL")
#define USE(symbol) ".text\ncall " symbol "\n"
#define USE_WEAKLY(symbol) ".weak " symbol "\n" USE(symbol)

/* What a module exports: of one table all entries have to be named in their order. */
#define EXPORTED(symbol)                                                                           \
	".section __ksymtab_strings,\"a\"\nname_" symbol ": .asciz \"" symbol "\"\n"
#define EXPORT_TO_ALL ".section __ksymtab,\"a\"\n"
#define EXPORT_TO_GPL ".section __ksymtab_gpl,\"a\"\n"
#define EXPORT(symbol) ".long 0\n.long name_" symbol " - .\n.long 0\n"
#define EXPORTING(symbol) EXPORTED(symbol) EXPORT_TO_ALL EXPORT(symbol)

struct bed {
	struct kg_kernel kernel;
	struct kg_load_situation situation;
	struct kg_module_loader *loader;
	struct kg_module_verdict verdict; /* the last one */
};

static inline void bed_restart(struct bed *bed)
{
	struct kg_error err;

	kg_module_loader_free(bed->loader);
	bed->loader = kg_module_loader_new(&bed->kernel, &bed->situation, &err);
	assert_non_null(bed->loader);
}

/* A kernel with these rules beside those that each has; it exports nothing yet. */
static inline struct bed *bed_new(const char *release, uint32_t rules)
{
	struct bed *bed = unit_keep(calloc(1, sizeof(*bed)));

	(void)snprintf(bed->kernel.release, sizeof(bed->kernel.release), "%s", release);
	bed->kernel.facts = KG_KERNEL_FACTS_IMAGE;
	bed->kernel.vmlinux.machine = EM_X86_64;
	bed->kernel.vmlinux.rules = (struct kg_loader_rules){rules | UNIT_RULE(VERMAGIC), true};
	bed->kernel.vmlinux.vermagic = strdup(BED_VERMAGIC);
	bed->kernel.vmlinux.struct_module_size = unit_struct_module_size;
	bed_restart(bed);
	return bed;
}

static inline void bed_free(struct bed *bed)
{
	kg_module_loader_free(bed->loader);
	kg_module_verdict_free(&bed->verdict);
	kg_load_situation_free(&bed->situation);
	kg_buffer_free(&bed->kernel.config);
	kg_export_table_free(&bed->kernel.vmlinux.exports);
	kg_strings_free(&bed->kernel.vmlinux.builtin_modules);
	free(bed->kernel.vmlinux.vermagic);
	bed->loader = NULL;
	bed->kernel.vmlinux.vermagic = NULL;
}

static inline void bed_export(struct bed *bed, struct kg_export symbol)
{
	struct kg_export_table *exports = &bed->kernel.vmlinux.exports;
	struct kg_error err;

	if (!symbol.symbol_namespace)
		symbol.symbol_namespace = "";
	assert_ok(kg_export_table_add(exports, &symbol, &err), err);
	kg_export_table_sort(exports);
}

static inline void bed_load_bytes(struct bed *bed, struct kg_span bytes)
{
	struct kg_span exact = unit_copy(bytes);
	struct kg_error err = unit_no_error();

	kg_module_verdict_free(&bed->verdict);
	assert_ok(kg_module_loader_load(bed->loader, "kg.ko", exact, &bed->verdict, &err), err);
	/* Nothing of the file is kept. */
	memset(unit_writable(exact), 'x', exact.size);
	unit_free(exact);
}

static inline void bed_load(struct bed *bed, const char *source)
{
	bed_load_bytes(bed, unit_assemble(source));
}

static inline bool bed_same(const char *left, const char *right)
{
	return left == right || (left && right && strcmp(left, right) == 0);
}

static inline void bed_check(const struct bed *bed, enum kg_load_result result, int error_number,
			     enum kg_finding_id reason, const char *symbol, const char *file,
			     int line)
{
	const struct kg_module_verdict *verdict = &bed->verdict;
	bool refused = result == KG_LOAD_REFUSED;
	bool accepted = result == KG_LOAD_ACCEPTED;

	if (verdict->result == result && verdict->error_number == (refused ? error_number : 0) &&
	    (accepted || verdict->reason == reason) && bed_same(verdict->symbol, symbol) &&
	    (verdict->message == NULL) == accepted)
		return;
	print_error("result %d, %s, %s, symbol %s: %s\n", (int)verdict->result,
		    verdict->error_number ? strerrorname_np(verdict->error_number) : "0",
		    verdict->result == KG_LOAD_ACCEPTED ? "-"
							: kg_finding_class(verdict->reason)->id,
		    verdict->symbol ? verdict->symbol : "-",
		    verdict->message ? verdict->message : "-");
	_fail(file, line);
}

/* What the last one that was loaded came to. */
#define assert_loaded(bed)                                                                         \
	bed_check(bed, KG_LOAD_ACCEPTED, 0, KG_FINDING_COUNT, NULL, __FILE__, __LINE__)
#define assert_refused(bed, error_number, reason, symbol)                                          \
	bed_check(bed, KG_LOAD_REFUSED, error_number, KG_FINDING_MODULE_##reason, symbol,          \
		  __FILE__, __LINE__)
#define assert_undecided(bed, symbol)                                                              \
	bed_check(bed, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED, symbol, __FILE__, __LINE__)

/* Loads it and says what it comes to. */
#define loads(bed, source)                                                                         \
	do {                                                                                       \
		bed_load(bed, source);                                                             \
		assert_loaded(bed);                                                                \
	} while (0)
#define refuses(bed, source, error_number, reason, symbol)                                         \
	do {                                                                                       \
		bed_load(bed, source);                                                             \
		assert_refused(bed, error_number, reason, symbol);                                 \
	} while (0)
#define cannot_tell(bed, source, symbol)                                                           \
	do {                                                                                       \
		bed_load(bed, source);                                                             \
		assert_undecided(bed, symbol);                                                     \
	} while (0)

#endif
