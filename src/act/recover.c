// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/recover.h"

#include <errno.h>
#include <unistd.h>

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/act/plan.h"
#include "kernel-guard/act/state.h"

static int clear(const struct kg_root *root, bool trees, const struct kg_clearing *clearing,
		 struct kg_strings *notes, struct kg_error *err)
{
	int lock = -1;
	int result;

	if (!clearing->dry_run) {
		lock = kg_state_lock(root, err);
		if (lock < 0)
			return -1;
	} else if (!kg_root_has_directory(root, "/var/lib/kernel-guard")) {
		/* It would be made, and nothing is left in it. */
		return 0;
	}
	result = kg_sets_clear(root, trees, clearing, err);
	if (result == 0)
		result = kg_sets_set_aside(root, clearing, notes, err);
	if (result == 0)
		result = kg_state_clear(root, clearing, err);
	if (lock >= 0)
		close(lock);
	return result == 0 ? kg_plan_recover(root, clearing, notes, err) : -1;
}

int kg_recover(const struct kg_root *root, bool trees, const struct kg_clearing *clearing,
	       struct kg_strings *notes, struct kg_error *err)
{
	struct kg_error why;

	if (clear(root, trees, clearing, notes, &why) == 0 || why.code == EROFS ||
	    why.code == ENOENT)
		return 0;
	*err = why;
	return -1;
}
