// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "keep.h"
#include "kernel-guard/act/recover.h"
#include "kernel-guard/act/transaction.h"
#include "kernel-guard/report/escape.h"
#include "kernel-guard/report/json.h"

void kg_keep_outcome_free(struct keep_outcome *outcome)
{
	kg_strings_free(&outcome->changes);
	kg_strings_free(&outcome->notes);
	kg_strings_free(&outcome->hints);
}

/*
 * Between two updates, in a container or a chroot it is as it should be that what runs is not what
 * lies there: who has not asked is not told.
 */
static int store_booted(const struct kg_system *system, struct kg_sets *sets, bool asked,
			bool dry_run, struct keep_outcome *outcome, struct kg_error *err)
{
	struct kg_strings notes = {0};
	enum kg_kept kept;
	struct kg_error why;
	bool failed = kg_keep_booted(system, sets, dry_run, &kept, &notes, &why) < 0;
	int result = 0;

	/* What comes after it is as needed as before. */
	if (failed)
		result = kg_strings_add_failure(&notes, &why, err);
	if (result == 0 && (asked || failed || kept != KG_KEPT_NOTHING))
		result = kg_strings_add_all(&outcome->notes, &notes, err);
	kg_strings_free(&notes);
	if (result < 0 || failed || kept != KG_KEPT_NEW)
		return result;
	return kg_strings_take(&outcome->changes,
			       kg_format(err, "kept %s, which runs", system->machine.release), err);
}

static int prune_sets(const struct kg_system *system, struct kg_sets *sets,
		      const struct kg_options *options, unsigned int keep,
		      const struct kg_strings *beside, struct keep_outcome *outcome,
		      struct kg_error *err)
{
	struct kg_strings removed = {0};
	int result = kg_keep_prune(system, sets, keep, beside, options->dry_run, &removed, err);

	for (size_t i = 0; result == 0 && i < removed.count; i++)
		result = kg_strings_take(
			&outcome->changes,
			kg_format(err, "removed the kept set %s", removed.items[i]), err);
	kg_strings_free(&removed);
	return result;
}

static int refresh(const struct kg_system *system, struct kg_sets *sets,
		   const struct kg_options *options, const struct kg_guard_conf *conf,
		   const struct keep_wanted *wanted, struct kg_strings *beside,
		   struct keep_outcome *outcome, struct kg_error *err)
{
	const struct kg_refresh what = {
		.root = options->root,
		.machine = kg_machine_place(options),
		.keep = conf->keep,
		.retaining = conf->doubtful || wanted->at_work,
		.replacing = wanted->replacing,
		.transaction = wanted->transaction,
		.dry_run = options->dry_run,
		.out = options->json ? NULL : stdout,
		.changes = &outcome->changes,
		.beside = beside,
		.hints = wanted->hints ? &outcome->hints : NULL,
	};

	return kg_keep_refresh(system, sets, &what, &outcome->notes, err);
}

/*
 * Before anything is looked at: what was left half done is no part of the system. Where it cannot
 * be cleared, what comes after it is as needed as before.
 */
static int clear_leftovers(const struct kg_options *options, struct keep_outcome *outcome,
			   struct kg_error *err)
{
	struct kg_root root;
	struct kg_error why;
	int result;

	if (options->dry_run)
		return 0;
	if (kg_root_open(options->root, &root, err) < 0)
		return -1;
	result = kg_recover(&root, true, &(struct kg_clearing){0}, &outcome->notes, &why);
	kg_root_close(&root);
	return result < 0 ? kg_strings_add_failure(&outcome->notes, &why, err) : 0;
}

/* Nor does this stop what comes after it. */
static int make_room(const struct kg_system *system, struct kg_sets *sets,
		     const struct kg_transaction *transaction, struct keep_outcome *outcome,
		     struct kg_error *err)
{
	struct kg_error why;

	return kg_keep_make_room(system, sets, transaction, &outcome->notes, &why) < 0
		       ? kg_strings_add_failure(&outcome->notes, &why, err)
		       : 0;
}

/* What `hook pre` has placed stays until the end of the transaction that it was placed for. */
static int heed_transaction(const struct kg_system *system, struct keep_wanted *wanted,
			    struct keep_outcome *outcome, struct kg_error *err)
{
	bool told;

	if (wanted->at_end || wanted->transaction || !kg_transaction_is_at_work(system))
		return 0;
	/* Who has asked for just that is told. */
	told = wanted->prune && !wanted->booted;
	wanted->at_work = true;
	wanted->replacing = true;
	wanted->prune = false;
	if (!told)
		return 0;
	outcome->failed = true;
	return kg_strings_add(&outcome->notes,
			      "pacman is at work: nothing is removed before it has ended", err);
}

