/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_LOADER_MODULE_LOADER_H
#define KERNEL_GUARD_LOADER_MODULE_LOADER_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/loader/situation.h"
#include "kernel-guard/parse/module.h"
#include "kernel-guard/report/finding.h"
#include "kernel-guard/system/kernel.h"

enum kg_load_result {
	KG_LOAD_ACCEPTED,
	KG_LOAD_REFUSED,
	KG_LOAD_UNKNOWN, /* a fact that decides is not to be had */
};

/* What the kernel would answer to finit_module(2). The strings are owned. */
struct kg_module_verdict {
	enum kg_load_result result;
	int error_number;          /* errno where refused, else 0 */
	enum kg_finding_id reason; /* unless accepted */
	char *symbol;              /* the first symbol that is the reason, or NULL */
	char *message;             /* NULL where accepted */
};

/*
 * Loads modules one after the other into a freshly booted kernel that exists only
 * here, and says of each what load_module() of kernel/module/main.c (Linux 5.10 to 7.3)
 * would: one that is accepted provides its symbols to those after it, one that is refused
 * does not. Which rules the kernel has is read from its image. Not decided is what the
 * module's own init function answers.
 */
struct kg_module_loader;

/*
 * A kernel with nothing loaded. kernel and situation must outlive it. NULL, and err, with
 * ENOMEM.
 */
struct kg_module_loader *kg_module_loader_new(const struct kg_kernel *kernel,
					      const struct kg_load_situation *situation,
					      struct kg_error *err);

/* What it was made with. */
const struct kg_kernel *kg_module_loader_kernel(const struct kg_module_loader *loader);
const struct kg_load_situation *kg_module_loader_situation(const struct kg_module_loader *loader);

/* Releases it; NULL is fine. */
void kg_module_loader_free(struct kg_module_loader *loader);

/*
 * A module that has been unpacked and read, and judged by what does not depend on other
 * modules. Preparing needs no loader and may be done by several threads at once.
 */
struct kg_prepared_module;

/*
 * Prepares the module file, compressed as modules may be, for this kernel; path names it
 * in messages. The file's bytes, path, kernel and situation must outlive it. NULL, and
 * err, with ENOMEM; a damaged module is one too, which will be refused.
 */
struct kg_prepared_module *kg_module_prepare(const struct kg_kernel *kernel,
					     const struct kg_load_situation *situation,
					     const char *path, struct kg_span file,
					     struct kg_error *err);

/* Releases it; NULL is fine. */
void kg_prepared_module_free(struct kg_prepared_module *prepared);

/*
 * Loads a prepared module. 0 with *verdict, which kg_module_verdict_free() releases, or -1
 * with ENOMEM.
 */
int kg_module_loader_load_prepared(struct kg_module_loader *loader,
				   const struct kg_prepared_module *prepared,
				   struct kg_module_verdict *verdict, struct kg_error *err);

/* Prepares and loads the module file. 0 with *verdict, or -1 with ENOMEM. */
int kg_module_loader_load(struct kg_module_loader *loader, const char *path, struct kg_span file,
			  struct kg_module_verdict *verdict, struct kg_error *err);

/* Whether a module of this name has been tried, "-" and "_" being one. */
bool kg_module_loader_has(const struct kg_module_loader *loader, const char *name);

/*
 * The name of the errno where refused, else NULL. The loader also lets out ENOTSUPP (524),
 * which only include/linux/errno.h names.
 */
const char *kg_module_verdict_errno(const struct kg_module_verdict *verdict);

/* Releases the strings and leaves a zeroed verdict. */
void kg_module_verdict_free(struct kg_module_verdict *verdict);

/* Whether the licence text makes a module GPL-compatible (include/linux/license.h). */
bool kg_license_is_gpl_compatible(const char *license);

#endif
