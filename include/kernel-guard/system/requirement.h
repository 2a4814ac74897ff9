/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_REQUIREMENT_H
#define KERNEL_GUARD_SYSTEM_REQUIREMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"

/* A module that has to be in an initramfs, and who says so. */
struct kg_requirement {
	char *module; /* name or alias */
	struct kg_strings others; /* names of modules any of which does as well */
	char *reason; /* "MODULES in /etc/mkinitcpio.conf", or a fact, as a clause */
	bool fact;     /* the machine says so: "/ is on LUKS2 device cryptroot" */
	bool advisory; /* without it the machine may boot all the same */
};

/* A zeroed list is a valid empty one. */
struct kg_requirements {
	struct kg_requirement *items;
	size_t count;
	size_t capacity;
};

/*
 * Adds a requirement that configuration declares, unless the module is required already.
 * 0, or -1 with ENOMEM.
 */
int kg_requirements_add(struct kg_requirements *requirements, const char *module,
			const char *reason, struct kg_error *err);

/*
 * Adds *item, whose contents the list takes over also on failure. What is required
 * already stays, unless *item is not advisory and demands more: for sure, or just this
 * module. 0, or -1 with ENOMEM.
 */
int kg_requirements_add_item(struct kg_requirements *requirements, struct kg_requirement *item,
			     struct kg_error *err);

/*
 * Adds copies of all of from that are not required already. 0, or -1 with ENOMEM.
 */
int kg_requirements_add_all(struct kg_requirements *requirements,
			    const struct kg_requirements *from, struct kg_error *err);

/* The requirement of this module, "-" and "_" being one, or NULL. */
const struct kg_requirement *kg_requirements_find(const struct kg_requirements *requirements,
						  const char *module);

/*
 * Why it is required, to stand behind "is": "required by MODULES in …", "needed because / is
 * on …". The caller frees it. NULL, and err, with ENOMEM.
 */
char *kg_requirement_why(const struct kg_requirement *requirement, struct kg_error *err);

/* Frees everything and leaves a valid empty list. */
void kg_requirements_free(struct kg_requirements *requirements);

#endif