/* Where it cannot be told how many are wanted, none of them goes. */
static int read_conf(const struct kg_system *system, struct kg_guard_conf *conf,
		     struct keep_wanted *wanted, struct keep_outcome *outcome, struct kg_error *err)
{
	if (kg_guard_conf_read(&system->root, conf, &outcome->notes, err) < 0)
		return -1;
	if (!conf->doubtful)
		return 0;
	wanted->prune = false;
	return kg_strings_add(
		&outcome->notes,
		"before /etc/kernel-guard.conf is right a kept kernel is removed only for want of "
		"room",
		err);
}

static int keep(const struct kg_system *system, struct kg_sets *sets,
		const struct kg_options *options, struct keep_wanted *wanted,
		struct keep_outcome *outcome, struct kg_error *err)
{
	struct kg_strings beside = {0};
	struct kg_guard_conf conf;
	int result = read_conf(system, &conf, wanted, outcome, err);

	if (result == 0)
		result = kg_sets_read(&system->root, sets, &outcome->notes, err);
	if (result == 0 && wanted->booted)
		result = store_booted(system, sets, !wanted->replacing, options->dry_run, outcome,
				      err);
	if (result == 0 && wanted->transaction && !options->dry_run)
		result = make_room(system, sets, wanted->transaction, outcome, err);
	/* Asked late: storing may take minutes, and the lock may have been waited for. */
	if (result == 0)
		result = heed_transaction(system, wanted, outcome, err);
	if (result == 0)
		result = refresh(system, sets, options, &conf, wanted, &beside, outcome, err);
	/* After the files: what was placed before is not needed any more. */
	if (result == 0 && wanted->prune)
		result = prune_sets(system, sets, options, conf.keep, &beside, outcome, err);
	if (result == 0 && !options->dry_run)
		result = kg_keep_mount_points(system, sets, err);
	kg_strings_free(&beside);
	return result;
}

int kg_keep_all(const struct kg_options *options, const struct keep_wanted *asked,
		struct keep_outcome *outcome, struct kg_error *err)
{
	struct keep_wanted wanted = *asked;
	struct kg_sets sets = {0};
	struct kg_system system;
	int result;

	if (clear_leftovers(options, outcome, err) < 0 ||
	    kg_system_open(options->root, kg_machine_place(options), &system, err) < 0)
		return -1;
	result = keep(&system, &sets, options, &wanted, outcome, err);
	kg_sets_free(&sets);
	kg_system_free(&system);
	return result;
}

static int tell_json(const struct kg_options *options, const struct keep_outcome *outcome,
		     struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	int result;

	if (!json)
		return kg_fail_memory(err);
	kg_json_add_number(json, kg_json_root(json), "schema", kg_report_schema);
	kg_json_add_boolean(json, kg_json_root(json), "done",
			    !options->dry_run && !outcome->failed);
	kg_json_add_strings(json, kg_json_root(json), "changes", &outcome->changes);
	kg_json_add_strings(json, kg_json_root(json), "warnings", &outcome->notes);
	kg_json_add_strings(json, kg_json_root(json), "hints", &outcome->hints);
	result = kg_json_write(json, stdout, err);
	kg_json_free(json);
	return result;
}

int kg_keep_tell(const struct kg_options *options, const struct keep_outcome *outcome,
		 const char *nothing, struct kg_error *err)
{
	if (options->json)
		return tell_json(options, outcome, err);
	kg_write_notes(stdout, "warning: ", &outcome->notes);
	for (size_t i = 0; i < outcome->changes.count && !options->quiet; i++) {
		(void)fputs(options->dry_run ? "dry run: " : "", stdout);
		kg_write_escaped(stdout, outcome->changes.items[i]);
		(void)putchar('\n');
	}
	if (outcome->changes.count == 0 && outcome->notes.count == 0 && !options->quiet &&
	    !options->dry_run)
		(void)puts(nothing);
	if (!options->quiet)
		kg_write_notes(stdout, "note: ", &outcome->hints);
	return 0;
}

enum kg_status kg_keep_failed(const struct kg_options *options, struct keep_outcome *outcome,
			      const struct kg_error *err)
{
	struct kg_error ignored;

	outcome->failed = true;
	/* The failure itself is told in any case. */
	if (outcome->changes.count > 0 || outcome->notes.count > 0)
		(void)kg_keep_tell(options, outcome, "", &ignored);
	return kg_command_failed(err);
}

enum kg_status kg_keep_command(const struct kg_options *options, const struct keep_wanted *wanted,
			       const char *nothing)
{
	struct keep_outcome outcome = {0};
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (kg_keep_all(options, wanted, &outcome, &err) < 0)
		status = kg_keep_failed(options, &outcome, &err);
	else if (kg_keep_tell(options, &outcome, nothing, &err) < 0)
		status = kg_command_failed(&err);
	else if (outcome.notes.count > 0)
		status = KG_STATUS_UNKNOWN;
	kg_keep_outcome_free(&outcome);
	return status;
}
