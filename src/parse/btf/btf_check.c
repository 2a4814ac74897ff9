// SPDX-License-Identifier: GPL-2.0-or-later
#include "btf_check.h"

#include <stdarg.h>
#include <stdio.h>

/* A name of a damaged module may hold anything. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

static void conclude(struct kg_btf_check *check, enum kg_btf_answer answer, int code,
		     const char *format, va_list args)
{
	struct kg_btf_verdict *verdict = check->verdict;
	char what[120];

	(void)vsnprintf(what, sizeof(what), format, args);
	make_printable(what);
	verdict->answer = answer;
	verdict->code = code;
	if (check->type)
		(void)snprintf(verdict->reason, sizeof(verdict->reason), "%s: type %u (%s): %s",
			       check->section, check->type, kg_btf_kind_name(check->kind), what);
	else
		(void)snprintf(verdict->reason, sizeof(verdict->reason), "%s: %s", check->section,
			       what);
}

int kg_btf_refuse(struct kg_btf_check *check, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	conclude(check, KG_BTF_INVALID, code, format, args);
	va_end(args);
	return -1;
}

int kg_btf_cannot_tell(struct kg_btf_check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	conclude(check, KG_BTF_UNKNOWN, 0, format, args);
	va_end(args);
	return -1;
}

int kg_btf_no_memory(struct kg_btf_check *check)
{
	check->no_memory = true;
	return -1;
}
