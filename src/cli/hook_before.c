// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook.h"
#include "keep.h"
#include "kernel-guard/act/record_json.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/check/check.h"
#include "kernel-guard/report/escape.h"

enum { max_targets = 64 << 20 };

/* The paths and packages that pacman hands over, a line each. What is too much is not kept. */
static void read_targets(struct kg_buffer *targets)
{
	struct kg_error ignored;
	char scratch[4096];
	ssize_t count;

	if (isatty(STDIN_FILENO))
		return;
	while ((count = read(STDIN_FILENO, scratch, sizeof(scratch))) > 0) {
		if (targets->size < max_targets)
			(void)kg_buffer_append(targets, scratch, (size_t)count, &ignored);
	}
}

/* Whether pacman has named this file of the release's module tree, or with "" any. */
static bool is_named(const struct kg_buffer *targets, const char *release, const char *name)
{
	struct kg_error ignored;
	char *path = kg_format(&ignored, "usr/lib/modules/%s/%s", release, name);
	size_t length = path ? strlen(path) : 0;
	struct kg_span rest = kg_buffer_span(targets);
	struct kg_span line;
	bool found = false;

	while (path && !found && kg_span_next_line(&rest, &line))
		found = kg_span_starts_with(line, path, length) &&
			(*name == '\0' || line.size == length);
	free(path);
	return found;
}

/*
 * What is kept must not be what pacman writes into. Whether there may be other modules now, where
 * it lay.
 */
static bool make_way(const struct kg_system *system, const struct kg_buffer *targets)
{
	const char *release = system->machine.release;
	struct kg_error err;

	if (!release || !is_named(targets, release, ""))
		return false;
	if (kg_keep_unmount(system, &err) < 0)
		kg_hook_warn("pacman writes into the kept modules", &err);
	return true;
}

/* "pacman -Syu" again without the guard: said with every refusal. */
static const char way_past[] =
	"nothing has been changed. To update all the same: kernel-guard skip-once, and then "
	"pacman again";

/* Whether the user has said that this transaction may pass; it counts once. */
static bool is_skipped(const struct kg_system *system, bool dry_run)
{
	struct kg_buffer ignored = {0};
	struct kg_error err;
	bool skipped = kg_state_read(&system->root, KG_STATE_SKIP, &ignored, &err) == 0;

	kg_buffer_free(&ignored);
	if (skipped && !dry_run && kg_state_remove(&system->root, KG_STATE_SKIP, &err) < 0)
		kg_hook_warn("'kernel-guard skip-once' stays in force", &err);
	return skipped;
}

static void write_refusal(const struct kg_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct kg_finding *finding = &findings->items[i];

		if (finding->severity != KG_SEVERITY_ERROR)
			continue;
		(void)printf("error: ");
		kg_write_escaped(stdout, finding->message);
		(void)printf(" [%s]\n    repair  ", kg_finding_class(finding->id)->id);
		kg_write_escaped(stdout, finding->remedy ? finding->remedy
							 : kg_finding_class(finding->id)->repair);
		(void)putchar('\n');
	}
	(void)printf("kernel-guard refuses this transaction: %s\n", way_past);
}

/* What no transaction may begin with. Where that cannot be told, or is skipped, none is refused. */
static enum kg_status judge(const struct kg_system *system, bool skipped, bool json)
{
	struct kg_report report = {0};
	struct kg_error err;
	bool refused;

	if (skipped || kg_check_before_transaction(system, &report.findings, &err) < 0) {
		report.verdict = KG_VERDICT_UNKNOWN;
		if (!skipped)
			kg_hook_warn("", &err);
	}
	refused = kg_findings_worst(&report.findings) == KG_SEVERITY_ERROR;
	if (refused)
		report.verdict = KG_VERDICT_UNSAFE;
	if (json && kg_report_write_json(&report, stdout, &err) < 0)
		kg_hook_warn("", &err);
	else if (!json && refused)
		write_refusal(&report.findings);
	kg_report_free(&report);
	return refused ? KG_STATUS_UNSAFE : KG_STATUS_DONE;
}

