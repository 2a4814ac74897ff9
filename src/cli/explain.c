// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "kernel-guard/cli/command.h"
#include "kernel-guard/report/json.h"

static void write_class(const struct kg_finding_class *class)
{
	(void)printf("%s (%s): %s\n\n%s\n\nRepair: %s\n", class->id,
		     kg_severity_name(class->severity), class->title, class->why, class->repair);
}

static void add_class(struct kg_json *json, struct json_object *array,
		      const struct kg_finding_class *class)
{
	struct json_object *item = kg_json_append_object(json, array);

	kg_json_add_string(json, item, "id", class->id);
	kg_json_add_string(json, item, "severity", kg_severity_name(class->severity));
	kg_json_add_string(json, item, "title", class->title);
	kg_json_add_string(json, item, "why", class->why);
	kg_json_add_string(json, item, "repair", class->repair);
}

/* class NULL stands for all of them. */
static int write_json(const struct kg_finding_class *class, struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	struct json_object *array;
	int result;

	if (!json)
		return kg_fail_memory(err);
	kg_json_add_number(json, kg_json_root(json), "schema", kg_report_schema);
	array = kg_json_add_array(json, kg_json_root(json), "findings");
	for (size_t i = 0; i < KG_FINDING_COUNT; i++) {
		const struct kg_finding_class *item = kg_finding_class((enum kg_finding_id)i);

		if (!class || class == item)
			add_class(json, array, item);
	}
	result = kg_json_write(json, stdout, err);
	kg_json_free(json);
	return result;
}

enum kg_status kg_command_explain(const struct kg_options *options)
{
	const struct kg_finding_class *class = NULL;
	struct kg_error err;

	if (options->operands.count > 1)
		return kg_usage_error("explain takes one finding");
	if (options->operands.count == 1) {
		class = kg_finding_class_by_name(options->operands.items[0]);
		if (!class) {
			kg_fail(&err, ENOENT,
				"%s: is no finding ('kernel-guard explain' lists them)",
				options->operands.items[0]);
			return kg_command_failed(&err);
		}
	}
	if (options->json)
		return write_json(class, &err) < 0 ? kg_command_failed(&err) : KG_STATUS_DONE;
	if (class) {
		write_class(class);
		return KG_STATUS_DONE;
	}
	for (size_t i = 0; i < KG_FINDING_COUNT; i++) {
		class = kg_finding_class((enum kg_finding_id)i);
		(void)printf("%-30s %s\n", class->id, class->title);
	}
	return KG_STATUS_DONE;
}
