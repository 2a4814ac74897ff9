// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/entries.h"
#include "kernel-guard/cli/command.h"
#include "kernel-guard/report/escape.h"
#include "kernel-guard/report/json.h"

static void write_text(const struct kg_plan *plan, const struct kg_strings *notes,
		       const struct kg_strings *hints, const struct kg_options *options)
{
	kg_write_notes(stdout, "warning: ", notes);
	for (size_t i = 0; i < plan->count && !options->quiet; i++) {
		(void)fputs(plan->steps[i].remove ? "removed " : "wrote ", stdout);
		kg_write_escaped(stdout, plan->steps[i].path);
		(void)putchar('\n');
	}
	if (plan->count == 0 && notes->count == 0 && hints->count == 0 && !options->quiet)
		(void)puts("the fallback entries are as they should be");
	if (!options->quiet)
		kg_write_notes(stdout, "note: ", hints);
}

static int write_json(const struct kg_plan *plan, const struct kg_strings *notes,
		      const struct kg_strings *hints, const struct kg_options *options,
		      struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	struct json_object *changes;
	int result;

	if (!json)
		return kg_fail_memory(err);
	kg_json_add_number(json, kg_json_root(json), "schema", kg_report_schema);
	kg_json_add_boolean(json, kg_json_root(json), "done", !options->dry_run);
	changes = kg_json_add_array(json, kg_json_root(json), "changes");
	for (size_t i = 0; i < plan->count; i++) {
		struct json_object *item = kg_json_append_object(json, changes);

		kg_json_add_string(json, item, "path", plan->steps[i].path);
		kg_json_add_string(json, item, "change",
				   plan->steps[i].remove ? "remove" : "write");
	}
	kg_json_add_strings(json, kg_json_root(json), "warnings", notes);
	kg_json_add_strings(json, kg_json_root(json), "hints", hints);
	result = kg_json_write(json, stdout, err);
	kg_json_free(json);
	return result;
}

static int carry_out(const struct kg_plan *plan, const struct kg_strings *notes,
		     const struct kg_strings *hints, const struct kg_options *options,
		     struct kg_error *err)
{
	if (!options->dry_run && kg_plan_apply(plan, err) < 0)
		return -1;
	if (options->json)
		return write_json(plan, notes, hints, options, err);
	if (options->dry_run)
		return kg_plan_print(plan, stdout, err);
	write_text(plan, notes, hints, options);
	return 0;
}

enum kg_status kg_command_entries(const struct kg_options *options)
{
	struct kg_strings notes = {0};
	struct kg_strings hints = {0};
	struct kg_system system;
	struct kg_plan plan;
	struct kg_error err;
	enum kg_status status = KG_STATUS_DONE;

	if (options->operands.count > 0)
		return kg_usage_error("entries takes no operand");
	if (kg_system_open(options->root, kg_machine_place(options), &system, &err) < 0)
		return kg_command_failed(&err);
	plan = kg_plan_new(&system.root);
	if ((!options->dry_run &&
	     kg_plan_recover(&system.root, &(struct kg_clearing){0}, &notes, &err) < 0) ||
	    kg_entries_plan(&system, NULL, &plan, &notes, &err) < 0 ||
	    kg_entries_tell(&system, &hints, &err) < 0 ||
	    carry_out(&plan, &notes, &hints, options, &err) < 0)
		status = kg_command_failed(&err);
	else if (notes.count > 0)
		status = KG_STATUS_UNKNOWN;
	kg_plan_free(&plan);
	kg_strings_free(&notes);
	kg_strings_free(&hints);
	kg_system_free(&system);
	return status;
}
