// SPDX-License-Identifier: GPL-2.0-or-later
#include "keep.h"
#include "kernel-guard/act/recover.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/act/transaction.h"

static int mount_tree(const struct kg_system *system, bool dry_run, struct keep_outcome *outcome,
		      struct kg_error *err)
{
	bool mounted;

	/* Else pacman would write to what is kept, and remove from it. */
	if (kg_transaction_is_at_work(system))
		return 0;
	if (kg_keep_mount(system, dry_run, &mounted, &outcome->notes, err) < 0)
		return -1;
	if (!mounted)
		return 0;
	return kg_strings_take(&outcome->changes,
			       kg_format(err, "put the kept modules of %s in their place",
					 system->machine.release),
			       err);
}

enum kg_status kg_command_recover(const struct kg_options *options)
{
	struct keep_outcome outcome = {0};
	const struct kg_clearing clearing = {
		.dry_run = options->dry_run,
		.changes = &outcome.changes,
	};
	struct kg_system system;
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;
	int mounted;

	if (options->operands.count > 0)
		return kg_usage_error("recover takes no operand");
	/* The boot waits for it. */
	kg_state_set_patience(10);
	if (kg_system_open(options->root, kg_machine_place(options), &system, &err) < 0)
		return kg_command_failed(&err);
	/* First what the boot needs. */
	mounted = mount_tree(&system, options->dry_run, &outcome, &err);
	if (mounted < 0)
		status = kg_command_failed(&err);
	if (kg_recover(&system.root, false, &clearing, &outcome.notes, &err) < 0 ||
	    kg_keep_tell(options, &outcome, "there is nothing to recover", &err) < 0)
		status = kg_command_failed(&err);
	else if (outcome.notes.count > 0 && status == KG_STATUS_DONE)
		status = KG_STATUS_UNKNOWN;
	kg_keep_outcome_free(&outcome);
	kg_system_free(&system);
	return status;
}
