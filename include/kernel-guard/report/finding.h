/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_REPORT_FINDING_H
#define KERNEL_GUARD_REPORT_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/report/findings.h"

enum kg_severity {
	KG_SEVERITY_INFO,
	KG_SEVERITY_WARNING,
	KG_SEVERITY_ERROR, /* the target will or may not boot, or not reach its root */
};

enum kg_finding_id {
#define X(name, id, severity, undetermined, title, why, repair) KG_FINDING_##name,
	KG_FINDINGS(X)
#undef X
	KG_FINDING_COUNT,
};

/* What is declared about a finding, once, in findings.h. */
struct kg_finding_class {
	const char *id;
	enum kg_severity severity; /* where a check does not say otherwise */
	bool undetermined;         /* a fact that is needed could not be had */
	const char *title;
	const char *why;
	const char *repair;
};

/* What a finding is about. Every string may be NULL; none is kept. */
struct kg_finding_about {
	const char *subject; /* the file or thing that is wrong */
	const char *module;
	const char *symbol;
	const char *image; /* the initramfs concerned */
	const char *remedy; /* NULL: the one declared for the id */
};

/* Something wrong with the system. All strings are owned; those of about may be NULL. */
struct kg_finding {
	enum kg_finding_id id;
	enum kg_severity severity;
	char *subject;
	char *module;
	char *symbol;
	char *image;
	char *message;
	char *remedy;
};

/* A zeroed list is a valid empty one. */
struct kg_findings {
	struct kg_finding *items;
	size_t count;
	size_t capacity;
};

/* What is declared about id. */
const struct kg_finding_class *kg_finding_class(enum kg_finding_id id);

/* The class of this id text, or NULL. */
const struct kg_finding_class *kg_finding_class_by_name(const char *id);

/* "error", "warning", "info". */
const char *kg_severity_name(enum kg_severity severity);

/* Adds a finding with the severity declared for id. 0, or -1 with ENOMEM. */
int kg_findings_add(struct kg_findings *findings, enum kg_finding_id id,
		    const struct kg_finding_about *about, struct kg_error *err,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* As kg_findings_add() with a severity of its own. */
int kg_findings_add_severity(struct kg_findings *findings, enum kg_finding_id id,
			     enum kg_severity severity, const struct kg_finding_about *about,
			     struct kg_error *err, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* The highest severity in the list; info for an empty one. */
enum kg_severity kg_findings_worst(const struct kg_findings *findings);

/* Whether a finding that is no info says that a needed fact could not be had. */
bool kg_findings_undetermined(const struct kg_findings *findings);

/* Frees everything and leaves a valid empty list. */
void kg_findings_free(struct kg_findings *findings);

#endif
