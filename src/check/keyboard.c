// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/check.h"
#include "kernel-guard/check/image_modules.h"

/* Sets *usable where everything that drives the keyboard is built in or in the images. */
static int check_keyboard(const struct kg_check *check, const struct kg_keyboard *keyboard,
			  bool *usable, struct kg_error *err)
{
	struct kg_requirements requirements = {0};
	int result = kg_storage_resolve(&keyboard->needs, check->facts->tree->tree, &requirements,
					err);

	*usable = true;
	for (size_t i = 0; result == 0 && *usable && i < requirements.count; i++)
		result = kg_images_meet(check, &requirements.items[i], usable, err);
	kg_requirements_free(&requirements);
	return result;
}

/*
 * Where the root is encrypted: can a keyboard of this machine be used in the initramfs? A
 * machine that is unlocked by a TPM, a key file or over the network needs none.
 */
int kg_check_keyboard(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_storage *storage = &check->system->storage;
	const struct kg_target_facts *facts = check->facts;
	const char *image = kg_target_facts_main_image(facts);
	const struct kg_finding_about about = {.subject = image, .image = image};

	if (storage->keyboard_count == 0 || facts->initrd_count == 0 || !facts->tree ||
	    !facts->tree->tree || kg_module_tree_index_error(facts->tree->tree) ||
	    !kg_target_facts_images_whole(facts))
		return 0;
	for (size_t i = 0; i < storage->keyboard_count; i++) {
		bool usable;

		if (check_keyboard(check, &storage->keyboards[i], &usable, err) < 0)
			return -1;
		if (usable)
			return 0;
	}
	return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_KEYBOARD, &about, err,
			       "/ is encrypted, and %s holds what drives none of this machine's "
			       "keyboards (%s)",
			       image, storage->keyboards[0].name);
}
