// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "kernel-guard/check/check.h"

/* What of the storage stack is not known was not asked of the images: said once, as info. */
int kg_check_storage(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_storage *storage = &check->system->storage;
	const struct kg_finding_about about = {0};
	char *unknown;
	int result = -1;

	if (check->system->targets.count == 0 || (storage->asked && storage->unknown.count == 0))
		return 0;
	if (!storage->asked)
		return kg_findings_add(check->findings, KG_FINDING_STORAGE_UNKNOWN, &about, err,
				       "what / is on only the machine can tell, which is not "
				       "asked (--machine): of the initramfs only the modules that "
				       "its configuration or the kernel command line names were "
				       "checked");
	unknown = kg_strings_join(&storage->unknown, "; ", err);
	if (unknown)
		result = kg_findings_add(check->findings, KG_FINDING_STORAGE_UNKNOWN, &about, err,
					 "%s", unknown);
	free(unknown);
	return result;
}
