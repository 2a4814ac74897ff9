// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/check.h"
#include "kernel-guard/cli/command.h"

static int write_report(const struct kg_report *report, const struct kg_options *options,
			struct kg_error *err)
{
	const struct kg_report_style style = {
		.quiet = options->quiet,
		.verbose = options->verbose,
		.colour = kg_wants_colour(),
	};

	if (options->json)
		return kg_report_write_json(report, stdout, err);
	kg_report_write_text(report, &style, stdout);
	return 0;
}

enum kg_status kg_command_check(const struct kg_options *options)
{
	struct kg_report report = {0};
	struct kg_system system;
	struct kg_error err;
	enum kg_status status;

	if (kg_system_open(options->root, kg_machine_place(options), &system, &err) < 0)
		return kg_command_failed(&err);
	if (kg_check_system(&system, &options->operands, NULL, &report, &err) < 0 ||
	    write_report(&report, options, &err) < 0)
		status = kg_command_failed(&err);
	else
		status = kg_status_of_verdict(report.verdict);
	kg_report_free(&report);
	kg_system_free(&system);
	return status;
}
