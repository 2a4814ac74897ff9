// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/system/boot_copy.h"

static int report(const struct kg_check *check, const char *file, enum kg_severity severity,
		  const char *consequence, struct kg_error *err)
{
	char *remedy =
		kg_format(err,
			  "sbctl sign -s %s (or sbsign with the key that the firmware or shim "
			  "has enrolled), before the reboot",
			  file);
	const struct kg_finding_about about = {.subject = file, .remedy = remedy};
	int result = -1;

	if (remedy)
		result = kg_findings_add_severity(
			check->findings, KG_FINDING_SECURE_BOOT_UNSIGNED, severity, &about, err,
			"Secure Boot is active, and %s is not signed: %s", file, consequence);
	free(remedy);
	return result;
}

/*
 * Is the target's kernel signed where the firmware asks for it? systemd-boot hands it to the
 * firmware, and so does what starts a unified image by itself. GRUB asks shim, unless it was
 * built without (grub-install --disable-shim-lock).
 */
int kg_check_secure_boot(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_machine *machine = &check->system->machine;
	const struct kg_target *target = check->facts->target;
	bool systemd_boot = target->loader == KG_LOADER_SYSTEMD_BOOT;

	if (!machine->secure_boot || machine->shim_lenient || target->foreign ||
	    target->loader == KG_LOADER_BOOT_FILES ||
	    (target->loader == KG_LOADER_MKINITCPIO && !target->unified) ||
	    kg_boot_signature_of(&check->system->root, target->kernel) != KG_BOOT_UNSIGNED)
		return 0;
	if (systemd_boot)
		return report(check, target->kernel, KG_SEVERITY_ERROR, "the firmware refuses it",
			      err);
	return report(check, target->kernel, KG_SEVERITY_WARNING,
		      target->loader == KG_LOADER_GRUB
			      ? "GRUB refuses it, unless it was installed without shim's lock"
			      : "the firmware refuses it, if it starts it",
		      err);
}

/* Is the boot loader signed that the firmware has started, as its file is by now? */
int kg_check_secure_boot_loader(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_machine *machine = &check->system->machine;
	const struct kg_boot_places *places = &check->system->places;
	char *file;
	int result = 0;

	if (!machine->secure_boot || machine->shim_lenient || !machine->loader ||
	    places->esp >= places->count)
		return 0;
	file = kg_format(err, "%s/%s", places->items[places->esp].point,
			 machine->loader + strspn(machine->loader, "/"));
	if (!file)
		return -1;
	if (kg_boot_signature_of(&check->system->root, file) == KG_BOOT_UNSIGNED)
		result = report(
			check, file, KG_SEVERITY_ERROR,
			"it is the boot loader of this machine, and the firmware refuses it", err);
	free(file);
	return result;
}
