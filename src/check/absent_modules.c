// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/absent_module.h"
#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"
#include "kernel-guard/parse/module.h"

/* DKMS skips a kernel without headers, and says so only in passing. */
static int has_headers(const struct kg_check *check, bool *found, struct kg_error *err)
{
	char *path = kg_format(err, "%s/build/Makefile",
			       kg_module_tree_path(check->facts->tree->tree));

	if (!path)
		return -1;
	*found = kg_root_has_file(&check->system->root, path);
	free(path);
	return 0;
}

static bool has_finding(const struct kg_findings *findings, enum kg_finding_id id)
{
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].id == id)
			return true;
	}
	return false;
}

/* Who has the module elsewhere, as the end of a sentence. */
static char *whereabouts(const struct kg_dkms_package *package, const char *build_error,
			 const char *where, struct kg_error *err)
{
	if (package && build_error)
		return kg_format(err, "; DKMS could not build %s/%s: %s", package->name,
				 package->version, build_error);
	if (package)
		return kg_format(err, "; DKMS has it as %s/%s and has not installed it",
				 package->name, package->version);
	return where ? kg_format(err, "; %s", where) : kg_copy_string("", err);
}

int kg_report_absent_module(const struct kg_check *check, const char *module,
			    const struct kg_requirement *requirement, const char *where,
			    struct kg_error *err)
{
	const struct kg_dkms_package *package = kg_dkms_find(&check->system->dkms, module);
	const char *release = kg_remedy_release(check);
	char *build_error =
		package ? kg_dkms_build_error(&check->system->root, package, release) : NULL;
	/* What has failed fails again. */
	char *remedy = build_error ? kg_remedy_newer_module(check, module, err)
				   : kg_remedy_rebuild_module(check, module, err);
	char *elsewhere = whereabouts(package, build_error, where, err);
	char *why = requirement ? kg_requirement_why(requirement, err) : NULL;
	const struct kg_finding_about about = {
		.subject = kg_module_tree_path(check->facts->tree->tree),
		.module = module,
		.image = requirement ? kg_target_facts_main_image(check->facts) : NULL,
		.remedy = remedy,
	};
	const struct kg_initrd_member *member;
	bool headers = false;
	int result = -1;

	if (remedy && elsewhere && !why == !requirement)
		result = has_headers(check, &headers, err);
	if (result == 0 && requirement &&
	    kg_target_facts_find_module(check->facts, module, &member))
		result = kg_findings_add(check->findings, KG_FINDING_MODULE_ABSENT, &about, err,
					 "%s, which is %s, is in %s, but not there for %s: the "
					 "next image will lack it%s",
					 module, why, about.image, release, elsewhere);
	else if (result == 0 && requirement)
		result = kg_findings_add_severity(
			check->findings, KG_FINDING_MODULE_ABSENT,
			requirement->advisory ? KG_SEVERITY_WARNING : KG_SEVERITY_ERROR, &about,
			err, "%s, which is %s, is not there for %s%s", module, why, release,
			elsewhere);
	else if (result == 0)
		result = kg_findings_add(check->findings, KG_FINDING_MODULE_ABSENT, &about, err,
					 "%s is not there for %s%s", module, release, elsewhere);
	if (result == 0 && !headers && package &&
	    !has_finding(check->findings, KG_FINDING_HEADERS_ABSENT))
		result = kg_findings_add(check->findings, KG_FINDING_HEADERS_ABSENT, &about, err,
					 "the headers of %s are not installed, without which DKMS "
					 "skips it silently",
					 release);
	free(why);
	free(elsewhere);
	free(remedy);
	free(build_error);
	return result;
}

/* Reports module, unless the tree has it, or a requirement has reported it. */
static int check_module(const struct kg_check *check, const char *module, const char *where,
			struct kg_strings *reported, struct kg_error *err)
{
	const struct kg_module_tree *tree = check->facts->tree->tree;
	struct kg_strings paths = {0};
	enum kg_module_presence presence = KG_MODULE_ABSENT;
	int result = 0;

