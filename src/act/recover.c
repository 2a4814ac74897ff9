// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/recover.h"

#include <errno.h>
#include <unistd.h>

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/act/plan.h"
#include "kernel-guard/act/state.h"

static int clear(const struct kg_root *root, bool trees, struct kg_strings *notes,
		 struct kg_error *err)
{
	int lock = kg_state_lock(root, err);
	int result;

	if (lock < 0)
		return -1;
	result = kg_sets_clear(root, trees, err);
	if (result == 0)
		result = kg_sets_set_aside(root, notes, err);
	if (result == 0)
		result = kg_state_clear(root, err);
	close(lock);
	return result == 0 ? kg_plan_recover(root, notes, err) : -1;
}

int kg_recover(const struct kg_root *root, bool trees, struct kg_strings *notes,
	       struct kg_error *err)
{
	struct kg_error why;

	if (clear(root, trees, notes, &why) == 0 || why.code == EROFS || why.code == ENOENT)
		return 0;
	*err = why;
	return -1;
}
