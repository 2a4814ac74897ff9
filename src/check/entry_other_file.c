// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/system/boot_copy.h"

static int report(const struct kg_check *check, const char *used, const char *written,
		  const char *how, struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	char *remedy = kg_format(err,
				 "cp %s %s; to have it last, let the preset in "
				 "/etc/mkinitcpio.d write where %s reads",
				 written, used, target->source);
	const struct kg_finding_about about = {.subject = used, .remedy = remedy};
	int result = -1;

	if (remedy)
		result = kg_findings_add(check->findings, KG_FINDING_ENTRY_OTHER_FILE, &about, err,
					 "%s starts with %s, and updates write %s, %s: the machine "
					 "does not boot what was built last",
					 target->entry, used, written, how);
	free(remedy);
	return result;
}

/* Whether written is a file beside which used, of the same name elsewhere, has fallen behind. */
static int check_pair(const struct kg_check *check, const char *used, const char *written,
		      bool *found, struct kg_error *err)
{
	const struct kg_root *root = &check->system->root;
	enum kg_boot_relation relation;

	if (*found || !written || written[0] != '/' ||
	    strcmp(kg_base_name(used), kg_base_name(written)) != 0 ||
	    !kg_root_has_file(root, used) || !kg_root_has_file(root, written))
		return 0;
	if (kg_boot_compare(root, used, written, &relation, err) < 0)
		return -1;
	*found = relation == KG_BOOT_STALE;
	return *found ? report(check, used, written, "which is another file", err) : 0;
}

/* Whether a boot target starts this unified image. */
static bool is_started(const struct kg_check *check, const char *image)
{
	const struct kg_targets *targets = &check->system->targets;

	for (size_t i = 0; i < targets->count; i++) {
		if (kg_boot_same_file(&check->system->root, targets->items[i].kernel, image))
			return true;
	}
	return false;
}

/* A unified image that is written where no entry is, of another release than the one that boots. */
static int check_unstarted(const struct kg_check *check, const char *image, bool *found,
			   struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	const char *own = facts->kernel->kernel.release;
	char release[256];
	struct kg_error ignored;
	char *how;
	int result;

	if (*found || !image || is_started(check, image) ||
	    kg_kernel_read_release(&check->system->root, image, release, sizeof(release),
				   &ignored) < 0 ||
	    strcmp(release, own) == 0)
		return 0;
	how = kg_format(err, "which holds Linux %s instead of %s and which no entry starts",
			release, own);
	if (!how)
		return -1;
	*found = true;
	result = report(check, facts->target->kernel, image, how, err);
	free(how);
	return result;
}

static int check_preset(const struct kg_check *check, const struct kg_preset *preset, bool *kernel,
			bool *image, struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;

	if (target->unified)
		return check_pair(check, target->kernel, preset->uki, kernel, err) < 0
			       ? -1
			       : check_unstarted(check, preset->uki, kernel, err);
	if (check_pair(check, target->kernel, preset->kernel, kernel, err) < 0)
		return -1;
	for (size_t i = 0; i < target->initrds.count; i++) {
		if (check_pair(check, target->initrds.items[i], preset->image, image, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Does the default entry start the files that updates write, or copies of them that were not
 * refreshed? A kernel without modules, and an image of another release, are told elsewhere; others
 * than the default may be kept on purpose.
 */
int kg_check_entry_other_file(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	const struct kg_mkinitcpio *mkinitcpio = &check->system->mkinitcpio;
	bool kernel = false;
	bool image = false;

	if (!facts->target->is_default || !facts->tree || !facts->tree->tree ||
	    !facts->tree->pkgbase ||
	    (facts->target->loader != KG_LOADER_SYSTEMD_BOOT &&
	     facts->target->loader != KG_LOADER_GRUB))
		return 0;
	for (size_t i = 0; i < mkinitcpio->preset_count; i++) {
		const struct kg_preset *preset = &mkinitcpio->presets[i];

		if (strcmp(preset->pkgbase, facts->tree->pkgbase) == 0 &&
		    check_preset(check, preset, &kernel, &image, err) < 0)
			return -1;
	}
	return 0;
}
