// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <unistd.h>

#include "keep.h"
#include "kernel-guard/act/recover.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/report/json.h"
#include "restore.h"

/* A dry run shows the plan itself; in JSON its steps are what would be changed. */
static int carry_out(const struct kg_options *options, const struct kg_plan *plan,
		     struct keep_outcome *outcome, struct kg_error *err)
{
	if (options->dry_run && !options->json)
		return kg_plan_print(plan, stdout, err);
	if (!options->dry_run && kg_plan_apply(plan, err) < 0)
		return -1;
	return kg_plan_tell(plan, &outcome->changes, err);
}

/* Of the system as it is now, with what kg_keep_all() has written. */
static int plan_default(const struct kg_options *options, const struct kg_set *set,
			struct keep_outcome *outcome, struct kg_error *err)
{
	struct kg_system system;
	struct kg_plan plan;
	int result;

	if (kg_system_open(options->root, kg_machine_place(options), &system, err) < 0)
		return -1;
	plan = kg_plan_new(&system.root);
	result = kg_restore_plan_default(&system, set, &plan, &outcome->notes, err);
	if (result == 0)
		result = carry_out(options, &plan, outcome, err);
	kg_plan_free(&plan);
	kg_system_free(&system);
	return result;
}

/* What the machine boots is told by its configuration, read anew. */
static int make_default(const struct kg_options *options, const struct kg_set *set,
			struct keep_outcome *outcome, struct kg_error *err)
{
	struct kg_system system;
	bool done;

	/* In a dry run the originals are not there. */
	if (options->dry_run && !kg_has_release_directory(set->files[0].path))
		return 0;
	if (plan_default(options, set, outcome, err) < 0)
		return -1;
	if (options->dry_run)
		return 0;
	if (kg_system_open(options->root, kg_machine_place(options), &system, err) < 0)
		return -1;
	done = kg_restore_is_default(&system, set);
	kg_system_free(&system);
	return kg_strings_take(done ? &outcome->changes : &outcome->notes,
			       kg_format(err,
					 done ? kg_has_release_directory(set->files[0].path)
							? "%s boots by default now, until another "
							  "kernel is installed or restored"
							: "%s boots by default now"
					      : "%s is restored, but something else is what boots "
						"by default: see kernel-guard list",
					 set->release),
			       err);
}

static int plan_again(const struct kg_system *system, const struct kg_set *set,
		      struct kg_plan *plan, struct kg_error *err)
{
	kg_plan_free(plan);
	*plan = kg_plan_new(&system->root);
	return kg_restore_plan(system, set, plan, err);
}

/*
 * With the lock held: stores the set that is displaced, which may take room that the plan has
 * counted on.
 */
static int store_current(const struct kg_system *system, const struct kg_sets *sets,
			 const struct kg_set *set, struct kg_plan *plan,
			 struct keep_outcome *outcome, struct kg_error *err)
{
	int lock = kg_state_lock(&system->root, err);
	char *stored = NULL;
	int result;

	if (lock < 0)
		return -1;
	result = kg_restore_store_current(system, sets, set, &stored, &outcome->notes, err);
	if (result == 0)
		result = plan_again(system, set, plan, err);
	if (result < 0 && stored && kg_is_out_of_room(err)) {
		result = kg_restore_forget_current(system, stored, &outcome->notes, err);
		if (result == 0)
			result = plan_again(system, set, plan, err);
	}
	close(lock);
	free(stored);
	return result;
}

static int restore(const struct kg_options *options, const struct kg_system *system,
		   const struct kg_sets *sets, const struct kg_set *set,
		   struct keep_outcome *outcome, struct kg_error *err)
{
	struct kg_plan plan = kg_plan_new(&system->root);
	int result = kg_restore_plan(system, set, &plan, err);

