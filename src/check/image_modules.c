// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/image_modules.h"

#include <stdlib.h>

#include "kernel-guard/parse/module.h"

int kg_images_hold_file(const struct kg_check *check, const char *path, bool *found,
			struct kg_error *err)
{
	const struct kg_initrd_member *member;
	char *name = kg_module_name_of_path(path, err);

	if (!name)
		return -1;
	*found = kg_target_facts_find_module(check->facts, name, &member) != NULL;
	free(name);
	return 0;
}

int kg_images_hold_module(const struct kg_check *check, const char *name, bool *found,
			  struct kg_error *err)
{
	const struct kg_module_tree *tree = check->facts->tree->tree;
	struct kg_strings paths = {0};
	struct kg_strings closure = {0};
	enum kg_module_presence presence;
	int result = kg_module_tree_find(tree, name, &presence, &paths, err);

	for (size_t i = 0; result == 0 && i < paths.count; i++)
		result = kg_module_tree_closure(tree, paths.items[i], &closure, err);
	*found = presence != KG_MODULE_ABSENT;
	for (size_t i = 0; result == 0 && *found && i < closure.count; i++)
		result = kg_images_hold_file(check, closure.items[i], found, err);
	kg_strings_free(&closure);
	kg_strings_free(&paths);
	return result;
}

int kg_images_meet(const struct kg_check *check, const struct kg_requirement *requirement,
		   bool *found, struct kg_error *err)
{
	int result = kg_images_hold_module(check, requirement->module, found, err);

	for (size_t i = 0; result == 0 && !*found && i < requirement->others.count; i++)
		result = kg_images_hold_module(check, requirement->others.items[i], found, err);
	return result;
}
