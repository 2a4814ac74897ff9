// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <unistd.h>

#include "keep.h"
#include "kernel-guard/act/recover.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/report/escape.h"

/* With the lock held: the set that is displaced, and then the files. */
static int store_current(const struct kg_system *system, const struct kg_sets *sets,
			 const struct kg_set *set, struct keep_outcome *outcome,
			 struct kg_error *err)
{
	int lock = kg_state_lock(&system->root, err);
	int result;

	if (lock < 0)
		return -1;
	result = kg_restore_store_current(system, sets, set, &outcome->notes, err);
	close(lock);
	return result;
}

static int restore(const struct kg_options *options, const struct kg_system *system,
		   const struct kg_sets *sets, const struct kg_set *set,
		   struct keep_outcome *outcome, struct kg_error *err)
{
	struct kg_plan plan = kg_plan_new(&system->root);
	int result = kg_restore_plan(set, &plan, err);

	if (result == 0 && options->dry_run) {
		result = kg_plan_print(&plan, stdout, err);
	} else if (result == 0) {
		result = store_current(system, sets, set, outcome, err);
		if (result == 0)
			result = kg_plan_apply(&plan, err);
		for (size_t i = 0; result == 0 && i < plan.count; i++)
			result = kg_strings_take(&outcome->changes,
						 kg_format(err, "wrote %s", plan.steps[i].path),
						 err);
	}
	kg_plan_free(&plan);
	return result;
}

/*
 * What a user needs so that the next update does not take it away again, a line each: nothing where
 * it is the package's kernel.
 */
static int advise(const struct kg_system *system, const struct kg_set *set,
		  struct keep_outcome *outcome, struct kg_error *err)
{
	struct kg_strings *lines = &outcome->changes;
	struct kg_package package;

	if (kg_strings_take(lines, kg_format(err, "%s boots by default now", set->release), err) <
	    0)
		return -1;
	if (!set->package || (system->packages && kg_packages_kernel(system->packages, set->release,
								     set->package, &package)))
		return 0;
	if (kg_strings_add(lines, "pacman does not know of it. To go back to it for good:", err) <
		    0 ||
	    kg_strings_take(lines,
			    kg_format(err,
				      "  pacman -U --overwrite 'usr/lib/modules/%s/*' "
				      "/var/cache/pacman/pkg/%s-%s-*.pkg.tar.zst",
				      set->release, set->package, set->version),
			    err) < 0)
		return -1;
	return kg_strings_take(lines,
			       kg_format(err,
					 "and to stay there: IgnorePkg = %s in /etc/pacman.conf",
					 set->package),
			       err);
}

static int run(const struct kg_options *options, struct keep_outcome *outcome, struct kg_error *err)
{
	const char *release = options->operands.count ? options->operands.items[0] : NULL;
	struct kg_sets sets = {0};
	const struct kg_set *set = NULL;
	struct kg_system system;
	int result;

	if (kg_system_open(options->root, kg_machine_place(options), &system, err) < 0)
		return -1;
	result = options->dry_run ? 0 : kg_recover(&system.root, &outcome->notes, err);
	if (result == 0)
		result = kg_sets_read(&system.root, &sets, &outcome->notes, err);
	if (result == 0) {
		set = kg_restore_choose(&system, &sets, release, err);
		result = set ? restore(options, &system, &sets, set, outcome, err) : -1;
	}
	/* What is displaced gets an entry of its own, if it has booted. */
	if (result == 0 && !options->dry_run)
		result = kg_keep_all(options, &(struct keep_wanted){0}, outcome, err);
	if (result == 0 && !options->dry_run)
		result = advise(&system, set, outcome, err);
	kg_sets_free(&sets);
	kg_system_free(&system);
	return result;
}

enum kg_status kg_command_restore(const struct kg_options *options)
{
	struct keep_outcome outcome = {0};
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (options->operands.count > 1)
		return kg_usage_error("restore takes one release");
	if (run(options, &outcome, &err) < 0 || kg_keep_tell(options, &outcome, "", &err) < 0)
		status = kg_command_failed(&err);
	else if (outcome.notes.count > 0)
		status = KG_STATUS_UNKNOWN;
	kg_keep_outcome_free(&outcome);
	return status;
}
