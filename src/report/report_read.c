// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "kernel-guard/report/json.h"
#include "kernel-guard/report/report.h"

static bool read_verdict(struct json_object *object, enum kg_verdict *verdict)
{
	const char *name = kg_json_get_string(object, "verdict");

	for (int i = KG_VERDICT_SAFE; name && i <= KG_VERDICT_UNKNOWN; i++) {
		if (strcmp(kg_verdict_name((enum kg_verdict)i), name) == 0) {
			*verdict = (enum kg_verdict)i;
			return true;
		}
	}
	return false;
}

static bool read_severity(struct json_object *object, enum kg_severity *severity)
{
	const char *name = kg_json_get_string(object, "severity");

	for (int i = KG_SEVERITY_INFO; name && i <= KG_SEVERITY_ERROR; i++) {
		if (strcmp(kg_severity_name((enum kg_severity)i), name) == 0) {
			*severity = (enum kg_severity)i;
			return true;
		}
	}
	return false;
}

static bool read_id(struct json_object *object, enum kg_finding_id *id)
{
	const char *name = kg_json_get_string(object, "id");

	for (int i = 0; name && i < KG_FINDING_COUNT; i++) {
		if (strcmp(kg_finding_class((enum kg_finding_id)i)->id, name) == 0) {
			*id = (enum kg_finding_id)i;
			return true;
		}
	}
	return false;
}

static int read_finding(struct json_object *item, struct kg_findings *findings,
			struct kg_error *err)
{
	const char *message = kg_json_get_string(item, "message");
	const struct kg_finding_about about = {
		.subject = kg_json_get_string(item, "subject"),
		.module = kg_json_get_string(item, "module"),
		.symbol = kg_json_get_string(item, "symbol"),
		.image = kg_json_get_string(item, "image"),
		.remedy = kg_json_get_string(item, "remedy"),
	};
	enum kg_severity severity;
	enum kg_finding_id id;

	if (!message || !read_id(item, &id) || !read_severity(item, &severity))
		return kg_fail(err, EBADMSG, "has a finding that is not known");
	return kg_findings_add_severity(findings, id, severity, &about, err, "%s", message);
}

static int read_findings(struct json_object *object, struct kg_findings *findings,
			 struct kg_error *err)
{
	struct json_object *array = kg_json_get_array(object, "findings");

	if (!array)
		return kg_fail(err, EBADMSG, "has no findings");
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		if (read_finding(json_object_array_get_idx(array, i), findings, err) < 0)
			return -1;
	}
	return 0;
}

static int read_strings(struct json_object *item, struct kg_report_target *target,
			struct kg_error *err)
{
	const struct {
		const char *key;
		char **field;
	} fields[] = {
		{"entry", &target->entry},     {"title", &target->title},
		{"loader", &target->loader},   {"source", &target->source},
		{"kernel", &target->kernel},   {"release", &target->release},
		{"package", &target->package},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *text = kg_json_get_string(item, fields[i].key);

		if (text && !(*fields[i].field = kg_copy_string(text, err)))
			return -1;
	}
	return target->entry ? 0 : kg_fail(err, EBADMSG, "has a target without entry");
}

static int read_target(struct json_object *item, struct kg_report *report, struct kg_error *err)
{
	struct kg_report_target *target = kg_report_add_target(report, err);
	struct json_object *initrds = kg_json_get_array(item, "initrds");

	if (!target || read_strings(item, target, err) < 0)
		return -1;
	target->is_default = kg_json_get_boolean(item, "default");
	for (size_t i = 0; initrds && i < json_object_array_length(initrds); i++) {
		const char *path = json_object_get_string(json_object_array_get_idx(initrds, i));

		if (path && kg_strings_add(&target->initrds, path, err) < 0)
			return -1;
	}
	if (!read_verdict(item, &target->verdict))
		return kg_fail(err, EBADMSG, "has a target without verdict");
	return read_findings(item, &target->findings, err);
}

static int read_report(struct json_object *object, struct kg_report *report, struct kg_error *err)
{
	struct json_object *targets = kg_json_get_array(object, "targets");

	if (!targets || !read_verdict(object, &report->verdict))
		return kg_fail(err, EBADMSG, "has no verdict");
	for (size_t i = 0; i < json_object_array_length(targets); i++) {
		if (read_target(json_object_array_get_idx(targets, i), report, err) < 0)
			return -1;
	}
	return read_findings(object, &report->findings, err);
}

int kg_report_read_json(struct kg_span text, struct kg_report *report, struct kg_error *err)
{
	struct kg_report parsed = {0};
	struct json_object *object = kg_json_parse(text, kg_report_schema, err);
	int result = object ? read_report(object, &parsed, err) : -1;

	json_object_put(object);
	if (result < 0) {
		kg_report_free(&parsed);
		return -1;
	}
	*report = parsed;
	return 0;
}
