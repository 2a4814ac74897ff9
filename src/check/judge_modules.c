// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/judge_modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/system/system.h"
#include "prepare_ahead.h"

static void free_judged(struct kg_judged_module *module)
{
	free(module->name);
	free(module->path);
	kg_module_verdict_free(&module->verdict);
}

/* Adds a verdict, which is taken over also on failure. */
static int add(struct kg_judged_modules *judged, const char *path,
	       struct kg_module_verdict *verdict, struct kg_error *err)
{
	const char *slash = strrchr(path, '/');
	struct kg_judged_module item = {
		/* An argument may have any name. */
		.name = kg_is_module_path(path) ? kg_module_name_of_path(path, err)
						: kg_copy_string(slash ? slash + 1 : path, err),
		.path = kg_copy_string(path, err),
		.verdict = *verdict,
	};

	if (!item.name || !item.path ||
	    kg_array_reserve(&judged->items, &judged->capacity, judged->count,
			     sizeof(*judged->items), err) < 0) {
		free_judged(&item);
		return -1;
	}
	judged->items[judged->count++] = item;
	return 0;
}

int kg_judge_module(struct kg_module_loader *loader, const char *path, struct kg_span file,
		    struct kg_judged_modules *judged, struct kg_error *err)
{
	struct kg_module_verdict verdict;

	if (kg_module_loader_load(loader, path, file, &verdict, err) < 0)
		return -1;
	return add(judged, path, &verdict, err);
}

int kg_judge_unread_module(const char *path, const struct kg_error *why,
			   struct kg_judged_modules *judged, struct kg_error *err)
{
	struct kg_module_verdict verdict = {
		.result = KG_LOAD_UNKNOWN,
		.reason = KG_FINDING_MODULE_UNDECIDED,
		.message = kg_copy_string(why->message, err),
	};

	if (!verdict.message)
		return -1;
	return add(judged, path, &verdict, err);
}

static int judge_tree_module(struct kg_module_loader *loader, const struct kg_module_tree *tree,
			     const char *path, struct kg_judged_modules *judged,
			     struct kg_error *err)
{
	struct kg_buffer file = {0};
	struct kg_error why;
	char *full = kg_format(err, "%s/%s", kg_module_tree_path(tree), path);
	int result;

	if (!full)
		return -1;
	if (kg_module_tree_read(tree, path, &file, &why) < 0)
		result = kg_judge_unread_module(full, &why, judged, err);
	else
		result = kg_judge_module(loader, full, kg_buffer_span(&file), judged, err);
	kg_buffer_free(&file);
	free(full);
	return result;
}

/* Loads what has been prepared and adds the verdict. */
static int judge_ahead(struct kg_module_loader *loader, const struct kg_ahead *module,
		       struct kg_judged_modules *judged, struct kg_error *err)
{
	struct kg_module_verdict verdict;

	if (!module->prepared)
		return kg_judge_unread_module(module->path, module->unread, judged, err);
	if (kg_module_loader_load_prepared(loader, module->prepared, &verdict, err) < 0)
		return -1;
	return add(judged, module->path, &verdict, err);
}

int kg_judge_tree_modules(struct kg_module_loader *loader, const struct kg_module_tree *tree,
			  const struct kg_strings *paths, struct kg_judged_modules *judged,
			  struct kg_error *err)
{
	struct kg_prepare_ahead *ahead =
		kg_prepare_ahead_start(kg_module_loader_kernel(loader),
				       kg_module_loader_situation(loader), tree, paths, err);
	struct kg_ahead module;
	int result = ahead ? 0 : -1;

	while (ahead && (result = kg_prepare_ahead_next(ahead, &module, err)) > 0) {
		result = judge_ahead(loader, &module, judged, err);
		if (result < 0)
			break;
	}
	kg_prepare_ahead_free(ahead);
	return result;
}

static int judge_image_module(struct kg_module_loader *loader, const struct kg_target_facts *facts,
			      const char *path, struct kg_judged_modules *judged,
			      struct kg_error *err)
{
	struct kg_judged_modules aside = {0};
	const struct kg_initrd_member *member;
	const struct kg_initrd_slot *image;
	char *name = kg_module_name_of_path(path, err);
	char *place;
	int result;

	if (!name)
		return -1;
	image = kg_target_facts_find_module(facts, name, &member);
	free(name);
	if (!image) {
		result = judge_tree_module(loader, facts->tree->tree, path, &aside, err);
		kg_judged_modules_free(&aside);
		return result;
	}
	place = kg_format(err, "%s:%s", image->path, member->path);
	result = place ? kg_judge_module(loader, place, kg_buffer_span(&member->content), judged,
					 err)
		       : -1;
	free(place);
	return result;
}

int kg_judge_image_modules(struct kg_module_loader *loader, const struct kg_target_facts *facts,
			   const struct kg_strings *paths, struct kg_judged_modules *judged,
			   struct kg_error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (judge_image_module(loader, facts, paths->items[i], judged, err) < 0)
			return -1;
	}
	return 0;
}

int kg_out_of_tree_modules(const struct kg_system *system, const struct kg_tree_slot *tree,
			   struct kg_strings *paths, struct kg_error *err)
{
	const struct kg_strings *files = kg_module_tree_files(tree->tree);

	for (size_t i = 0; i < files->count; i++) {
		enum kg_module_indexed indexed;

		if (!kg_system_is_out_of_tree(system, tree, files->items[i]))
			continue;
		if (kg_module_tree_indexed(tree->tree, files->items[i], &indexed, err) < 0)
			return -1;
		/* Of two files of one name modprobe takes one; what depmod has not seen, none. */
		if (indexed == KG_MODULE_INDEXED &&
		    kg_module_tree_closure(tree->tree, files->items[i], paths, err) < 0)
			return -1;
	}
	return 0;
}

const struct kg_judged_module *kg_judged_find(const struct kg_judged_modules *judged,
					      const char *name)
{
	for (size_t i = 0; i < judged->count; i++) {
		if (kg_module_name_equal(judged->items[i].name, name))
			return &judged->items[i];
	}
	return NULL;
}

void kg_judged_modules_free(struct kg_judged_modules *judged)
{
	for (size_t i = 0; i < judged->count; i++)
		free_judged(&judged->items[i]);
	free(judged->items);
	*judged = (struct kg_judged_modules){0};
}