	if (result == 0)
		result = kg_restore_tell_mixed(system, set, &outcome->hints, err);
	if (result == 0)
		result = kg_plan_check_mounts(&plan, err);
	if (result == 0 && !options->dry_run)
		result = store_current(system, sets, set, &plan, outcome, err);
	if (result == 0)
		result = carry_out(options, &plan, outcome, err);
	kg_plan_free(&plan);
	return result;
}

static int tell_json(const struct kg_options *options, const struct keep_outcome *outcome,
		     const struct restore_advice *advice, struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	struct json_object *object;
	int result;

	if (!json)
		return kg_fail_memory(err);
	object = kg_json_root(json);
	kg_json_add_number(json, object, "schema", kg_report_schema);
	kg_json_add_boolean(json, object, "done", !options->dry_run);
	kg_json_add_strings(json, object, "changes", &outcome->changes);
	kg_json_add_strings(json, object, "warnings", &outcome->notes);
	kg_json_add_strings(json, object, "hints", &outcome->hints);
	/* To be run when nothing of it is missing. */
	kg_json_add_string(json, object, "downgrade", advice->command);
	kg_json_add_strings(json, object, "missing", &advice->missing);
	kg_json_add_strings(json, object, "ignore", &advice->packages);
	result = kg_json_write(json, stdout, err);
	kg_json_free(json);
	return result;
}

static int tell(const struct kg_options *options, const struct keep_outcome *outcome,
		const struct restore_advice *advice, struct kg_error *err)
{
	if (options->json)
		return tell_json(options, outcome, advice, err);
	if (kg_keep_tell(options, outcome, "", err) < 0)
		return -1;
	if (!options->quiet)
		kg_restore_advice_write(advice, stdout);
	return 0;
}

static int run(const struct kg_options *options, struct keep_outcome *outcome,
	       struct restore_advice *advice, struct kg_error *err)
{
	const char *release = options->operands.count ? options->operands.items[0] : NULL;
	struct kg_sets sets = {0};
	const struct kg_set *set = NULL;
	struct kg_system system;
	int result;

	if (kg_system_open(options->root, kg_machine_place(options), &system, err) < 0)
		return -1;
	result = options->dry_run ? 0 : kg_recover(&system.root, true, &(struct kg_clearing){0},
						   &outcome->notes, err);
	if (result == 0)
		result = kg_sets_read(&system.root, &sets, &outcome->notes, err);
	if (result == 0) {
		set = kg_restore_choose(&system, &sets, release, err);
		result = set ? restore(options, &system, &sets, set, outcome, err) : -1;
	}
	/* What is displaced gets an entry of its own, if it has booted. */
	if (result == 0 && !options->dry_run)
		result = kg_keep_all(options, &(struct keep_wanted){0}, outcome, err);
	else if (result == 0)
		result = kg_strings_add(&outcome->hints,
					"the kept files and their entries are then brought in line "
					"with that, as 'kernel-guard keep' does",
					err);
	if (result == 0)
		result = make_default(options, set, outcome, err);
	if (result == 0 && !options->dry_run)
		result = kg_restore_advise(&system, set, options->root, advice, err);
	kg_sets_free(&sets);
	kg_system_free(&system);
	return result;
}

enum kg_status kg_command_restore(const struct kg_options *options)
{
	struct keep_outcome outcome = {0};
	struct restore_advice advice = {0};
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (options->operands.count > 1)
		return kg_usage_error("restore takes one release, or the ID of a kept set");
	if (options->operands.count == 1 && *options->operands.items[0] == '\0')
		return kg_usage_error("restore takes a release, which '' is not");
	if (run(options, &outcome, &advice, &err) < 0)
		status = kg_keep_failed(options, &outcome, &err);
	else if (tell(options, &outcome, &advice, &err) < 0)
		status = kg_command_failed(&err);
	else if (outcome.notes.count > 0)
		status = KG_STATUS_UNKNOWN;
	kg_restore_advice_free(&advice);
	kg_keep_outcome_free(&outcome);
	return status;
}
