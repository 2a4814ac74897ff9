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
	bool failed;               /* the rest of it could not be done */
	struct kg_strings hints;   /* what is as it should be, and good to know */
};

/* Releases it. */
void kg_keep_outcome_free(struct keep_outcome *outcome);

/* What is to be done besides placing kept files, with their entries and mount points. */
struct keep_wanted {
	bool booted;    /* store what has booted */
	bool replacing; /* the originals are about to be written anew */
	bool prune;     /* remove sets that are not needed any more */
	bool at_end;    /* of a transaction, which only waits for us */
	bool at_work;   /* is another's transaction: found by kg_keep_all() */
	bool hints;     /* say which kept kernels no entry starts */
	const struct kg_transaction *transaction; /* that is about to begin, or NULL */
};

/*
 * Does what is wanted. While a transaction is at work, of which it is not the end, the originals
 * count as about to be written anew, and nothing is pruned, with a sentence in the outcome's notes
 * where only that was wanted. Nor is it where the configuration is doubtful. 0, or -1.
 */
int kg_keep_all(const struct kg_options *options, const struct keep_wanted *wanted,
		struct keep_outcome *outcome, struct kg_error *err);

/* Tells what was done, or that nothing had to be; in JSON where that is wanted. */
int kg_keep_tell(const struct kg_options *options, const struct keep_outcome *outcome,
		 const char *nothing, struct kg_error *err);

/* Tells what was done before the failure err, and that: the status of the command. */
enum kg_status kg_keep_failed(const struct kg_options *options, struct keep_outcome *outcome,
			      const struct kg_error *err);

/* kg_keep_all() and kg_keep_tell() as a command. */
enum kg_status kg_keep_command(const struct kg_options *options, const struct keep_wanted *wanted,
			       const char *nothing);

#endif
