// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"

static int report_missing(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	struct kg_finding_about about = {.subject = facts->target->kernel};
	char *remedy = kg_remedy_reinstall_kernel(check, err);
	int result;

	if (!remedy)
		return -1;
	about.remedy = remedy;
	result = kg_findings_add(check->findings, KG_FINDING_KERNEL_WITHOUT_MODULES, &about, err,
				 "%s is Linux %s, and there is no /usr/lib/modules/%s",
				 facts->target->kernel, facts->tree->release,
				 facts->tree->release);
	free(remedy);
	return result;
}

static int report_index(const struct kg_check *check, const struct kg_error *why,
			struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	struct kg_finding_about about = {.subject = kg_module_tree_path(facts->tree->tree)};
	char *image = kg_remedy_rebuild_image(check, err);
	char *remedy =
		image ? kg_format(err, "depmod %s && %s", facts->tree->release, image) : NULL;
	int result = -1;

	about.remedy = remedy;
	if (remedy && why->code != ENOENT && why->code != EBADMSG)
		result = kg_findings_add(check->findings, KG_FINDING_MODULE_TREE_UNREADABLE,
					 &about, err, "%s", why->message);
	else if (remedy)
		result = kg_findings_add(check->findings, KG_FINDING_MODULE_INDEX, &about, err,
					 "%s", why->message);
	free(remedy);
	free(image);
	return result;
}

/* A tree that has lost modules; one that has lost most of them serves nobody. */
static int check_complete(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_module_tree *tree = check->facts->tree->tree;
	struct kg_finding_about about = {.subject = kg_module_tree_path(tree)};
	size_t missing;
	size_t named;
	char *remedy;
	char *first;
	int result = kg_module_tree_count(tree, &named, &missing, &first, err);

	if (result < 0 || missing == 0)
		return result;
	remedy = kg_remedy_reinstall_kernel(check, err);
	about.remedy = remedy;
	result = remedy ? kg_findings_add_severity(
				  check->findings, KG_FINDING_MODULE_TREE_INCOMPLETE,
				  missing > named / 2 ? KG_SEVERITY_ERROR : KG_SEVERITY_WARNING,
				  &about, err, "%zu of %zu modules of %s are not there, %s first",
				  missing, named, check->facts->tree->release, first)
			: -1;
	free(remedy);
	free(first);
	return result;
}

/* Out-of-tree modules that depmod has not seen. */
static int check_indexed(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_tree_slot *slot = check->facts->tree;
	const struct kg_strings *files = kg_module_tree_files(slot->tree);
	char *image = kg_remedy_rebuild_image(check, err);
	char *remedy = image ? kg_format(err, "depmod %s && %s", slot->release, image) : NULL;
	int result = remedy ? 0 : -1;

	for (size_t i = 0; result == 0 && i < files->count; i++) {
		const struct kg_finding_about about = {
			.subject = kg_module_tree_path(slot->tree),
			.remedy = remedy,
		};
		enum kg_module_indexed indexed;

		if (!kg_module_path_is_out_of_tree(files->items[i]))
			continue;
		result = kg_module_tree_indexed(slot->tree, files->items[i], &indexed, err);
		if (result == 0 && indexed == KG_MODULE_NOT_INDEXED)
			result = kg_findings_add(check->findings, KG_FINDING_MODULE_NOT_INDEXED,
						 &about, err, "modules.dep does not name %s",
						 files->items[i]);
	}
	free(remedy);
	free(image);
	return result;
}

/* Does the kernel's release have a module tree that modprobe can use? */
int kg_check_module_tree(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_tree_slot *slot = check->facts->tree;
	const struct kg_error *index_error;

	if (!slot)
		return 0;
	if (slot->error.code == ENOENT || slot->error.code == ENOTDIR)
		return report_missing(check, err);
	if (slot->error.code) {
		const struct kg_finding_about about = {.subject = slot->release};

		return kg_findings_add(check->findings, KG_FINDING_MODULE_TREE_UNREADABLE, &about,
				       err, "%s", slot->error.message);
	}
	index_error = kg_module_tree_index_error(slot->tree);
	if (index_error)
		return report_index(check, index_error, err);
	return check_complete(check, err) < 0 ? -1 : check_indexed(check, err);
}
