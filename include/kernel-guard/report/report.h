/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_REPORT_REPORT_H
#define KERNEL_GUARD_REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/report/finding.h"

enum kg_verdict {
	KG_VERDICT_SAFE,
	KG_VERDICT_UNSAFE,
	KG_VERDICT_UNKNOWN,
};

/* The verdict on one boot target. Strings are owned; NULL where a fact is unknown. */
struct kg_report_target {
	char *entry;
	char *title;
	char *loader;
	char *source;
	char *kernel;
	char *release;
	char *package; /* "linux 6.12.9-1" */
	struct kg_strings initrds;
	bool is_default;
	bool booted; /* for `list`: what it starts is known to have booted */
	bool kept;   /* and is stored as a set */
	enum kg_verdict verdict;
	struct kg_findings findings;
};

/* For `list`: a kept set. Strings are owned; NULL where a fact is unknown. */
struct kg_report_set {
	char *id;
	char *release;
	char *pkgbase;
	char *entry; /* of a target that starts it; NULL where none does */
	bool booted;
	bool whole; /* its files are there */
};

/* The verdict on a system. A zeroed one is valid and empty. */
struct kg_report {
	enum kg_verdict verdict;
	struct kg_report_target *targets;
	size_t target_count;
	size_t target_capacity;
	struct kg_report_set *sets;
	size_t set_count;
	size_t set_capacity;
	struct kg_findings findings; /* of the machine as a whole */
	struct kg_strings warnings;  /* for `list`: what could not be read */
	bool named; /* the caller named the targets: each of them decides like the default */
};

/* How a report is written. */
struct kg_report_style {
	bool quiet;   /* nothing where the verdict is safe */
	bool verbose; /* with infos and with sound targets */
	bool colour;
};

/* The version of the JSON that is written, in "schema". */
enum { kg_report_schema = 1 };

/* "safe", "unsafe", "unknown". */
const char *kg_verdict_name(enum kg_verdict verdict);

/*
 * Adds a target with nothing filled in and returns it, valid until the next one is
 * added. NULL, and err, with ENOMEM.
 */
struct kg_report_target *kg_report_add_target(struct kg_report *report, struct kg_error *err);

/* The same for a set. */
struct kg_report_set *kg_report_add_set(struct kg_report *report, struct kg_error *err);

/*
 * Sets the verdict of every target and of the whole from the findings: errors on the
 * default target, on a named one, on the machine, or on every target are unsafe; a needed fact that
 * could not be had there is unknown; everything else is safe. Where no target is the
 * default, each of them counts like it.
 */
void kg_report_conclude(struct kg_report *report);

/* Writes the report for people: one line where all is well. */
void kg_report_write_text(const struct kg_report *report, const struct kg_report_style *style,
			  FILE *out);

/* Writes the report of `check` as one JSON object. 0, or -1 with ENOMEM. */
int kg_report_write_json(const struct kg_report *report, FILE *out, struct kg_error *err);

/*
 * Reads what kg_report_write_json() has written. 0, or -1: EBADMSG where it is damaged
 * or of another schema, ENOMEM.
 */
int kg_report_read_json(struct kg_span text, struct kg_report *report, struct kg_error *err);

/*
 * Writes the targets of the report, without findings, for `list`, and the kept sets: for people
 * those that no target starts.
 */
void kg_report_write_list_text(const struct kg_report *report, FILE *out);
int kg_report_write_list_json(const struct kg_report *report, FILE *out, struct kg_error *err);

/* Frees everything and leaves a valid empty one. */
void kg_report_free(struct kg_report *report);

#endif
