// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/check.h"

/* What the root lies on is a fact of the running machine, which is not asked. */
int kg_check_storage(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_finding_about about = {0};

	if (check->system->targets.count == 0)
		return 0;
	return kg_findings_add(check->findings, KG_FINDING_STORAGE_UNKNOWN, &about, err,
			       "what the root filesystem lies on was not looked at: of the "
			       "initramfs only the modules that its configuration names were "
			       "checked");
}
