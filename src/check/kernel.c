// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"

static int report_error(const struct kg_check *check, const struct kg_error *why,
			struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	struct kg_finding_about about = {.subject = target->kernel};
	char *remedy = kg_remedy_reinstall_kernel(check, err);
	int result;

	if (!remedy)
		return -1;
	about.remedy = remedy;
	if (why->code == ENOENT)
		result = kg_findings_add(check->findings, KG_FINDING_KERNEL_MISSING, &about, err,
					 "the kernel image of %s does not exist", target->entry);
	else if (why->code == EBADMSG)
		result = kg_findings_add(check->findings, KG_FINDING_KERNEL_DAMAGED, &about, err,
					 "%s", why->message);
	else {
		about.remedy = NULL;
		result = kg_findings_add(check->findings, KG_FINDING_KERNEL_UNREADABLE, &about,
					 err, "%s", why->message);
	}
	free(remedy);
	return result;
}

/* Is the kernel image of the target there, whole, and of a known release? */
int kg_check_kernel(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;

	return facts->kernel->error.code ? report_error(check, &facts->kernel->error, err) : 0;
}
