// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/report/json.h"
#include "kernel-guard/report/report.h"

static void add_findings(struct kg_json *json, struct json_object *object,
			 const struct kg_findings *findings)
{
	struct json_object *array = kg_json_add_array(json, object, "findings");

	for (size_t i = 0; i < findings->count; i++) {
		const struct kg_finding *finding = &findings->items[i];
		struct json_object *item = kg_json_append_object(json, array);

		kg_json_add_string(json, item, "id", kg_finding_class(finding->id)->id);
		kg_json_add_string(json, item, "severity", kg_severity_name(finding->severity));
		kg_json_add_string(json, item, "subject", finding->subject);
		kg_json_add_string(json, item, "module", finding->module);
		kg_json_add_string(json, item, "symbol", finding->symbol);
		kg_json_add_string(json, item, "image", finding->image);
		kg_json_add_string(json, item, "message", finding->message);
		kg_json_add_string(json, item, "remedy", finding->remedy);
	}
}

static void add_target(struct kg_json *json, struct json_object *item,
		       const struct kg_report_target *target)
{
	kg_json_add_string(json, item, "entry", target->entry);
	kg_json_add_string(json, item, "title", target->title);
	kg_json_add_string(json, item, "loader", target->loader);
	kg_json_add_string(json, item, "source", target->source);
	kg_json_add_string(json, item, "kernel", target->kernel);
	kg_json_add_string(json, item, "release", target->release);
	kg_json_add_string(json, item, "package", target->package);
	kg_json_add_strings(json, item, "initrds", &target->initrds);
	kg_json_add_boolean(json, item, "default", target->is_default);
}

static void add_sets(struct kg_json *json, struct json_object *root, const struct kg_report *report)
{
	struct json_object *array = kg_json_add_array(json, root, "sets");

	for (size_t i = 0; i < report->set_count; i++) {
		const struct kg_report_set *set = &report->sets[i];
		struct json_object *item = kg_json_append_object(json, array);

		kg_json_add_string(json, item, "id", set->id);
		kg_json_add_string(json, item, "release", set->release);
		kg_json_add_string(json, item, "pkgbase", set->pkgbase);
		kg_json_add_boolean(json, item, "booted", set->booted);
		kg_json_add_boolean(json, item, "whole", set->whole);
		kg_json_add_string(json, item, "entry", set->entry);
	}
}

static int write_report(const struct kg_report *report, bool with_verdicts, FILE *out,
			struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	struct json_object *root;
	struct json_object *targets;
	int result;

	if (!json)
		return kg_fail_memory(err);
	root = kg_json_root(json);
	kg_json_add_number(json, root, "schema", kg_report_schema);
	if (with_verdicts) {
		kg_json_add_string(json, root, "verdict", kg_verdict_name(report->verdict));
		add_findings(json, root, &report->findings);
	}
	targets = kg_json_add_array(json, root, "targets");
	for (size_t i = 0; i < report->target_count; i++) {
		const struct kg_report_target *target = &report->targets[i];
		struct json_object *item = kg_json_append_object(json, targets);

		add_target(json, item, target);
		if (with_verdicts) {
			kg_json_add_string(json, item, "verdict",
					   kg_verdict_name(target->verdict));
			add_findings(json, item, &target->findings);
		} else {
			kg_json_add_boolean(json, item, "booted", target->booted);
			kg_json_add_boolean(json, item, "kept", target->kept);
		}
	}
	if (!with_verdicts) {
		add_sets(json, root, report);
		kg_json_add_strings(json, root, "warnings", &report->warnings);
	}
	result = kg_json_write(json, out, err);
	kg_json_free(json);
	return result;
}

int kg_report_write_json(const struct kg_report *report, FILE *out, struct kg_error *err)
{
	return write_report(report, true, out, err);
}

int kg_report_write_list_json(const struct kg_report *report, FILE *out, struct kg_error *err)
{
	return write_report(report, false, out, err);
}