	if (kg_module_tree_file_of_name(tree, module) || kg_strings_contain(reported, module) ||
	    kg_requirements_find(&check->facts->requirements, module))
		return 0;
	result = kg_module_tree_find(tree, module, &presence, &paths, err);
	kg_strings_free(&paths);
	if (result == 0 && presence == KG_MODULE_ABSENT)
		result = kg_report_absent_module(check, module, NULL, where, err);
	return result < 0 ? -1 : kg_strings_add(reported, module, err);
}

static int check_dkms(const struct kg_check *check, struct kg_strings *reported,
		      struct kg_error *err)
{
	const struct kg_dkms *dkms = &check->system->dkms;

	for (size_t i = 0; i < dkms->count; i++) {
		for (size_t j = 0; j < dkms->items[i].modules.count; j++) {
			if (check_module(check, dkms->items[i].modules.items[j], NULL, reported,
					 err) < 0)
				return -1;
		}
	}
	return 0;
}

/* The out-of-tree modules of another kernel that is installed. */
static int check_other_tree(const struct kg_check *check, const struct kg_tree_slot *other,
			    struct kg_strings *reported, struct kg_error *err)
{
	const struct kg_strings *files = kg_module_tree_files(other->tree);
	char *where = kg_format(err, "%s has it", other->release);
	int result = where ? 0 : -1;

	for (size_t i = 0; result == 0 && i < files->count; i++) {
		char *module;

		if (!kg_module_path_is_out_of_tree(files->items[i]))
			continue;
		module = kg_module_name_of_path(files->items[i], err);
		result = module ? check_module(check, module, where, reported, err) : -1;
		free(module);
	}
	free(where);
	return result;
}

/* What removed a module on purpose: its package is gone, or DKMS was told to forget it. */
static bool was_removed(const struct kg_check *check, const struct kg_record_module *module)
{
	if (module->dkms)
		return !kg_dkms_find(&check->system->dkms, module->name);
	return module->package && check->system->packages &&
	       !kg_packages_has(check->system->packages, module->package);
}

static int check_recorded_tree(const struct kg_check *check, const struct kg_record_tree *tree,
			       struct kg_strings *reported, struct kg_error *err)
{
	char *where = kg_format(err, "%s had it before this transaction", tree->release);
	int result = where ? 0 : -1;

	for (size_t i = 0; result == 0 && i < tree->module_count; i++) {
		if (!was_removed(check, &tree->modules[i]))
			result = check_module(check, tree->modules[i].name, where, reported, err);
	}
	free(where);
	return result;
}

/* The modules that a kernel of the same package base had before the transaction. */
static int check_record(const struct kg_check *check, struct kg_strings *reported,
			struct kg_error *err)
{
	const struct kg_record *record = check->record;
	const char *pkgbase = check->facts->tree->pkgbase;

	for (size_t i = 0; record && pkgbase && i < record->tree_count; i++) {
		const struct kg_record_tree *tree = &record->trees[i];

		if (tree->pkgbase && strcmp(tree->pkgbase, pkgbase) == 0 &&
		    check_recorded_tree(check, tree, reported, err) < 0)
			return -1;
	}
	return 0;
}

/* Is every module that DKMS or another kernel has there for this kernel? */
int kg_check_absent_modules(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_tree_slot *slot = check->facts->tree;
	struct kg_strings reported = {0};
	int result;

	/* A kept tree is what it was when it booted, whatever has come since. */
	if (!slot || !slot->tree || kg_system_is_kept(check->system, slot->release))
		return 0;
	result = check_dkms(check, &reported, err);
	if (result == 0)
		result = check_record(check, &reported, err);
	for (size_t i = 0; result == 0 && i < check->system->tree_count; i++) {
		const struct kg_tree_slot *other = check->system->trees[i];

		if (other != slot && other->tree &&
		    kg_system_is_installed(check->system, other->release))
			result = check_other_tree(check, other, &reported, err);
	}
	kg_strings_free(&reported);
	return result;
}
