// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/system/target.h"

/* A preset's kernel is a path, or the release of a kernel in its module tree. */
static char *kernel_path(const struct kg_preset *preset, struct kg_error *err)
{
	if (!preset->kernel)
		return kg_format(err, "/boot/vmlinuz-%s", preset->pkgbase);
	if (preset->kernel[0] == '/')
		return kg_copy_string(preset->kernel, err);
	return kg_format(err, "/usr/lib/modules/%s/vmlinuz", preset->kernel);
}

static int add_target(const struct kg_preset *preset, bool unified, struct kg_targets *targets,
		      struct kg_error *err)
{
	struct kg_target target = {
		.loader = KG_LOADER_MKINITCPIO,
		.entry = kg_format(err, "%s/%s%s", preset->pkgbase, preset->name,
				   unified ? ".efi" : ""),
		.source = kg_format(err, "/etc/mkinitcpio.d/%s.preset", preset->pkgbase),
		.pkgbase = kg_copy_string(preset->pkgbase, err),
		.kernel = unified ? kg_copy_string(preset->uki, err) : kernel_path(preset, err),
		.unified = unified,
		.is_default = preset->first,
	};
	bool whole = target.entry && target.source && target.pkgbase && target.kernel;

	if (whole && !unified)
		whole = kg_strings_add(&target.initrds, preset->image, err) == 0;
	if (kg_targets_add(targets, &target, err) < 0)
		return -1;
	return whole ? 0 : -1;
}

int kg_targets_read_presets(const struct kg_mkinitcpio *mkinitcpio, struct kg_targets *targets,
			    struct kg_error *err)
{
	for (size_t i = 0; i < mkinitcpio->preset_count; i++) {
		const struct kg_preset *preset = &mkinitcpio->presets[i];

		if (preset->image && add_target(preset, false, targets, err) < 0)
			return -1;
		if (preset->uki && add_target(preset, true, targets, err) < 0)
			return -1;
	}
	return 0;
}
