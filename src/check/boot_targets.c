// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/check.h"
#include "kernel-guard/system/boot_setup.h"

/* A kernel of a package that nothing boots, while something boots another. */
static int check_unbooted(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_system *system = check->system;

	/* Where only some targets were asked for the others' kernels have not been read. */
	for (size_t i = 0; i < system->tree_count && !check->partial; i++) {
		const struct kg_tree_slot *slot = system->trees[i];
		const struct kg_finding_about about = {.subject = slot->release};

		if (!slot->tree || !slot->pkgbase || (system->packages && !slot->package.name) ||
		    !kg_system_is_installed(system, slot->release) ||
		    kg_system_is_booted_by_target(system, slot->release))
			continue;
		if (kg_findings_add_severity(check->findings, KG_FINDING_BOOT_TARGET_MISSING,
					     KG_SEVERITY_WARNING, &about, err,
					     "Linux %s (%s) is installed, and no boot target "
					     "starts it",
					     slot->release, slot->pkgbase) < 0)
			return -1;
	}
	return 0;
}

/*
 * Nothing boots a kernel that is installed. No fault where nothing says that this is to
 * boot: an image that is built, or an installation before its boot loader's turn.
 */
static int add_missing(const struct kg_check *check, const char *release, struct kg_error *err)
{
	const struct kg_finding_about about = {.subject = "/boot"};
	bool had_targets = check->record && check->record->target_count > 0;

	if (!had_targets && !kg_root_is_set_up_to_boot(&check->system->root,
							  &check->system->fstab))
		return kg_findings_add_severity(check->findings, KG_FINDING_BOOT_TARGET_MISSING,
						KG_SEVERITY_INFO, &about, err,
						"nothing is set up to boot Linux %s yet, there is "
						"nothing to judge",
						release);
	return kg_findings_add(check->findings, KG_FINDING_BOOT_TARGET_MISSING, &about, err,
			       "Linux %s is installed, but there is no boot entry, no preset and "
			       "no kernel in /boot",
			       release);
}

/* Does anything boot the kernels that are installed? */
int kg_check_boot_targets(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_system *system = check->system;
	const struct kg_finding_about about = {0};

	if (system->targets.count > 0)
		return check_unbooted(check, err);
	for (size_t i = 0; i < system->releases.count; i++) {
		if (kg_system_is_installed(system, system->releases.items[i]))
			return add_missing(check, system->releases.items[i], err);
	}
	return kg_findings_add(check->findings, KG_FINDING_KERNEL_NONE, &about, err,
			       "no kernel is installed here, there is nothing to judge");
}
