/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CHECK_JUDGE_MODULES_H
#define KERNEL_GUARD_CHECK_JUDGE_MODULES_H

#include "kernel-guard/loader/module_loader.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/module_tree.h"
#include "kernel-guard/system/target_facts.h"

/* The verdict on one module file. */
struct kg_judged_module {
	char *name;
	char *path; /* of the file: below the root, or "IMAGE:member" */
	struct kg_module_verdict verdict;
};

/* A zeroed list is a valid empty one. */
struct kg_judged_modules {
	struct kg_judged_module *items;
	size_t count;
	size_t capacity;
};

/*
 * Loads the modules at paths, relative to the tree, one after the other and adds the
 * verdict on each. 0, or -1 with ENOMEM. A file that cannot be read is judged unknown.
 */
int kg_judge_tree_modules(struct kg_module_loader *loader, const struct kg_module_tree *tree,
			  const struct kg_strings *paths, struct kg_judged_modules *judged,
			  struct kg_error *err);

/*
 * The same for the copies in the images of a target. What an image does not hold is
 * loaded from the tree and not added: that it is missing there is another finding.
 */
int kg_judge_image_modules(struct kg_module_loader *loader, const struct kg_target_facts *facts,
			   const struct kg_strings *paths, struct kg_judged_modules *judged,
			   struct kg_error *err);

/* Loads the file and adds the verdict. 0, or -1 with ENOMEM. */
int kg_judge_module(struct kg_module_loader *loader, const char *path, struct kg_span file,
		    struct kg_judged_modules *judged, struct kg_error *err);

/* Adds the verdict "unknown" on a file that could not be read. 0, or -1 with ENOMEM. */
int kg_judge_unread_module(const char *path, const struct kg_error *why,
			   struct kg_judged_modules *judged, struct kg_error *err);

/*
 * Adds to paths every out-of-tree module of the tree that modprobe would find, its
 * dependencies before it. 0, or -1 with ENOMEM.
 */
int kg_out_of_tree_modules(const struct kg_system *system, const struct kg_tree_slot *tree,
			   struct kg_strings *paths, struct kg_error *err);

/* The verdict on the module of this name, or NULL. */
const struct kg_judged_module *kg_judged_find(const struct kg_judged_modules *judged,
					      const char *name);

/* Frees everything and leaves a valid empty list. */
void kg_judged_modules_free(struct kg_judged_modules *judged);

#endif
