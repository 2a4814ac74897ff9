// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"
#include "kernel-guard/system/headers.h"

/* Are the headers that modules are built against those of this kernel? */
int kg_check_headers(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	struct kg_headers_difference difference;
	struct kg_finding_about about = {0};
	struct kg_error why;
	char *path;
	int result;

	if (!facts->kernel || facts->kernel->error.code != 0 || !facts->tree || !facts->tree->tree)
		return 0;
	path = kg_format(err, "%s/build/Module.symvers", kg_module_tree_path(facts->tree->tree));
	if (!path)
		return -1;
	about.subject = path;
	if (kg_headers_compare(&check->system->root, &facts->kernel->kernel, &difference, &why) <
	    0) {
		if (why.code == ENOMEM) {
			*err = why;
			result = -1;
		} else {
			result = kg_findings_add(check->findings, KG_FINDING_HEADERS_DIFFER, &about,
						 err, "%s", why.message);
		}
	} else if (difference.compared && difference.differences > 0) {
		result = kg_findings_add(check->findings, KG_FINDING_HEADERS_DIFFER, &about, err,
					 "the headers of %s are of another build than the kernel: "
					 "%zu of %zu symbols differ (%s)",
					 facts->kernel->kernel.release, difference.differences,
					 difference.symbols, difference.first);
	} else {
		result = 0;
	}
	free(path);
	return result;
}
