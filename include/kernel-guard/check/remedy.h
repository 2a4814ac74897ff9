/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CHECK_REMEDY_H
#define KERNEL_GUARD_CHECK_REMEDY_H

#include "kernel-guard/check/check.h"

/*
 * The commands that repair a finding, for this machine's packages and generator. Each
 * returns a text that the caller frees, or NULL, and err, with ENOMEM.
 */

/* Writes the target's initramfs again: "mkinitcpio -p linux". */
char *kg_remedy_rebuild_image(const struct kg_check *check, struct kg_error *err);

/* Builds the module anew for the target's kernel, and the image after it. */
char *kg_remedy_rebuild_module(const struct kg_check *check, const char *module,
			       struct kg_error *err);

/* A newer release of the module, or the previous kernel, held. */
char *kg_remedy_newer_module(const struct kg_check *check, const char *module,
			     struct kg_error *err);

/* Reinstalls the target's kernel. */
char *kg_remedy_reinstall_kernel(const struct kg_check *check, struct kg_error *err);

/* The release of the target's kernel, "RELEASE" where it is unknown. Not to be freed. */
const char *kg_remedy_release(const struct kg_check *check);

#endif
