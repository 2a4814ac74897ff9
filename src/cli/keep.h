/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_CLI_KEEP_H
#define KERNEL_GUARD_SRC_CLI_KEEP_H

#include "kernel-guard/act/keep.h"
#include "kernel-guard/cli/command.h"
#include "kernel-guard/system/guard_conf.h"

/* What a command that keeps has done, to be told at its end. */
struct keep_outcome {
	struct kg_strings changes; /* "wrote PATH", "removed PATH", "kept RELEASE", … */
	struct kg_strings notes;   /* what could not be had */
};

/* Releases it. */
void kg_keep_outcome_free(struct keep_outcome *outcome);

/*
 * Stores what has booted (booted), places kept files and entries, removes what is beyond them
 * (prune) and makes mount points. 0, or -1.
 */
int kg_keep_all(const struct kg_options *options, bool booted, bool replacing, bool prune,
		struct keep_outcome *outcome, struct kg_error *err);

/* Tells what was done, or that nothing had to be; in JSON where that is wanted. */
int kg_keep_tell(const struct kg_options *options, const struct keep_outcome *outcome,
		 const char *nothing, struct kg_error *err);

/* kg_keep_all() and kg_keep_tell() as a command. */
enum kg_status kg_keep_command(const struct kg_options *options, bool booted, bool prune,
			       const char *nothing);

#endif
