// SPDX-License-Identifier: GPL-2.0-or-later
#include "keep.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/system/system.h"

static int write_file(const struct kg_options *options, struct keep_outcome *outcome,
		      struct kg_error *err)
{
	static const char text[] = "The next transaction passes unguarded.\n";
	struct kg_root root;
	int result = 0;

	if (kg_root_open(options->root, &root, err) < 0)
		return -1;
	if (!options->dry_run)
		result = kg_state_write(&root, KG_STATE_SKIP, text, sizeof(text) - 1, err);
	if (result == 0)
		result = kg_strings_add(&outcome->changes, "the next transaction passes unguarded",
					err);
	kg_root_close(&root);
	return result;
}

/* A file, because sudo lets no environment through. */
enum kg_status kg_command_skip_once(const struct kg_options *options)
{
	struct keep_outcome outcome = {0};
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (options->operands.count > 0)
		return kg_usage_error("skip-once takes no operand");
	if (write_file(options, &outcome, &err) < 0 ||
	    kg_keep_tell(options, &outcome, "", &err) < 0)
		status = kg_command_failed(&err);
	kg_keep_outcome_free(&outcome);
	return status;
}
