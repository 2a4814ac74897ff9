// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/judge_modules.h"
#include "kernel-guard/check/remedy.h"

enum { max_judged = 4096 };

/* The verdicts on a target's modules, in its tree and in its images. */
struct judgement {
	struct kg_load_situation situation;
	struct kg_judged_modules tree;
	struct kg_judged_modules images;
};

static int judge_tree(const struct kg_check *check, struct judgement *judgement,
		      struct kg_error *err)
{
	const struct kg_tree_slot *slot = check->facts->tree;
	struct kg_module_loader *loader = kg_module_loader_new(&check->facts->kernel->kernel,
							       &judgement->situation, err);
	struct kg_strings paths = {0};
	int result = -1;

	if (loader && kg_out_of_tree_modules(check->system, slot, &paths, err) == 0)
		result = kg_judge_tree_modules(loader, slot->tree, &paths, &judgement->tree,
					       err);
	kg_strings_free(&paths);
	kg_module_loader_free(loader);
	return result;
}

/*
 * The modules of the images that are judged: the required ones and, because somebody
 * has put them there, the out-of-tree ones.
 */
static int image_modules(const struct kg_check *check, struct kg_strings *paths,
			 struct kg_error *err)
{
	const struct kg_requirements *requirements = &check->facts->requirements;
	const struct kg_module_tree *tree = check->facts->tree->tree;
	struct kg_strings roots = {0};
	const struct kg_strings *files = kg_module_tree_files(tree);
	int result = 0;

	for (size_t i = 0; result == 0 && i < requirements->count; i++) {
		enum kg_module_presence presence;

		result = kg_module_tree_find(tree, requirements->items[i].module, &presence,
					     &roots, err);
	}
	for (size_t i = 0; result == 0 && i < files->count; i++) {
		const struct kg_initrd_member *member;
		enum kg_module_indexed indexed;
		char *name;

		if (!kg_system_is_out_of_tree(check->system, check->facts->tree, files->items[i]))
			continue;
		name = kg_module_name_of_path(files->items[i], err);
		if (!name)
			result = -1;
		else if (kg_module_tree_indexed(tree, files->items[i], &indexed, err) < 0)
			result = -1;
		else if (indexed == KG_MODULE_INDEXED &&
			 kg_target_facts_find_module(check->facts, name, &member) &&
			 member->content.size > 0)
			result = kg_strings_add_unique(&roots, files->items[i], err);
		free(name);
	}
	for (size_t i = 0; result == 0 && i < roots.count; i++)
		result = kg_module_tree_closure(tree, roots.items[i], paths, err);
	kg_strings_free(&roots);
	return result;
}

/*
 * A symbol that is missing is no reason here: what the module depends on is not known
 * to the tree either, and was not loaded before it. Nor is a name that is taken: it is a
 * copy of one that loads.
 */
static int judge_leftover(struct kg_module_loader *loader, const char *place,
			  const struct kg_initrd_member *member, struct kg_judged_modules *judged,
			  struct kg_error *err)
{
	struct kg_module_verdict *verdict;

	if (kg_judge_module(loader, place, kg_buffer_span(&member->content), judged, err) < 0)
		return -1;
	verdict = &judged->items[judged->count - 1].verdict;
	if (verdict->result == KG_LOAD_REFUSED &&
	    (verdict->reason == KG_FINDING_MODULE_SYMBOL_MISSING ||
	     verdict->reason == KG_FINDING_MODULE_DUPLICATE))
		kg_module_verdict_free(verdict);
	return 0;
}

/* What the images hold of out-of-tree modules that the tree knows nothing of: leftovers. */
static int judge_leftovers(const struct kg_check *check, struct kg_module_loader *loader,
			   struct kg_judged_modules *judged, struct kg_error *err)
{
	for (size_t i = 0; i < check->facts->initrd_count; i++) {
		const struct kg_initrd_slot *slot = &check->facts->initrds[i];

		for (size_t j = 0; j < slot->initrd.member_count; j++) {
			const struct kg_initrd_member *member = &slot->initrd.members[j];
			char *place;
			char *name;
			int result = 0;

			if (member->content.size == 0 || judged->count >= max_judged)
				continue;
			name = kg_module_name_of_path(member->path, err);
			place = kg_format(err, "%s:%s", slot->path, member->path);
			if (!name || !place)
				result = -1;
			else if (!kg_module_loader_has(loader, name))
				result = judge_leftover(loader, place, member, judged, err);
			free(place);
			free(name);
			if (result < 0)
				return -1;
		}
	}
	return 0;
}

static int judge_images(const struct kg_check *check, struct judgement *judgement,
			struct kg_error *err)
{
	struct kg_judged_modules *judged = &judgement->images;
	struct kg_module_loader *loader = kg_module_loader_new(&check->facts->kernel->kernel,
							       &judgement->situation, err);
	struct kg_strings paths = {0};
	int result = -1;

