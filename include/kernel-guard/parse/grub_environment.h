/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_GRUB_ENVIRONMENT_H
#define KERNEL_GUARD_PARSE_GRUB_ENVIRONMENT_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

/* The variables of an environment block; names[i] has values[i]. A zeroed one is empty. */
struct kg_grub_environment {
	struct kg_strings names;
	struct kg_strings values;
};

/*
 * Reads a GRUB environment block (grubenv): a signature line, lines "name=value" in which a
 * backslash takes the next byte as it is, and "#" up to the end. GRUB does not ask for the
 * 1024 bytes that grub-editenv writes, nor does this. 0, or -1: EBADMSG without the
 * signature; EFBIG over 1 MiB; ENOMEM. kg_grub_environment_free() releases it.
 *
 * Source: GRUB 2.12, grub-core/lib/envblk.c, grub-core/commands/loadenv.c.
 */
int kg_grub_environment_parse(struct kg_span block, struct kg_grub_environment *environment,
			      struct kg_error *err);

/* The value of a name, of several the last, or NULL. Owned by the environment. */
const char *kg_grub_environment_get(const struct kg_grub_environment *environment,
				    const char *name);

/* Releases it and leaves a valid empty one. */
void kg_grub_environment_free(struct kg_grub_environment *environment);

#endif
