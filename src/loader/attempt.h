/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_LOADER_ATTEMPT_H
#define KERNEL_GUARD_SRC_LOADER_ATTEMPT_H

#include "kernel-guard/loader/module_loader.h"

/* A module that has been tried. */
struct tried_module {
	char *name;
	bool accepted;
	bool proprietary;
	struct kg_export_table exports;
};

struct kg_module_loader {
	const struct kg_kernel *kernel;
	const struct kg_load_situation *situation;
	struct tried_module **modules;
	size_t count;
	size_t capacity;
	/* Bytes of per-CPU variables of the accepted modules, and gaps between them at most. */
	uint64_t percpu_used;
	uint64_t percpu_gaps;
	void *symbols; /* of the accepted modules, by name: a tree of struct provided_symbol */
	void *names;   /* of the tried modules: a tree of struct tried_module */
};

/* What does not depend on other modules. */
struct kg_prepared_module {
	const char *path;
	size_t size;              /* bytes of the unpacked file */
	struct kg_buffer storage; /* the file unpacked, where it is compressed */
	struct kg_module module;  /* unless unread.code is set */
	struct kg_error unread;   /* why there is no module: EBADMSG is the kernel's ENOEXEC */
	/* Decided before the file's shape is looked at. */
	struct kg_module_verdict signature;
	/* Decided at the very end of load_module(). */
	struct kg_module_verdict btf;
};

/* One attempt to load a module. */
struct attempt {
	const struct kg_module_loader *loader;
	const struct kg_prepared_module *prepared;
	const struct kg_module *module;
	struct kg_module_verdict *verdict;
	struct kg_error *err;
	bool proprietary;   /* TAINT_PROPRIETARY_MODULE of struct module */
	bool uses_gpl_only; /* using_gplonly_symbols of struct module */
	size_t *unresolved; /* indices of weak symbols that were not found, ascending */
	size_t unresolved_count;
	size_t unresolved_capacity;
};

/* A symbol as find_symbol() gives it. */
struct resolved {
	const struct kg_export *symbol;      /* NULL: not found */
	const struct tried_module *provider; /* NULL for vmlinux */
};

/*
 * Gates of load_module(): each fills in attempt->verdict where it refuses the module or
 * cannot tell. 0, or -1 with ENOMEM.
 */
int kg_gate_disabled(struct attempt *attempt);
int kg_gate_blacklist(struct attempt *attempt);
int kg_gate_layout(struct attempt *attempt);
int kg_gate_vermagic(struct attempt *attempt);
int kg_gate_struct_module(struct attempt *attempt);
int kg_gate_livepatch(struct attempt *attempt);
int kg_gate_name(struct attempt *attempt);
int kg_gate_writable_code(struct attempt *attempt);
int kg_gate_memory(struct attempt *attempt);
int kg_gate_percpu(struct attempt *attempt);
int kg_gate_constructors(struct attempt *attempt);
int kg_gate_export_sections(struct attempt *attempt);
int kg_gate_imported_namespaces(struct attempt *attempt);
int kg_gate_symbols(struct attempt *attempt);
int kg_gate_relocations(struct attempt *attempt);
int kg_gate_doubled_exports(struct attempt *attempt);
int kg_gate_sysfs(struct attempt *attempt);
int kg_gate_doubled_parameters(struct attempt *attempt);
int kg_gate_doubled_sections(struct attempt *attempt);

enum {
	kg_left_behind_percpu,
	kg_left_behind_count = 5,
};

/*
 * The sections that are SHF_ALLOC and yet not copied to the module's memory
 * (rewrite_section_headers() and layout_and_allocate()): the per-CPU section, which lives
 * elsewhere, .modinfo and the versions. NULL where there is none.
 */
void kg_find_left_behind(const struct kg_module *module,
			 const struct kg_module_section *sections[kg_left_behind_count]);

/*
 * Whether a section is SHF_ALLOC, or becomes it: layout_symtab() (kernel/module/kallsyms.c,
 * CONFIG_KALLSYMS) keeps the symbol table and its names.
 */
bool kg_is_allocated(const struct kg_module *module, const struct kg_module_section *section);

enum { kg_shf_rela_livepatch = 0x00100000 }; /* SHF_RELA_LIVEPATCH, include/uapi/linux/elf.h */

/*
 * Judges what is particular to a section of live patch relocations; of another section
 * nothing. *applied: the section's relocations are applied at this time. 0, or -1 with
 * ENOMEM.
 */
int kg_check_livepatch_relocations(struct attempt *attempt,
				   const struct kg_module_section *section, bool *applied);

/*
 * Fills in a verdict. The first reason stays, while the errno of a later refusal replaces
 * the first one's: simplify_symbols() goes on and returns the last. A refusal replaces
 * what was unknown. 0, or -1 with ENOMEM.
 */
int kg_decide(struct kg_module_verdict *verdict, struct kg_error *err, enum kg_load_result result,
	      int error_number, enum kg_finding_id reason, const char *symbol, const char *format,
	      ...) __attribute__((format(printf, 7, 8)));

/* kg_decide() for the attempt: refused with this errno, or (kg_undecided()) unknown. */
#define kg_refuse(attempt, error_number, reason, symbol, ...)                                      \
	kg_decide((attempt)->verdict, (attempt)->err, KG_LOAD_REFUSED, error_number, reason,       \
		  symbol, __VA_ARGS__)
#define kg_undecided(attempt, symbol, ...)                                                         \
	kg_decide((attempt)->verdict, (attempt)->err, KG_LOAD_UNKNOWN, 0,                          \
		  KG_FINDING_MODULE_UNDECIDED, symbol, __VA_ARGS__)

/* Whether the attempt's kernel has the rule. */
bool kg_has_rule(const struct attempt *attempt, enum kg_loader_rule rule);

/* The release of the attempt's kernel, for messages. */
const char *kg_release_of(const struct attempt *attempt);

/* try_to_force_load(): accepted with CONFIG_MODULE_FORCE_LOAD, else refused for this reason. */
int kg_force_load(struct attempt *attempt, enum kg_finding_id reason, const char *symbol,
		  const char *what);

/*
 * check_version() (kernel/module/version.c): refuses with this errno where the module was
 * built with another version of the symbol. 0, or -1 with ENOMEM.
 */
int kg_check_version(struct attempt *attempt, const struct kg_export *symbol, int error_number);

/*
 * find_symbol(): vmlinux first, then what is loaded. A proprietary module does not see
 * symbols for GPL modules, and the search goes on.
 */
struct resolved kg_find_symbol(const struct kg_module_loader *loader, const char *name,
			       bool see_gpl_only);

/* What exports the symbol, for a message: a module's name or the kernel's release. */
const char *kg_provider_of(const struct kg_module_loader *loader, const struct resolved *found);

/* The module of exactly this name that has been tried last, or NULL. */
const struct tried_module *kg_find_tried(const struct kg_module_loader *loader, const char *name);

/* An accepted module takes its part of the room for per-CPU variables. */
void kg_take_percpu(struct kg_module_loader *loader, const struct kg_module *module);

/* Makes the exports of an accepted module findable. 0, or -1 with ENOMEM. */
int kg_provide_symbols(struct kg_module_loader *loader, const struct tried_module *module,
		       struct kg_error *err);

#endif
