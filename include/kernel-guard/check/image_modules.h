/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CHECK_IMAGE_MODULES_H
#define KERNEL_GUARD_CHECK_IMAGE_MODULES_H

#include "kernel-guard/check/check.h"

/*
 * Sets *found where an image of the target holds the module file of a path of its tree. 0,
 * or -1 with ENOMEM.
 */
int kg_images_hold_file(const struct kg_check *check, const char *path, bool *found,
			struct kg_error *err);

/*
 * Sets *found where the module of this name or alias is built into the target's kernel, or
 * in its images with all that it depends on. 0, or -1 with ENOMEM.
 */
int kg_images_hold_module(const struct kg_check *check, const char *name, bool *found,
			  struct kg_error *err);

/* The same for a requirement: its module, or any of the others. */
int kg_images_meet(const struct kg_check *check, const struct kg_requirement *requirement,
		   bool *found, struct kg_error *err);

#endif
