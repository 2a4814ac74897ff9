// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "kernel-guard/check/absent_module.h"
#include "kernel-guard/check/check.h"
#include "kernel-guard/check/image_modules.h"
#include "kernel-guard/check/remedy.h"
#include "kernel-guard/parse/module.h"

static enum kg_severity severity_of(const struct kg_requirement *requirement)
{
	return requirement->advisory ? KG_SEVERITY_WARNING : KG_SEVERITY_ERROR;
}

/* ", nor is any of a, b" or nothing. */
static char *list_others(const struct kg_requirement *requirement, struct kg_error *err)
{
	char *names = kg_strings_join(&requirement->others, ", ", err);
	char *list = names ? kg_format(err, "%s%s", *names ? ", nor any of " : "", names) : NULL;

	free(names);
	return list;
}

static int add_missing(const struct kg_check *check, const struct kg_requirement *requirement,
		       const char *name, const char *needed_by, const char *remedy,
		       struct kg_error *err)
{
	const char *image = kg_target_facts_main_image(check->facts);
	const struct kg_finding_about about = {
		.subject = image,
		.module = name,
		.image = image,
		.remedy = remedy,
	};
	char *why = kg_requirement_why(requirement, err);
	char *others = list_others(requirement, err);
	int result = -1;

	if (why && others && needed_by)
		result = kg_findings_add_severity(
			check->findings, KG_FINDING_INITRAMFS_DEPENDENCY_MISSING,
			severity_of(requirement), &about, err,
			"%s is not in %s, and %s (%s) depends on it", name, image, needed_by, why);
	else if (why && others)
		result = kg_findings_add_severity(
			check->findings, KG_FINDING_INITRAMFS_MODULE_MISSING,
			severity_of(requirement), &about, err, "%s is not in %s%s, and is %s", name,
			image, others, why);
	free(others);
	free(why);
	return result;
}

static int report_missing(const struct kg_check *check, const char *path,
			  const struct kg_requirement *requirement, const char *needed_by,
			  struct kg_error *err)
{
	char *name = kg_module_name_of_path(path, err);
	char *remedy = kg_remedy_rebuild_image(check, err);
	int result = -1;

	if (name && remedy)
		result = add_missing(check, requirement, name, needed_by, remedy, err);
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

		result = kg_images_hold_file(check, closure.items[i], &found, err);
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

/*
 * A kernel that is started without any image finds nothing but what is built in. Where the
 * names of files or a preset say that there should be one, that is told elsewhere.
 */
static int check_without_image(const struct kg_check *check, const char *path,
			       const struct kg_requirement *requirement, struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	struct kg_finding_about about = {.subject = target->source};
	char *name;
	char *why;
	int result = -1;

	if (!requirement->fact || target->unified || check->facts->preset ||
	    (target->loader != KG_LOADER_SYSTEMD_BOOT && target->loader != KG_LOADER_GRUB))
		return 0;
	name = kg_module_name_of_path(path, err);
	why = kg_requirement_why(requirement, err);
	about.module = name;
	if (name && why)
		result = kg_findings_add_severity(
			check->findings, KG_FINDING_INITRAMFS_MODULE_MISSING,
			severity_of(requirement), &about, err,
			"%s is a module, %s starts the kernel without an initramfs that could "
			"hold it, and it is %s",
			name, target->entry, why);
	free(why);
	free(name);
	return result;
}

static int check_requirement(const struct kg_check *check,
			     const struct kg_requirement *requirement, struct kg_strings *reported,
			     struct kg_error *err)
{
	const struct kg_module_tree *tree = check->facts->tree->tree;
	struct kg_strings paths = {0};
	enum kg_module_presence presence;
	bool met;
	int result = kg_images_meet(check, requirement, &met, err);

	if (result < 0 || met)
		return result;
	result = kg_module_tree_find(tree, requirement->module, &presence, &paths, err);
	if (result == 0 && presence == KG_MODULE_ABSENT)
		result = kg_report_absent_module(check, requirement->module, requirement, NULL,
						 err);
	for (size_t i = 0; result == 0 && i < paths.count; i++) {
		if (check->facts->initrd_count == 0)
			result = check_without_image(check, paths.items[i], requirement, err);
		else if (kg_target_facts_images_whole(check->facts))
			result = check_closure(check, paths.items[i], requirement, reported, err);
	}
	kg_strings_free(&paths);
	return result;
}

/* Errors first: a module is reported once. */
static int check_all(const struct kg_check *check, bool advisory, struct kg_strings *reported,
		     struct kg_error *err)
{
	const struct kg_requirements *requirements = &check->facts->requirements;

	for (size_t i = 0; i < requirements->count; i++) {
		if (requirements->items[i].advisory == advisory &&
		    check_requirement(check, &requirements->items[i], reported, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Is every module that the machine's storage needs, or that the kernel command line or the
 * generator's configuration names, built into the kernel, or in the image with all that it
 * depends on?
 */
int kg_check_required_modules(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	struct kg_strings reported = {0};
	int result;

	/* Without a tree or an index nothing can be resolved, which is a finding already. */
	if (!facts->tree || !facts->tree->tree || kg_module_tree_index_error(facts->tree->tree))
		return 0;
	result = check_all(check, false, &reported, err);
	if (result == 0)
		result = check_all(check, true, &reported, err);
	kg_strings_free(&reported);
	return result;
}
