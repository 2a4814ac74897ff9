// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel-guard/act/record_json.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/check/check.h"
#include "kernel-guard/cli/command.h"
#include "kernel-guard/report/escape.h"

/* pacman prints what a hook writes, and goes on whatever becomes of it. */
static void warn(const char *consequence, const struct kg_error *err)
{
	(void)fputs("warning: kernel-guard: ", stderr);
	kg_write_escaped(stderr, err->message);
	(void)fprintf(stderr, "%s%s\n", *consequence ? ": " : "", consequence);
}

/* The targets that pacman hands over: all is judged whatever they are. */
static void drain_input(void)
{
	char scratch[4096];

	if (isatty(STDIN_FILENO))
		return;
	while (read(STDIN_FILENO, scratch, sizeof(scratch)) > 0)
		;
}

/* Remembers what is there, so that `hook post` can say what is gone. Never refuses. */
static enum kg_status before(struct kg_system *system)
{
	struct kg_record record = {0};
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (kg_record_take(system, &record, &err) < 0 ||
	    kg_record_store(&system->root, &record, &err) < 0) {
		warn("what this transaction takes away will not be noticed by comparison", &err);
		status = KG_STATUS_UNKNOWN;
	}
	kg_record_free(&record);
	return status;
}

static int store_verdict(const struct kg_system *system, const struct kg_report *report,
			 struct kg_error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int result;

	if (!memory)
		return kg_fail_memory(err);
	result = kg_report_write_json(report, memory, err);
	if (fclose(memory) != 0 && result == 0)
		result = kg_fail_memory(err);
	if (result == 0)
		result = kg_state_write(&system->root, KG_STATE_VERDICT, text, size, err);
	free(text);
	return result;
}

/* The record of this transaction, and of no earlier one. */
static void load_record(const struct kg_system *system, struct kg_record *record)
{
	struct kg_error err;

	if (kg_record_load(&system->root, record, &err) < 0 && err.code != ENOENT)
		warn("what this transaction took away is not compared", &err);
	if (kg_state_remove(&system->root, KG_STATE_RECORD, &err) < 0 && err.code != ENOENT)
		warn("", &err);
}

static enum kg_status after(struct kg_system *system, const struct kg_options *options)
{
	const struct kg_report_style style = {
		.quiet = options->quiet,
		.verbose = options->verbose,
	};
	struct kg_record record = {0};
	struct kg_report report = {0};
	struct kg_error err;
	enum kg_status status;

	load_record(system, &record);
	if (kg_check_system(system, NULL, &record, &report, &err) < 0) {
		status = kg_command_failed(&err);
	} else {
		/* Stored before it is printed: nobody may be there to read it. */
		if (store_verdict(system, &report, &err) < 0)
			warn("'kernel-guard status' will not know this verdict", &err);
		kg_report_write_text(&report, &style, stdout);
		status = kg_status_of_verdict(report.verdict);
	}
	kg_report_free(&report);
	kg_record_free(&record);
	return status;
}

enum kg_status kg_command_hook(const struct kg_options *options)
{
	struct kg_system system;
	struct kg_error err;
	enum kg_status status;
	bool pre;

	if (options->operands.count != 1)
		return kg_usage_error("hook takes pre or post");
	pre = strcmp(options->operands.items[0], "pre") == 0;
	if (!pre && strcmp(options->operands.items[0], "post") != 0)
		return kg_usage_error("hook takes pre or post");
	drain_input();
	if (kg_system_open(options->root, &system, &err) < 0)
		return kg_command_failed(&err);
	status = pre ? before(&system) : after(&system, options);
	kg_system_free(&system);
	return status;
}
