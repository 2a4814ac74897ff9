// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "kernel-guard/act/state.h"
#include "kernel-guard/cli/command.h"

static size_t count(const struct kg_findings *findings, enum kg_severity severity)
{
	size_t found = 0;

	for (size_t i = 0; i < findings->count; i++)
		found += findings->items[i].severity == severity;
	return found;
}

/* One "key value" a line; keys are only ever added. */
static void write_porcelain(const struct kg_report *report)
{
	size_t errors = count(&report->findings, KG_SEVERITY_ERROR);
	size_t warnings = count(&report->findings, KG_SEVERITY_WARNING);

	for (size_t i = 0; i < report->target_count; i++) {
		errors += count(&report->targets[i].findings, KG_SEVERITY_ERROR);
		warnings += count(&report->targets[i].findings, KG_SEVERITY_WARNING);
	}
	(void)printf("verdict %s\nerrors %zu\nwarnings %zu\n", kg_verdict_name(report->verdict),
		     errors, warnings);
}

static int write_status(const struct kg_report *report, const struct kg_options *options,
			struct kg_error *err)
{
	const struct kg_report_style style = {
		.quiet = options->quiet,
		.verbose = options->verbose,
		.colour = kg_wants_colour(),
	};

	if (options->json)
		return kg_report_write_json(report, stdout, err);
	if (options->porcelain)
		write_porcelain(report);
	else
		kg_report_write_text(report, &style, stdout);
	return 0;
}

static int load(const char *path, struct kg_report *report, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_root root;
	int result;

	if (kg_root_open(path, &root, err) < 0)
		return -1;
	result = kg_state_read(&root, KG_STATE_VERDICT, &text, err);
	if (result < 0 && err->code == ENOENT)
		kg_fail(err, ENOENT, "no verdict is stored yet; run: kernel-guard check");
	else if (result == 0 && kg_report_read_json(kg_buffer_span(&text), report, err) < 0)
		result = kg_prefix(err, "/var/lib/kernel-guard/" KG_STATE_VERDICT);
	kg_buffer_free(&text);
	kg_root_close(&root);
	return result;
}

enum kg_status kg_command_status(const struct kg_options *options)
{
	struct kg_report report = {0};
	struct kg_error err;
	enum kg_status status;

	if (options->operands.count > 0)
		return kg_usage_error("status takes no operand");
	if (load(options->root, &report, &err) < 0 || write_status(&report, options, &err) < 0)
		status = kg_command_failed(&err);
	else
		status = kg_status_of_verdict(report.verdict);
	kg_report_free(&report);
	return status;
}
