/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_CLI_HOOK_H
#define KERNEL_GUARD_SRC_CLI_HOOK_H

#include "kernel-guard/act/keep.h"
#include "kernel-guard/cli/command.h"

/* `hook pre`: 1 refuses the transaction, and anything else lets it pass. */
enum kg_status kg_hook_before(const struct kg_options *options);

/*
 * Keeps what has booted, before the transaction, or brings kept files in line with what is there,
 * after it, where transaction is NULL.
 */
void kg_hook_keep(const struct kg_options *options, const struct kg_transaction *transaction);

/*
 * Sets the state file aside that could not be used, for that reason: it is in nobody's way, and
 * not lost. 0 also where it is not there; else -1, which is said.
 */
int kg_hook_set_aside(const struct kg_root *root, const char *name, const char *consequence,
		      const struct kg_error *why);

/* Says what could not be done, and what comes of that, if anything. */
void kg_hook_warn(const char *consequence, const struct kg_error *err);

#endif