/* What an interrupted transaction has left is replaced, but not what is no record. */
static int make_way_for_record(const struct kg_root *root)
{
	struct kg_record earlier = {0};
	struct kg_error err;
	int result = 0;

	if (kg_record_load(root, &earlier, &err) < 0)
		result = kg_hook_set_aside(root, KG_STATE_RECORD, "it is set aside", &err);
	kg_record_free(&earlier);
	return result;
}

/* Remembers what is there, so that `hook post` can say what is gone. Never refuses. */
static enum kg_status record(struct kg_system *system)
{
	struct kg_record taken = {0};
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (make_way_for_record(&system->root) < 0)
		return KG_STATUS_UNKNOWN;
	if (kg_record_take(system, &taken, &err) < 0 ||
	    kg_record_store(&system->root, &taken, &err) < 0) {
		kg_hook_warn("what this transaction takes away will not be noticed by comparison",
			     &err);
		/* An earlier one's record would be taken for this one's. */
		(void)kg_state_remove(&system->root, KG_STATE_RECORD, &err);
		status = KG_STATUS_UNKNOWN;
	}
	kg_record_free(&taken);
	return status;
}

/* "-U", also among others ("-Udd"), or "--upgrade": pacman(8). */
static bool is_option(const char *argument, char letter, const char *word)
{
	return strcmp(argument, word) == 0 ||
	       (argument[0] == '-' && argument[1] != '-' && strchr(argument, letter));
}

/* Whether pacman was started with this operation. */
static bool is_operation(char letter, const char *word)
{
	const char *pid = getenv("KG_PACMAN_PID");
	char line[4096] = "";
	char path[64];
	ssize_t count;
	int fd;

	if (!pid || !*pid || strspn(pid, "0123456789") != strlen(pid))
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	count = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (fd >= 0)
		close(fd);
	for (ssize_t at = 0; at < count; at += (ssize_t)strlen(line + at) + 1) {
		if (is_option(line + at, letter, word))
			return true;
	}
	return false;
}

/* The kernels whose packages are removed or replaced as a whole. */
static int find_going(const struct kg_system *system, const struct kg_buffer *targets,
		      struct kg_strings *going, struct kg_error *err)
{
	for (size_t i = 0; i < system->releases.count; i++) {
		const char *release = system->releases.items[i];

		if (kg_system_is_installed(system, release) &&
		    is_named(targets, release, "vmlinuz") &&
		    kg_strings_add(going, release, err) < 0)
			return -1;
	}
	return 0;
}

/* What cannot be known of it counts as nothing. */
static struct kg_transaction foresee(const struct kg_system *system,
				     const struct kg_buffer *targets)
{
	struct kg_transaction transaction = {0};
	struct kg_error err;

	/* What only goes needs no room. */
	if (is_operation('R', "--remove"))
		return transaction;
	if (find_going(system, targets, &transaction.going, &err) < 0)
		kg_hook_warn("", &err);
	/* Of files that are named nothing else is upgraded. */
	if (transaction.going.count > 0 && system->packages && !is_operation('U', "--upgrade"))
		transaction.growth = kg_packages_growth(system->packages, &system->root);
	return transaction;
}

enum kg_status kg_hook_before(const struct kg_options *options)
{
	struct kg_buffer targets = {0};
	struct kg_system system;
	struct kg_error err;
	enum kg_status status;

	read_targets(&targets);
	if (kg_system_open(options->root, kg_machine_place(options), &system, &err) < 0) {
		kg_buffer_free(&targets);
		return kg_command_failed(&err);
	}
	/* Before anything is written, which would lie beneath what is mounted later. */
	status = judge(&system, is_skipped(&system, options->dry_run), options->json);
	if (status == KG_STATUS_DONE) {
		struct kg_transaction transaction = foresee(&system, &targets);

		/* First: it tells who else keeps meanwhile that a transaction is at work. */
		status = options->dry_run ? status : record(&system);
		kg_hook_keep(options, &transaction);
		kg_strings_free(&transaction.going);
		if (!options->dry_run && make_way(&system, &targets))
			status = record(&system);
	}
	kg_system_free(&system);
	kg_buffer_free(&targets);
	return status;
}
