// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"
#include "kernel-guard/parse/module.h"

/* As the kernel finds it: plain, or compressed (CONFIG_FW_LOADER_COMPRESS_XZ, _ZSTD). */
static const char *const suffixes[] = {"", ".zst", ".xz"};

enum { suffix_count = sizeof(suffixes) / sizeof(suffixes[0]) };

static int is_installed(const struct kg_check *check, const char *firmware, bool *found,
			struct kg_error *err)
{
	for (size_t i = 0; !*found && i < suffix_count; i++) {
		char *path = kg_format(err, "/usr/lib/firmware/%s%s", firmware, suffixes[i]);

		if (!path)
			return -1;
		*found = kg_root_has_file(&check->system->root, path);
		free(path);
	}
	return 0;
}

static int is_in_images(const struct kg_check *check, const char *firmware, bool *found,
			struct kg_error *err)
{
	static const char *const directories[] = {"usr/lib/firmware", "lib/firmware"};

	for (size_t i = 0; !*found && i < 2 * suffix_count; i++) {
		char *path = kg_format(err, "%s/%s%s", directories[i / suffix_count], firmware,
				       suffixes[i % suffix_count]);

		if (!path)
			return -1;
		for (size_t j = 0; !*found && j < check->facts->initrd_count; j++)
			*found = kg_initrd_find(&check->facts->initrds[j].initrd, path) != NULL;
		free(path);
	}
	return 0;
}

/*
 * Whether the images have none of the module's firmware although some is installed. Which
 * one the device asks for only the device knows: one is enough.
 */
static int find_missing(const struct kg_check *check, const struct kg_module *module,
			const char **missing, struct kg_error *err)
{
	for (size_t i = 0; i < module->firmware_count; i++) {
		const char *firmware = module->firmware[i];
		bool installed = false;
		bool present = false;

		if (strpbrk(firmware, "*?["))
			continue;
		if (is_in_images(check, firmware, &present, err) < 0 ||
		    is_installed(check, firmware, &installed, err) < 0)
			return -1;
		if (present) {
			*missing = NULL;
			return 0;
		}
		if (installed && !*missing)
			*missing = firmware;
	}
	return 0;
}

static int report(const struct kg_check *check, const struct kg_requirement *requirement,
		  const char *firmware, struct kg_error *err)
{
	const char *image = kg_target_facts_main_image(check->facts);
	char *remedy = kg_remedy_rebuild_image(check, err);
	char *why = kg_requirement_why(requirement, err);
	const struct kg_finding_about about = {
		.subject = image,
		.module = requirement->module,
		.image = image,
		.remedy = remedy,
	};
	int result = -1;

	if (remedy && why)
		result = kg_findings_add(check->findings, KG_FINDING_INITRAMFS_FIRMWARE_MISSING,
					 &about, err,
					 "%s holds no firmware for %s, such as %s, which is "
					 "installed; the module is %s",
					 image, requirement->module, firmware, why);
	free(why);
	free(remedy);
	return result;
}

static int check_file(const struct kg_check *check, const struct kg_requirement *requirement,
		      const char *path, struct kg_error *err)
{
	static const struct kg_loader_rules any_rules;
	struct kg_buffer file = {0};
	struct kg_buffer storage = {0};
	struct kg_module module = {0};
	struct kg_error why = {0};
	const char *missing = NULL;
	struct kg_span image;
	int result = 0;

	/* One that cannot be read is a finding of those who judge modules. */
	if (kg_module_tree_read(check->facts->tree->tree, path, &file, &why) == 0 &&
	    kg_module_unpack(kg_buffer_span(&file), &storage, &image, &why) == 0 &&
	    kg_module_parse(image, &any_rules, &module, &why) == 0)
		result = find_missing(check, &module, &missing, err);
	else if (why.code == ENOMEM)
		result = kg_fail_memory(err);
	if (result == 0 && missing)
		result = report(check, requirement, missing, err);
	kg_module_free(&module);
	kg_buffer_free(&storage);
	kg_buffer_free(&file);
	return result;
}

static int check_requirement(const struct kg_check *check,
			     const struct kg_requirement *requirement, struct kg_error *err)
{
	const struct kg_module_tree *tree = check->facts->tree->tree;
	enum kg_module_presence presence;
	struct kg_strings paths = {0};
	int result = kg_module_tree_find(tree, requirement->module, &presence, &paths, err);

	for (size_t i = 0; result == 0 && i < paths.count; i++)
		result = check_file(check, requirement, paths.items[i], err);
	kg_strings_free(&paths);
	return result;
}

/* Is the firmware of required modules in the image? Others may be for hardware that is not here. */
int kg_check_firmware(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	int result = 0;

	if (!facts->tree || !facts->tree->tree || kg_module_tree_index_error(facts->tree->tree) ||
	    facts->initrd_count == 0 || !kg_target_facts_images_whole(facts))
		return 0;
	for (size_t i = 0; result == 0 && i < facts->requirements.count; i++)
		result = check_requirement(check, &facts->requirements.items[i], err);
	return result;
}
