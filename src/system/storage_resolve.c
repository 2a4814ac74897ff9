// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/module.h"
#include "kernel-guard/system/storage.h"

/* Drivers whose name is not their module's, and that sysfs shows without a module. */
static const struct {
	const char *driver;
	const char *module;
} driver_modules[] = {
	{"mmcblk", "mmc_block"},
	{"sd", "sd_mod"},
	{"sr", "sr_mod"},
	{"xhci_hcd", "xhci_pci"},
	{"vbd", "xen_blkfront"},
};

static bool is_of_driver(const char *module, const char *driver)
{
	for (size_t i = 0; i < sizeof(driver_modules) / sizeof(driver_modules[0]); i++) {
		if (strcmp(driver_modules[i].driver, driver) == 0)
			driver = driver_modules[i].module;
	}
	return kg_module_name_equal(module, driver);
}

/* Takes items[chosen], or, with alone false, it and all others as well. */
static int require(const struct kg_storage_need *need, const struct kg_strings *names,
		   size_t chosen, bool alone, struct kg_requirements *requirements,
		   struct kg_error *err)
{
	struct kg_requirement item = {
		.module = kg_copy_string(names->items[chosen], err),
		.reason = kg_copy_string(need->reason, err),
		.fact = true,
		.advisory = need->advisory,
	};
	int result = item.module && item.reason ? 0 : -1;

	for (size_t i = 0; result == 0 && !alone && i < names->count; i++) {
		if (i != chosen)
			result = kg_strings_add(&item.others, names->items[i], err);
	}
	if (result == 0)
		return kg_requirements_add_item(requirements, &item, err);
	free(item.module);
	free(item.reason);
	kg_strings_free(&item.others);
	return -1;
}

static int require_name(const struct kg_storage_need *need, const char *name,
			struct kg_requirements *requirements, struct kg_error *err)
{
	struct kg_strings names = {0};
	int result = kg_strings_add(&names, name, err);

	if (result == 0)
		result = require(need, &names, 0, true, requirements, err);
	kg_strings_free(&names);
	return result;
}

/* Modules that bring xts(aes) of their own, without the alias of the template. */
static int add_accelerated(const struct kg_module_tree *tree, struct kg_strings *names,
			   bool *builtin, struct kg_error *err)
{
	static const char *const modules[] = {"aesni_intel", "aes_ce_blk", "aes_neon_blk",
					      "aes_neon_bs"};

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		bool own;

		if (kg_module_tree_candidates(tree, modules[i], names, &own, err) < 0)
			return -1;
		*builtin = *builtin || own;
	}
	return 0;
}

/* Of the modules that have the alias; *found says that there are any, or something built in. */
static int resolve_alias(const struct kg_storage_need *need, const struct kg_module_tree *tree,
			 struct kg_requirements *requirements, bool *found, struct kg_error *err)
{
	struct kg_strings names = {0};
	bool builtin;
	size_t chosen = 0;
	int result = kg_module_tree_candidates(tree, need->alias, &names, &builtin, err);

	if (result == 0 && strcmp(need->alias, "crypto-xts") == 0)
		result = add_accelerated(tree, &names, &builtin, err);
	*found = builtin || names.count > 0;
	while (need->driver && chosen < names.count &&
	       !is_of_driver(names.items[chosen], need->driver))
		chosen++;
	if (result == 0 && need->driver && chosen < names.count)
		result = require(need, &names, chosen, true, requirements, err);
	else if (result == 0 && !builtin && names.count > 0)
		result = require(need, &names, 0, false, requirements, err);
	kg_strings_free(&names);
	return result;
}

static int presence_of(const struct kg_module_tree *tree, const char *name,
		       enum kg_module_presence *presence, struct kg_error *err)
{
	struct kg_strings paths = {0};
	int result = kg_module_tree_find(tree, name, presence, &paths, err);

	kg_strings_free(&paths);
	return result;
}

/* One of several modules: those that the tree has, unless one is built in. */
static int resolve_any(const struct kg_storage_need *need, const struct kg_module_tree *tree,
		       struct kg_requirements *requirements, struct kg_error *err)
{
	struct kg_strings names = {0};
	bool builtin;
	int result = kg_module_tree_candidates(tree, need->module, &names, &builtin, err);

	for (size_t i = 0; result == 0 && !builtin && i < need->others.count; i++)
		result = kg_module_tree_candidates(tree, need->others.items[i], &names, &builtin,
						   err);
	if (result == 0 && !builtin && names.count > 0)
		result = require(need, &names, 0, false, requirements, err);
	else if (result == 0 && !builtin)
		result = require_name(need, need->module, requirements, err);
	kg_strings_free(&names);
	return result;
}

static int resolve(const struct kg_storage_need *need, const struct kg_module_tree *tree,
		   struct kg_requirements *requirements, struct kg_error *err)
{
	const char *name = need->module ? need->module : need->driver;
	enum kg_module_presence presence = KG_MODULE_ABSENT;
	bool found = false;

	if (need->others.count > 0)
		return resolve_any(need, tree, requirements, err);
	/* The running kernel's module of this name. */
	if (name && presence_of(tree, name, &presence, err) < 0)
		return -1;
	if (presence == KG_MODULE_BUILTIN)
		return 0;
	if (need->module && presence == KG_MODULE_FILE)
		return require_name(need, need->module, requirements, err);
	/* This kernel may call it otherwise. */
	if (need->alias && resolve_alias(need, tree, requirements, &found, err) < 0)
		return -1;
	return need->module && !found ? require_name(need, need->module, requirements, err) : 0;
}

int kg_storage_resolve(const struct kg_storage_needs *needs, const struct kg_module_tree *tree,
		       struct kg_requirements *requirements, struct kg_error *err)
{
	for (size_t i = 0; i < needs->count; i++) {
		if (resolve(&needs->items[i], tree, requirements, err) < 0)
			return -1;
	}
	return 0;
}
