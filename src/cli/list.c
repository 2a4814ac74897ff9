// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/keep.h"
#include "kernel-guard/boot/loader.h"
#include "kernel-guard/check/check.h"
#include "kernel-guard/cli/command.h"

static int add_sets(const struct kg_root *root, const struct kg_sets *sets,
		    struct kg_report *report, struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];
		struct kg_report_set *item = kg_report_add_set(report, err);

		if (!item || !(item->id = kg_copy_string(set->id, err)) ||
		    !(item->release = kg_copy_string(set->release, err)) ||
		    (set->pkgbase && !(item->pkgbase = kg_copy_string(set->pkgbase, err))))
			return -1;
		item->booted = set->boot > 0;
		item->whole = kg_set_is_whole(root, set);
	}
	return 0;
}

/* The first of those that start it. */
static int add_entry(struct kg_report_set *set, const struct kg_report_target *target,
		     struct kg_error *err)
{
	if (set->entry)
		return 0;
	set->entry = kg_copy_string(target->entry, err);
	return set->entry ? 0 : -1;
}

/* What the kept sets know of the targets, which are those of the report, in its order. */
static int add_history(const struct kg_system *system, struct kg_report *report,
		       struct kg_error *err)
{
	struct kg_sets sets = {0};
	int result = kg_sets_read(&system->root, &sets, &report->warnings, err);

	if (result == 0)
		result = add_sets(&system->root, &sets, report, err);
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
		if (stored)
			result = add_entry(&report->sets[stored - sets.items], &report->targets[i],
					   err);
		kg_set_free(&set);
	}
	kg_sets_free(&sets);
	return result;
}

/* An entry that cannot be read is missing from the list. */
static int add_unread(const struct kg_system *system, struct kg_report *report,
		      struct kg_error *err)
{
	const struct kg_boot_loader *loader;

	for (size_t i = 0; (loader = kg_boot_loader(i)); i++) {
		if (kg_note_unreadable(system, loader, &report->warnings, err) < 0)
			return -1;
	}
	return 0;
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
	if (kg_check_list(&system, &report, &err) < 0 || add_unread(&system, &report, &err) < 0 ||
	    add_history(&system, &report, &err) < 0)
		status = kg_command_failed(&err);
	else if (!options->json) {
		kg_report_write_list_text(&report, stdout);
		kg_write_notes(stdout, "warning: ", &report.warnings);
	} else if (kg_report_write_list_json(&report, stdout, &err) < 0)
		status = kg_command_failed(&err);
	if (report.warnings.count > 0 && status == KG_STATUS_DONE)
		status = KG_STATUS_UNKNOWN;
	kg_report_free(&report);
	kg_system_free(&system);
	return status;
}
