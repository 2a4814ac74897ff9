// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/report/report.h"

#include <stdlib.h>

#include "kernel-guard/core/buffer.h"

const char *kg_verdict_name(enum kg_verdict verdict)
{
	static const char *const names[] = {
		[KG_VERDICT_SAFE] = "safe",
		[KG_VERDICT_UNSAFE] = "unsafe",
		[KG_VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

struct kg_report_target *kg_report_add_target(struct kg_report *report, struct kg_error *err)
{
	if (kg_array_reserve(&report->targets, &report->target_capacity, report->target_count,
			     sizeof(*report->targets), err) < 0)
		return NULL;
	report->targets[report->target_count] = (struct kg_report_target){0};
	return &report->targets[report->target_count++];
}

struct kg_report_set *kg_report_add_set(struct kg_report *report, struct kg_error *err)
{
	if (kg_array_reserve(&report->sets, &report->set_capacity, report->set_count,
			     sizeof(*report->sets), err) < 0)
		return NULL;
	report->sets[report->set_count] = (struct kg_report_set){0};
	return &report->sets[report->set_count++];
}

static enum kg_verdict verdict_of(const struct kg_findings *findings)
{
	if (kg_findings_worst(findings) == KG_SEVERITY_ERROR)
		return KG_VERDICT_UNSAFE;
	return kg_findings_undetermined(findings) ? KG_VERDICT_UNKNOWN : KG_VERDICT_SAFE;
}

/* Unsafe outranks unknown, unknown outranks safe. */
static enum kg_verdict graver(enum kg_verdict left, enum kg_verdict right)
{
	if (left == KG_VERDICT_UNSAFE || right == KG_VERDICT_UNSAFE)
		return KG_VERDICT_UNSAFE;
	if (left == KG_VERDICT_UNKNOWN || right == KG_VERDICT_UNKNOWN)
		return KG_VERDICT_UNKNOWN;
	return KG_VERDICT_SAFE;
}

/* Where nothing says which target boots, any of them may. */
static bool every_target_decides(const struct kg_report *report)
{
	for (size_t i = 0; i < report->target_count; i++) {
		if (report->targets[i].is_default)
			return report->named;
	}
	return true;
}

void kg_report_conclude(struct kg_report *report)
{
	bool all = every_target_decides(report);
	size_t unsafe = 0;

	report->verdict = verdict_of(&report->findings);
	for (size_t i = 0; i < report->target_count; i++) {
		struct kg_report_target *target = &report->targets[i];

		target->verdict = verdict_of(&target->findings);
		unsafe += target->verdict == KG_VERDICT_UNSAFE;
		if (target->is_default || all)
			report->verdict = graver(report->verdict, target->verdict);
	}
	if (report->target_count > 0 && unsafe == report->target_count)
		report->verdict = KG_VERDICT_UNSAFE;
}

void kg_report_free(struct kg_report *report)
{
	for (size_t i = 0; i < report->target_count; i++) {
		struct kg_report_target *target = &report->targets[i];

		free(target->entry);
		free(target->title);
		free(target->loader);
		free(target->source);
		free(target->kernel);
		free(target->release);
		free(target->package);
		kg_strings_free(&target->initrds);
		kg_findings_free(&target->findings);
	}
	for (size_t i = 0; i < report->set_count; i++) {
		free(report->sets[i].id);
		free(report->sets[i].release);
		free(report->sets[i].pkgbase);
		free(report->sets[i].entry);
	}
	free(report->targets);
	free(report->sets);
	kg_findings_free(&report->findings);
	kg_strings_free(&report->warnings);
	*report = (struct kg_report){0};
}