	if (loader && image_modules(check, &paths, err) == 0)
		result = kg_judge_image_modules(loader, check->facts, &paths, judged, err);
	if (result == 0)
		result = judge_leftovers(check, loader, judged, err);
	kg_strings_free(&paths);
	kg_module_loader_free(loader);
	return result;
}

static char *remedy_for(const struct kg_check *check, const struct kg_judged_module *module,
			struct kg_error *err)
{
	switch (module->verdict.reason) {
	case KG_FINDING_MODULE_SYMBOL_GPL_ONLY:
	case KG_FINDING_MODULE_SYMBOL_NAMESPACE:
		return kg_remedy_newer_module(check, module->name, err);
	case KG_FINDING_MODULE_SYMBOL_MISSING:
	case KG_FINDING_MODULE_SYMBOL_VERSION:
	case KG_FINDING_MODULE_VERMAGIC:
	case KG_FINDING_MODULE_DAMAGED:
		return kg_remedy_rebuild_module(check, module->name, err);
	default:
		return kg_copy_string(kg_finding_class(module->verdict.reason)->repair, err);
	}
}

static int report(const struct kg_check *check, const struct kg_judged_module *module,
		  const char *image, enum kg_severity severity, struct kg_error *err)
{
	char *remedy = remedy_for(check, module, err);
	const struct kg_finding_about about = {
		.subject = module->path,
		.module = module->name,
		.symbol = module->verdict.symbol,
		.image = image,
		.remedy = remedy,
	};
	int result = -1;

	if (remedy)
		result = kg_findings_add_severity(check->findings, module->verdict.reason, severity,
						  &about, err, "%s", module->verdict.message);
	free(remedy);
	return result;
}

static bool is_same_verdict(const struct kg_module_verdict *left,
			    const struct kg_module_verdict *right)
{
	if (left->result != right->result)
		return false;
	if (left->result == KG_LOAD_ACCEPTED)
		return true;
	if (left->reason != right->reason || !left->symbol != !right->symbol)
		return false;
	return !left->symbol || strcmp(left->symbol, right->symbol) == 0;
}

/* What is undetermined warns; what is needed at boot and refused is an error. */
static enum kg_severity severity_of(const struct kg_judged_module *module, bool needed)
{
	if (module->verdict.result == KG_LOAD_UNKNOWN || !needed ||
	    module->verdict.reason == KG_FINDING_MODULE_DUPLICATE)
		return KG_SEVERITY_WARNING;
	return KG_SEVERITY_ERROR;
}

/* One finding for a module that is the same in tree and image, else one for each. */
static int report_image_modules(const struct kg_check *check, const struct judgement *judgement,
				struct kg_error *err)
{
	for (size_t i = 0; i < judgement->images.count; i++) {
		const struct kg_judged_module *module = &judgement->images.items[i];
		const struct kg_judged_module *twin = kg_judged_find(&judgement->tree,
								     module->name);
		const struct kg_initrd_member *member;
		const struct kg_initrd_slot *image;

		if (module->verdict.result == KG_LOAD_ACCEPTED)
			continue;
		if (twin && !is_same_verdict(&twin->verdict, &module->verdict))
			twin = NULL;
		image = kg_target_facts_find_module(check->facts, module->name, &member);
		if (report(check, twin ? twin : module, image ? image->path : NULL,
			   severity_of(module, true), err) < 0)
			return -1;
	}
	return 0;
}

static int report_tree_modules(const struct kg_check *check, const struct judgement *judgement,
			       struct kg_error *err)
{
	for (size_t i = 0; i < judgement->tree.count; i++) {
		const struct kg_judged_module *module = &judgement->tree.items[i];
		const struct kg_judged_module *twin = kg_judged_find(&judgement->images,
								     module->name);
		bool required = kg_requirements_find(&check->facts->requirements, module->name);

		if (module->verdict.result == KG_LOAD_ACCEPTED ||
		    (twin && is_same_verdict(&twin->verdict, &module->verdict)))
			continue;
		if (report(check, module, NULL, severity_of(module, required), err) < 0)
			return -1;
	}
	return 0;
}

/* Would the kernel load the out-of-tree modules, and what the image has to load? */
int kg_check_module_load(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	struct judgement judgement = {0};
	int result;

	/* Without an index nobody knows what is loaded before a module. */
	if (!facts->tree || !facts->tree->tree || kg_module_tree_index_error(facts->tree->tree))
		return 0;
	result = kg_load_situation_add_machine(&judgement.situation, &check->system->machine,
					       facts->target->options, err);
	if (result == 0)
		result = judge_tree(check, &judgement, err);
	if (result == 0)
		result = judge_images(check, &judgement, err);
	if (result == 0)
		result = report_image_modules(check, &judgement, err);
	if (result == 0)
		result = report_tree_modules(check, &judgement, err);
	kg_load_situation_free(&judgement.situation);
	kg_judged_modules_free(&judgement.tree);
	kg_judged_modules_free(&judgement.images);
	return result;
}
