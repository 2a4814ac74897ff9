// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/keep.h"
#include "kernel-guard/check/check.h"
#include "kernel-guard/cli/command.h"

/* What the kept sets know of the targets, which are those of the report, in its order. */
static int add_history(const struct kg_system *system, struct kg_report *report,
		       struct kg_error *err)
{
	struct kg_strings ignored = {0};
	struct kg_sets sets = {0};
	int result = kg_sets_read(&system->root, &sets, &ignored, err);

	for (size_t i = 0; result == 0 && sets.count > 0 && i < report->target_count; i++) {
		const struct kg_set *stored;
		struct kg_error why;
		struct kg_set set;

		/* One whose files are not there has no history. */
		if (kg_set_of_target(system, &system->targets.items[i], &set, &why) < 0)
			continue;
		stored = kg_sets_match(&system->root, &sets, &set);
		report->targets[i].kept = stored != NULL;
		report->targets[i].booted = stored && stored->boot > 0;
		kg_set_free(&set);
	}
	kg_sets_free(&sets);
	kg_strings_free(&ignored);
	return result;
}

enum kg_status kg_command_list(const struct kg_options *options)
{
	struct kg_report report = {0};
	struct kg_system system;
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (options->operands.count > 0)
		return kg_usage_error("list takes no operand");
	if (kg_system_open(options->root, kg_machine_place(options), &system, &err) < 0)
		return kg_command_failed(&err);
	if (kg_check_list(&system, &report, &err) < 0 || add_history(&system, &report, &err) < 0)
		status = kg_command_failed(&err);
	else if (!options->json)
		kg_report_write_list_text(&report, stdout);
	else if (kg_report_write_list_json(&report, stdout, &err) < 0)
		status = kg_command_failed(&err);
	kg_report_free(&report);
	kg_system_free(&system);
	return status;
}
