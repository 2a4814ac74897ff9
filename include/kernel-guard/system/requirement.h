/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_REQUIREMENT_H
#define KERNEL_GUARD_SYSTEM_REQUIREMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"

/* A module that has to be in an initramfs, and who says so. */
struct kg_requirement {
	char *module; /* name or alias */
	char *reason; /* "MODULES in /etc/mkinitcpio.conf" */
};

/* A zeroed list is a valid empty one. */
struct kg_requirements {
	struct kg_requirement *items;
	size_t count;
	size_t capacity;
};

/* Adds a requirement, unless the module is required already. 0, or -1 with ENOMEM. */
int kg_requirements_add(struct kg_requirements *requirements, const char *module,
			const char *reason, struct kg_error *err);

/* The requirement of this module, "-" and "_" being one, or NULL. */
const struct kg_requirement *kg_requirements_find(const struct kg_requirements *requirements,
						  const char *module);

/* Frees everything and leaves a valid empty list. */
void kg_requirements_free(struct kg_requirements *requirements);

#endif
