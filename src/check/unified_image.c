// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kernel-guard/check/check.h"

/* Does a unified kernel image hold the kernel that it says it does? */
int kg_check_unified_image(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	const struct kg_kernel_slot *kernel = check->facts->kernel;
	const struct kg_finding_about about = {.subject = target->kernel};

	if (!target->uname || kernel->error.code ||
	    strcmp(target->uname, kernel->kernel.release) == 0)
		return 0;
	return kg_findings_add(check->findings, KG_FINDING_UNIFIED_IMAGE_RELEASE, &about, err,
			       "%s says in .uname that its kernel is %s, and it is %s",
			       target->kernel, target->uname, kernel->kernel.release);
}
