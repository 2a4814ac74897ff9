/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_STRAY_MODULES_H
#define KERNEL_GUARD_SYSTEM_STRAY_MODULES_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/module_tree.h"

/*
 * Adds to strays, sorted, the module files below kernel/ that the kernel's own build has
 * not installed: modules.order (Makefile, modules_install) does not name them, and they
 * have no intree= tag (scripts/mod/modpost.c). For a tree whose package is not known; one
 * without modules.order has none. 0, or -1 with ENOMEM.
 */
int kg_stray_modules_find(const struct kg_module_tree *tree, struct kg_strings *strays,
			  struct kg_error *err);

#endif
