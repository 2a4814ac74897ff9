// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "kernel-guard/check/absent_module.h"
#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"
#include "kernel-guard/parse/module.h"

/* Whether an image of the target holds the module file at a path of the tree. */
static int is_in_images(const struct kg_check *check, const char *path, bool *found,
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

static int report_missing(const struct kg_check *check, const char *path,
			  const struct kg_requirement *requirement, const char *needed_by,
			  struct kg_error *err)
{
	const char *image = kg_target_facts_main_image(check->facts);
	char *name = kg_module_name_of_path(path, err);
	char *remedy = kg_remedy_rebuild_image(check, err);
	struct kg_finding_about about = {
		.subject = image,
		.module = name,
		.image = image,
		.remedy = remedy,
	};
	int result = -1;

	if (name && remedy && needed_by)
		result = kg_findings_add(check->findings, KG_FINDING_INITRAMFS_DEPENDENCY_MISSING,
					 &about, err,
					 "%s is not in %s, and %s (required by %s) depends on it",
					 name, image, needed_by, requirement->reason);
	else if (name && remedy)
		result = kg_findings_add(check->findings, KG_FINDING_INITRAMFS_MODULE_MISSING,
					 &about, err, "%s is not in %s, and is required by %s",
					 name, image, requirement->reason);
	free(remedy);
	free(name);
	return result;
}

/* A required module is there; so has to be what it depends on. */
static int check_closure(const struct kg_check *check, const char *path,
			 const struct kg_requirement *requirement, struct kg_strings *reported,
			 struct kg_error *err)
{
	struct kg_strings closure = {0};
	int result = kg_module_tree_closure(check->facts->tree->tree, path, &closure, err);

	for (size_t i = 0; result == 0 && i < closure.count; i++) {
		bool found = false;

		result = is_in_images(check, closure.items[i], &found, err);
		if (result < 0 || found || kg_strings_contain(reported, closure.items[i]))
			continue;
		result = report_missing(check, closure.items[i], requirement,
					i + 1 == closure.count ? NULL : requirement->module, err);
		if (result == 0)
			result = kg_strings_add(reported, closure.items[i], err);
	}
	kg_strings_free(&closure);
	return result;
}

static int check_requirement(const struct kg_check *check,
			     const struct kg_requirement *requirement, struct kg_strings *reported,
			     struct kg_error *err)
{
	const struct kg_module_tree *tree = check->facts->tree->tree;
	struct kg_strings paths = {0};
	enum kg_module_presence presence;
	int result = kg_module_tree_find(tree, requirement->module, &presence, &paths, err);

	if (result == 0 && presence == KG_MODULE_ABSENT)
		result = kg_report_absent_module(check, requirement->module, requirement, NULL,
						 err);
	for (size_t i = 0; result == 0 && i < paths.count; i++) {
		if (check->facts->initrd_count > 0 && kg_target_facts_images_whole(check->facts))
			result = check_closure(check, paths.items[i], requirement, reported, err);
	}
	kg_strings_free(&paths);
	return result;
}

/*
 * Is every module that the generator's configuration names built into the kernel, or
 * in the image with all that it depends on?
 */
int kg_check_required_modules(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	struct kg_strings reported = {0};
	int result = 0;

	/* Without a tree or an index nothing can be resolved, which is a finding already. */
	if (!facts->tree || !facts->tree->tree || kg_module_tree_index_error(facts->tree->tree))
		return 0;
	for (size_t i = 0; result == 0 && i < facts->requirements.count; i++)
		result = check_requirement(check, &facts->requirements.items[i], &reported, err);
	kg_strings_free(&reported);
	return result;
}
