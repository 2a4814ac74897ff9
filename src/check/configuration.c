// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "kernel-guard/check/check.h"

static int report(const struct kg_check *check, const struct kg_trouble *trouble,
		  struct kg_error *err)
{
	const struct kg_finding_about about = {.subject = trouble->subject};

	if (trouble->kind == KG_TROUBLE_STATEMENT)
		return kg_findings_add(check->findings, KG_FINDING_CONFIGURATION_STATEMENT, &about,
				       err, "%s: this is not read: %s", trouble->subject,
				       trouble->error.message);
	if (strcmp(trouble->subject, "/var/lib/pacman") == 0)
		return kg_findings_add(check->findings, KG_FINDING_PACKAGES_UNREADABLE, &about,
				       err, "%s", trouble->error.message);
	return kg_findings_add(check->findings, KG_FINDING_CONFIGURATION_UNREADABLE, &about, err,
			       "%s", trouble->error.message);
}

/* Could everything that was looked for be read? */
int kg_check_configuration(const struct kg_check *check, struct kg_error *err)
{
	for (size_t i = 0; i < check->system->troubles.count; i++) {
		if (report(check, &check->system->troubles.items[i], err) < 0)
			return -1;
	}
	return 0;
}
