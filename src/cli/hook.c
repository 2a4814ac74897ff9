// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook.h"
#include "keep.h"
#include "kernel-guard/act/pacman_log.h"
#include "kernel-guard/act/record_json.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/act/transaction.h"
#include "kernel-guard/check/check.h"
#include "kernel-guard/report/escape.h"
#include "kernel-guard/system/pacman_conf.h"

/* pacman prints what a hook writes, and goes on whatever becomes of it. */
void kg_hook_warn(const char *consequence, const struct kg_error *err)
{
	(void)fputs("warning: kernel-guard: ", stderr);
	kg_write_escaped(stderr, err->message);
	(void)fprintf(stderr, "%s%s\n", *consequence ? ": " : "", consequence);
}

int kg_hook_set_aside(const struct kg_root *root, const char *name, const char *consequence,
		      const struct kg_error *why)
{
	struct kg_error err;

	if (why->code == ENOENT)
		return 0;
	kg_hook_warn(consequence, why);
	/* What memory is too short for may be sound. */
	if (why->code == ENOMEM)
		return -1;
	if (kg_state_set_aside(root, name, NULL, &err) == 0)
		return 0;
	kg_hook_warn("", &err);
	return -1;
}

/*
 * Keeping never refuses, and never stops what comes after it: what could not be kept is said.
 * pacman prints a hook's words whatever they are, so nothing is said where all went well.
 */
void kg_hook_keep(const struct kg_options *options, const struct kg_transaction *transaction)
{
	bool before = transaction != NULL;
	const struct keep_wanted wanted = {.booted = before,
					   .replacing = before,
					   .prune = !before,
					   .at_end = !before,
					   .hints = before,
					   .transaction = transaction};
	struct keep_outcome outcome = {0};
	struct kg_options quiet = *options;
	struct kg_error err;

	quiet.quiet = true;
	if (kg_keep_all(&quiet, &wanted, &outcome, &err) < 0)
		kg_hook_warn(before ? "the present kernel is not kept as it should be"
			    : "the kept kernels are not as they should be",
		     &err);
	kg_write_notes(stderr, "warning: kernel-guard: ", &outcome.notes);
	kg_write_notes(stderr, "kernel-guard: ", &outcome.hints);
	if (options->dry_run)
		kg_write_notes(stderr, "kernel-guard: dry run: ", &outcome.changes);
	kg_keep_outcome_free(&outcome);
}

