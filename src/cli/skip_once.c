// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/state.h"
#include "kernel-guard/cli/command.h"
#include "kernel-guard/system/system.h"

/* A file, because sudo lets no environment through. */
enum kg_status kg_command_skip_once(const struct kg_options *options)
{
	static const char text[] = "The next transaction passes unguarded.\n";
	struct kg_root root;
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (options->operands.count > 0)
		return kg_usage_error("skip-once takes no operand");
	if (kg_root_open(options->root, &root, &err) < 0)
		return kg_command_failed(&err);
	if (options->dry_run)
		(void)puts("would write /var/lib/kernel-guard/" KG_STATE_SKIP
			   ": the next transaction passes unguarded");
	else if (kg_state_write(&root, KG_STATE_SKIP, text, sizeof(text) - 1, &err) < 0)
		status = kg_command_failed(&err);
	else if (!options->quiet)
		(void)puts("the next transaction passes unguarded");
	kg_root_close(&root);
	return status;
}
