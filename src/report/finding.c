// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/report/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"

static const struct kg_finding_class classes[KG_FINDING_COUNT] = {
#define X(name, id, severity, undetermined, title, why, repair)                                    \
	[KG_FINDING_##name] = {id, severity, undetermined, title, why, repair},
	KG_FINDINGS(X)
#undef X
};

const struct kg_finding_class *kg_finding_class(enum kg_finding_id id)
{
	return &classes[id];
}

const struct kg_finding_class *kg_finding_class_by_name(const char *id)
{
	for (size_t i = 0; i < KG_FINDING_COUNT; i++) {
		if (strcmp(classes[i].id, id) == 0)
			return &classes[i];
	}
	return NULL;
}

const char *kg_severity_name(enum kg_severity severity)
{
	static const char *const names[] = {
		[KG_SEVERITY_INFO] = "info",
		[KG_SEVERITY_WARNING] = "warning",
		[KG_SEVERITY_ERROR] = "error",
	};

	return names[severity];
}

static void free_finding(struct kg_finding *finding)
{
	free(finding->subject);
	free(finding->module);
	free(finding->symbol);
	free(finding->image);
	free(finding->message);
	free(finding->remedy);
}

static int add(struct kg_findings *findings, enum kg_finding_id id, enum kg_severity severity,
	       const struct kg_finding_about *about, struct kg_error *err, const char *format,
	       va_list args)
{
	struct kg_finding finding = {.id = id, .severity = severity};

	if (vasprintf(&finding.message, format, args) < 0) {
		finding.message = NULL;
		kg_fail_memory(err);
	}
	if (!finding.message || !kg_copy_optional(&finding.subject, about->subject, err) ||
	    !kg_copy_optional(&finding.module, about->module, err) ||
	    !kg_copy_optional(&finding.symbol, about->symbol, err) ||
	    !kg_copy_optional(&finding.image, about->image, err) ||
	    !kg_copy_optional(&finding.remedy,
			      about->remedy ? about->remedy : classes[id].repair, err) ||
	    kg_array_reserve(&findings->items, &findings->capacity, findings->count,
			     sizeof(*findings->items), err) < 0) {
		free_finding(&finding);
		return -1;
	}
	findings->items[findings->count++] = finding;
	return 0;
}

int kg_findings_add(struct kg_findings *findings, enum kg_finding_id id,
		    const struct kg_finding_about *about, struct kg_error *err,
		    const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = add(findings, id, classes[id].severity, about, err, format, args);
	va_end(args);
	return result;
}

int kg_findings_add_severity(struct kg_findings *findings, enum kg_finding_id id,
			     enum kg_severity severity, const struct kg_finding_about *about,
			     struct kg_error *err, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = add(findings, id, severity, about, err, format, args);
	va_end(args);
	return result;
}

enum kg_severity kg_findings_worst(const struct kg_findings *findings)
{
	enum kg_severity worst = KG_SEVERITY_INFO;

	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].severity > worst)
			worst = findings->items[i].severity;
	}
	return worst;
}

bool kg_findings_undetermined(const struct kg_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct kg_finding *finding = &findings->items[i];

		if (finding->severity > KG_SEVERITY_INFO && classes[finding->id].undetermined)
			return true;
	}
	return false;
}

void kg_findings_free(struct kg_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free_finding(&findings->items[i]);
	free(findings->items);
	*findings = (struct kg_findings){0};
}
