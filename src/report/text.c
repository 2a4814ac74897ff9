// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kernel-guard/report/escape.h"
#include "kernel-guard/report/report.h"

enum { label_width = 8 };

static const char red[] = "\033[1;31m";
static const char yellow[] = "\033[1;33m";
static const char green[] = "\033[1;32m";
static const char plain[] = "\033[0m";

static const char *colour_of(enum kg_severity severity)
{
	if (severity == KG_SEVERITY_ERROR)
		return red;
	return severity == KG_SEVERITY_WARNING ? yellow : green;
}

static void write_coloured(FILE *out, bool use, const char *colour, const char *text)
{
	(void)fprintf(out, "%s%s%s", use ? colour : "", text, use ? plain : "");
}

static void write_label(FILE *out, const char *label, const char *text)
{
	if (!text)
		return;
	(void)fprintf(out, "    %-*s", label_width, label);
	kg_write_escaped(out, text);
	(void)fputc('\n', out);
}

static void write_finding(const struct kg_finding *finding, const struct kg_report_style *style,
			  FILE *out)
{
	const struct kg_finding_class *class = kg_finding_class(finding->id);

	if (finding->severity == KG_SEVERITY_INFO && !style->verbose)
		return;
	write_coloured(out, style->colour, colour_of(finding->severity),
		       kg_severity_name(finding->severity));
	(void)fputs(": ", out);
	kg_write_escaped(out, finding->message);
	(void)fprintf(out, " [%s]\n", class->id);
	write_label(out, "in", finding->subject);
	if (finding->image && (!finding->subject || strcmp(finding->image, finding->subject) != 0))
		write_label(out, "image", finding->image);
	if (style->verbose)
		write_label(out, "why", class->why);
	write_label(out, "repair", finding->remedy);
}

static bool is_shown(const struct kg_findings *findings, const struct kg_report_style *style)
{
	return kg_findings_worst(findings) > KG_SEVERITY_INFO || style->verbose;
}

static void write_target_name(const struct kg_report_target *target, FILE *out)
{
	kg_write_escaped(out, target->entry);
	if (target->release) {
		(void)fputs(" (Linux ", out);
		kg_write_escaped(out, target->release);
		(void)fputs(target->is_default ? ", default)" : ")", out);
	} else if (target->is_default) {
		(void)fputs(" (default)", out);
	}
}

static void write_target(const struct kg_report_target *target,
			 const struct kg_report_style *style, FILE *out)
{
	if (!is_shown(&target->findings, style))
		return;
	(void)fputs("==> ", out);
	write_target_name(target, out);
	(void)fprintf(out, ": %s\n", kg_verdict_name(target->verdict));
	for (size_t i = 0; i < target->findings.count; i++)
		write_finding(&target->findings.items[i], style, out);
}

static const struct kg_report_target *first_deciding(const struct kg_report *report)
{
	for (size_t i = 0; i < report->target_count; i++) {
		if ((report->targets[i].is_default || report->named) &&
		    report->targets[i].verdict == report->verdict)
			return &report->targets[i];
	}
	return report->target_count ? &report->targets[0] : NULL;
}

static size_t sound_targets(const struct kg_report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->target_count; i++)
		count += report->targets[i].verdict == KG_VERDICT_SAFE;
	return count;
}

/* Why a report without targets is safe, which one of its findings says. */
static const char *reason_of_calm(const struct kg_report *report)
{
	for (size_t i = 0; i < report->findings.count; i++) {
		const struct kg_finding *finding = &report->findings.items[i];

		if (finding->id == KG_FINDING_KERNEL_NONE ||
		    finding->id == KG_FINDING_BOOT_TARGET_MISSING)
			return finding->message;
	}
	return "there is nothing to judge";
}

static void write_conclusion(const struct kg_report *report, const struct kg_report_style *style,
			     FILE *out)
{
	const struct kg_report_target *target = first_deciding(report);

	switch (report->verdict) {
	case KG_VERDICT_SAFE:
		write_coloured(out, style->colour, green, "safe");
		break;
	case KG_VERDICT_UNSAFE:
		write_coloured(out, style->colour, red, "UNSAFE");
		break;
	case KG_VERDICT_UNKNOWN:
		write_coloured(out, style->colour, yellow, "UNKNOWN");
		break;
	}
	(void)fputs(": ", out);
	if (!target) {
		kg_write_escaped(out, report->verdict == KG_VERDICT_SAFE
					      ? reason_of_calm(report)
					      : "no boot target was found");
		(void)fputc('\n', out);
		return;
	}
	write_target_name(target, out);
	switch (report->verdict) {
	case KG_VERDICT_SAFE:
		(void)fprintf(out, ": no fault found; %zu of %zu boot targets are sound\n",
			      sound_targets(report), report->target_count);
		break;
	case KG_VERDICT_UNSAFE:
		(void)fputs(" will or may not boot. Repair this before you reboot; "
			    "'kernel-guard explain ID' tells more.\n",
			    out);
		break;
	case KG_VERDICT_UNKNOWN:
		(void)fputs(" could not be judged in full\n", out);
		break;
	}
}

void kg_report_write_text(const struct kg_report *report, const struct kg_report_style *style,
			  FILE *out)
{
	if (style->quiet && report->verdict == KG_VERDICT_SAFE)
		return;
	for (size_t i = 0; i < report->findings.count; i++)
		write_finding(&report->findings.items[i], style, out);
	for (size_t i = 0; i < report->target_count; i++)
		write_target(&report->targets[i], style, out);
	write_conclusion(report, style, out);
}

/* What `restore` finds just this set by: of a release that is kept twice its ID. */
static const char *name_of(const struct kg_report *report, const struct kg_report_set *set)
{
	for (size_t i = 0; i < report->set_count; i++) {
		const struct kg_report_set *other = &report->sets[i];

		if (other != set && strcmp(other->release, set->release) == 0)
			return set->id;
	}
	return set->release;
}

/* One that no target starts. */
static void write_unstarted(const struct kg_report *report, const struct kg_report_set *set,
			    FILE *out)
{
	(void)fputs("Linux ", out);
	kg_write_escaped(out, set->release);
	(void)fputc('\n', out);
	if (!set->whole) {
		write_label(out, "kept", "no more: files of it are missing, or damaged");
		return;
	}
	write_label(out, "kept", "in /var/lib/kernel-guard, without a boot entry");
	(void)fprintf(out, "    %-*skernel-guard restore ", label_width, "default");
	kg_write_escaped(out, name_of(report, set));
	(void)fputc('\n', out);
}

void kg_report_write_list_text(const struct kg_report *report, FILE *out)
{
	for (size_t i = 0; i < report->target_count; i++) {
		const struct kg_report_target *target = &report->targets[i];

		write_target_name(target, out);
		(void)fputc('\n', out);
		write_label(out, "title", target->title);
		write_label(out, "loader", target->loader);
		write_label(out, "from", target->source);
		write_label(out, "kernel", target->kernel);
		write_label(out, "package", target->package);
		for (size_t j = 0; j < target->initrds.count; j++)
			write_label(out, "initrd", target->initrds.items[j]);
		if (target->kept)
			write_label(out, "kept",
				    target->booted ? "it has booted" : "it was replaced");
	}
	for (size_t i = 0; i < report->set_count; i++) {
		if (!report->sets[i].entry)
			write_unstarted(report, &report->sets[i], out);
	}
}
