// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/check.h"

/* Does anything boot the kernels that are installed? */
int kg_check_boot_targets(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_system *system = check->system;
	struct kg_finding_about about = {.subject = "/boot"};

	if (system->targets.count > 0)
		return 0;
	for (size_t i = 0; i < system->releases.count; i++) {
		if (!kg_system_is_installed(system, system->releases.items[i]))
			continue;
		return kg_findings_add(check->findings, KG_FINDING_BOOT_TARGET_MISSING, &about,
				       err,
				       "Linux %s is installed, but there is no boot entry, no "
				       "preset and no kernel in /boot",
				       system->releases.items[i]);
	}
	about.subject = NULL;
	return kg_findings_add(check->findings, KG_FINDING_KERNEL_NONE, &about, err,
			       "no kernel is installed here");
}
