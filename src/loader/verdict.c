// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/btf.h"

void kg_module_verdict_free(struct kg_module_verdict *verdict)
{
	free(verdict->symbol);
	free(verdict->message);
	*verdict = (struct kg_module_verdict){0};
}

const char *kg_module_verdict_errno(const struct kg_module_verdict *verdict)
{
	if (verdict->error_number == 0)
		return NULL;
	return verdict->error_number == kg_btf_enotsupp ? "ENOTSUPP"
							: strerrorname_np(verdict->error_number);
}

int kg_decide(struct kg_module_verdict *verdict, struct kg_error *err, enum kg_load_result result,
	      int error_number, enum kg_finding_id reason, const char *symbol, const char *format,
	      ...)
{
	va_list args;
	int length;

	if (verdict->result == KG_LOAD_REFUSED ||
	    (verdict->result == KG_LOAD_UNKNOWN && result == KG_LOAD_UNKNOWN)) {
		if (result == KG_LOAD_REFUSED)
			verdict->error_number = error_number;
		return 0;
	}
	kg_module_verdict_free(verdict);
	verdict->result = result;
	verdict->error_number = error_number;
	verdict->reason = reason;
	if (symbol && !(verdict->symbol = kg_copy_string(symbol, err)))
		return -1;
	va_start(args, format);
	length = vasprintf(&verdict->message, format, args);
	va_end(args);
	if (length < 0) {
		verdict->message = NULL;
		return kg_fail_memory(err);
	}
	return 0;
}

bool kg_has_rule(const struct attempt *attempt, enum kg_loader_rule rule)
{
	return kg_loader_rules_have(&attempt->loader->kernel->vmlinux.rules, rule);
}

const char *kg_release_of(const struct attempt *attempt)
{
	return attempt->loader->kernel->release;
}

int kg_force_load(struct attempt *attempt, enum kg_finding_id reason, const char *symbol,
		  const char *what)
{
	if (kg_has_rule(attempt, KG_LOADER_RULE_FORCE_LOAD))
		return 0;
	return kg_refuse(attempt, ENOEXEC, reason, symbol, "%s %s, and %s loads no such module",
			 attempt->module->name, what, kg_release_of(attempt));
}
