// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/check.h"
#include "kernel-guard/cli/command.h"

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
	if (kg_check_list(&system, &report, &err) < 0)
		status = kg_command_failed(&err);
	else if (!options->json)
		kg_report_write_list_text(&report, stdout);
	else if (kg_report_write_list_json(&report, stdout, &err) < 0)
		status = kg_command_failed(&err);
	kg_report_free(&report);
	kg_system_free(&system);
	return status;
}
