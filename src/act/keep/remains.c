// SPDX-License-Identifier: GPL-2.0-or-later
#include "remains.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/keep.h"
#include "kernel-guard/act/transaction.h"
#include "kernel-guard/act/tree.h"
#include "kernel-guard/system/booted.h"

/* Whether files of the kept tree are not in the installed one. */
static int is_missing_files(const struct kg_system *system, const char *tree, bool *missing,
			    struct kg_error *err)
{
	struct kg_strings files = {0};
	struct kg_error why;
	char *kept = kg_format(err, "%s/%s", KG_KEPT_TREES, tree);
	int result = kept ? 0 : -1;

	*missing = false;
	if (kept && kg_root_walk(&system->root, kept, &files, &why) < 0 && why.code == ENOMEM)
		result = kg_fail_memory(err);
	for (size_t i = 0; result == 0 && !*missing && i < files.count; i++) {
		char *path = kg_format(err, "/usr/lib/modules/%s/%s", system->machine.release,
				       files.items[i]);

		result = path ? 0 : -1;
		*missing = path && !kg_root_has_file(&system->root, path);
		free(path);
	}
	kg_strings_free(&files);
	free(kept);
	return result;
}

/* Leaves *known false where it cannot be told what has booted, or it has no kept tree. */
static int find_booted_tree(const struct kg_system *system, const struct kg_sets *sets, bool *known,
			    const char **tree, struct kg_error *err)
{
	const struct kg_target *target;
	const struct kg_set *stored;
	struct kg_set set;
	struct kg_error why;
	char *sentence = NULL;

	*known = false;
	*tree = NULL;
	if (kg_booted_target(system, &target, &sentence, err) < 0)
		return -1;
	free(sentence);
	if (!target)
		return 0;
	if (kg_set_of_target(system, target, &set, &why) < 0)
		return why.code == ENOMEM ? kg_fail_memory(err) : 0;
	stored = kg_sets_match(&system->root, sets, &set);
	kg_set_free(&set);
	*known = true;
	*tree = stored ? stored->tree : NULL;
	return 0;
}

static int is_left_by_transaction(const struct kg_system *system, const struct kg_sets *sets,
				  const char *tree, bool *remains, struct kg_error *err)
{
	const char *booted;
	struct kg_error why;
	bool known;
	bool same = false;

	if (find_booted_tree(system, sets, &known, &booted, err) < 0)
		return -1;
	if (!known)
		return is_missing_files(system, tree, remains, err);
	if (!booted || strcmp(booted, tree) != 0)
		return 0;
	/* What cannot be read is not whole. */
	if (kg_tree_compare(&system->root, system->machine.release, tree, &same, &why) < 0 &&
	    why.code == ENOMEM)
		return kg_fail_memory(err);
	*remains = !same;
	return 0;
}

/* Whether the tree was one of a package, which has its kernel in it, and that one is gone. */
static bool has_lost_kernel(const struct kg_system *system, const struct kg_sets *sets,
			    const char *tree)
{
	struct kg_error ignored;
	bool packaged = false;
	char *path;
	bool lost;

	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		packaged |= set->package && set->tree && strcmp(set->tree, tree) == 0;
	}
	path = kg_format(&ignored, "/usr/lib/modules/%s/vmlinuz", system->machine.release);
	lost = packaged && path && !kg_root_has_file(&system->root, path);
	free(path);
	return lost;
}

int kg_tree_is_remains(const struct kg_system *system, const struct kg_sets *sets, const char *tree,
		       bool *remains, struct kg_error *err)
{
	*remains = false;
	if (kg_transaction_was_interrupted(system) &&
	    is_left_by_transaction(system, sets, tree, remains, err) < 0)
		return -1;
	if (!*remains && has_lost_kernel(system, sets, tree))
		return is_missing_files(system, tree, remains, err);
	return 0;
}