/* The report as text that free() releases, or NULL. */
static char *report_text(const struct kg_report *report, const struct kg_options *options,
			 bool colour)
{
	const struct kg_report_style style = {
		.quiet = options->quiet,
		.verbose = options->verbose,
		.colour = colour,
	};
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return NULL;
	kg_report_write_text(report, &style, memory);
	if (fclose(memory) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * pacman's own standard output where it is a terminal that takes colour, or -1. What a
 * hook prints itself goes through a socket to the terminal and, escapes included, to
 * the log.
 */
static int open_pacman_terminal(const struct kg_pacman_conf *conf)
{
	const char *pid = getenv("KG_PACMAN_PID");
	const char *no_color = getenv("NO_COLOR");
	char path[64];
	int fd;

	if (!pid || !*pid || strspn(pid, "0123456789") != strlen(pid) || !conf->color ||
	    (no_color && *no_color))
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%.20s/fd/1", pid);
	fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	/* Not blocking until it is known to be a terminal: a pipe may have no reader. */
	if (fd >= 0 && (!isatty(fd) || fcntl(fd, F_SETFL, O_WRONLY) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Coloured to the terminal and plain to the log, or else plain to both, through pacman. */
static void say(const struct kg_system *system, const struct kg_report *report,
		const struct kg_options *options)
{
	struct kg_pacman_conf conf = {0};
	struct kg_error err;
	char *plain = report_text(report, options, false);
	char *coloured = report_text(report, options, true);
	int terminal = -1;

	if (plain && coloured && !options->dry_run &&
	    kg_pacman_conf_read(&system->root, &conf, &err) == 0)
		terminal = open_pacman_terminal(&conf);
	if (terminal >= 0 &&
	    kg_pacman_log_append(&system->root, conf.log_file, plain, &err) == 0)
		(void)dprintf(terminal, "%s", coloured);
	else if (plain)
		(void)fputs(plain, stdout);
	if (terminal >= 0)
		close(terminal);
	kg_pacman_conf_free(&conf);
	free(coloured);
	free(plain);
}

/* What is no verdict is not overwritten: it may be of another version, or tell of a bad disk. */
static int make_way_for_verdict(const struct kg_root *root, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_report earlier = {0};
	int result = kg_state_read(root, KG_STATE_VERDICT, &text, err);

	if (result == 0 && kg_report_read_json(kg_buffer_span(&text), &earlier, err) < 0)
		result = kg_prefix(err, "/var/lib/kernel-guard/" KG_STATE_VERDICT);
	kg_report_free(&earlier);
	kg_buffer_free(&text);
	return result < 0 ? kg_hook_set_aside(root, KG_STATE_VERDICT, "it is set aside", err) : 0;
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
		result = make_way_for_verdict(&system->root, err);
	if (result == 0)
		result = kg_state_write(&system->root, KG_STATE_VERDICT, text, size, err);
	free(text);
	return result;
}

/* The record of this transaction, and of no earlier one. */
static void load_record(const struct kg_system *system, bool dry_run, struct kg_record *record)
{
	struct kg_error err;

	if (dry_run) {
		(void)kg_record_load(&system->root, record, &err);
		return;
	}
	if (kg_record_load(&system->root, record, &err) < 0 &&
	    kg_hook_set_aside(&system->root, KG_STATE_RECORD,
			      "what this transaction took away is not compared", &err) < 0)
		return;
	if (kg_state_remove(&system->root, KG_STATE_RECORD, &err) < 0 && err.code != ENOENT)
		kg_hook_warn("", &err);
}

static enum kg_status after(struct kg_system *system, const struct kg_options *options, bool amid)
{
	struct kg_record record = {0};
	struct kg_report report = {0};
	struct kg_error err;
	enum kg_status status;

	if (!amid)
		load_record(system, options->dry_run, &record);
	if (kg_check_system(system, NULL, &record, &report, &err) < 0) {
		status = kg_command_failed(&err);
	} else {
		/* Stored before it is printed: nobody may be there to read it. */
		if (!options->dry_run && store_verdict(system, &report, &err) < 0)
			kg_hook_warn("'kernel-guard status' will not know this verdict", &err);
		status = kg_status_of_verdict(report.verdict);
		if (!options->json)
			say(system, &report, options);
		else if (kg_report_write_json(&report, stdout, &err) < 0)
			status = kg_command_failed(&err);
	}
	kg_report_free(&report);
	kg_record_free(&record);
	return status;
}

/* The running kernel goes on loading modules, although its own are gone. */
static void put_modules_back(const struct kg_system *system)
{
	struct kg_strings ignored = {0};
	struct kg_error err;
	bool mounted;

	if (kg_keep_mount(system, false, &mounted, &ignored, &err) < 0)
		kg_hook_warn("the running kernel loads no more modules until the reboot", &err);
	kg_strings_free(&ignored);
}

/*
 * Whether this was started for an image that somebody writes while pacman is at work elsewhere:
 * kept files, record and modules are then its own last hook's.
 */
static bool is_amid_transaction(const struct kg_options *options)
{
	const char *by_hand = getenv("KG_BY_HAND");
	struct kg_system system;
	struct kg_error ignored;
	bool amid;

	if (!by_hand || !*by_hand ||
	    kg_system_open(options->root, kg_machine_place(options), &system, &ignored) < 0)
		return false;
	amid = kg_transaction_is_at_work(&system);
	kg_system_free(&system);
	return amid;
}

static enum kg_status run_after(const struct kg_options *options)
{
	bool amid = is_amid_transaction(options);
	struct kg_system system;
	struct kg_error err;
	enum kg_status status;

	if (!amid)
		kg_hook_keep(options, NULL);
	if (kg_system_open(options->root, kg_machine_place(options), &system, &err) < 0)
		return kg_command_failed(&err);
	if (!amid && !options->dry_run)
		put_modules_back(&system);
	status = after(&system, options, amid);
	kg_system_free(&system);
	return status;
}

enum kg_status kg_command_hook(const struct kg_options *options)
{
	const char *phase = options->operands.count == 1 ? options->operands.items[0] : "";

	if (strcmp(phase, "pre") == 0)
		return kg_hook_before(options);
	if (strcmp(phase, "post") == 0)
		return run_after(options);
	return kg_usage_error("hook takes pre or post");
}
