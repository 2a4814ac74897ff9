/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_MKINITCPIO_H
#define KERNEL_GUARD_SYSTEM_MKINITCPIO_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/parse/shell.h"
#include "kernel-guard/system/requirement.h"
#include "kernel-guard/system/trouble.h"

/* One image that a preset file tells mkinitcpio to build. */
struct kg_preset {
	char *pkgbase; /* the file's name without .preset */
	char *name;    /* "default", "fallback", … */
	char *kernel;  /* path of the kernel image, or a kernel release; NULL where unset */
	char *image;   /* NULL where unset */
	char *uki;     /* NULL where unset */
	char *config;  /* NULL: /etc/mkinitcpio.conf with its drop-ins */
	char *options; /* NULL where unset */
	bool first;    /* of its file */
};

/* A zeroed one is valid and empty. */
struct kg_mkinitcpio {
	struct kg_preset *presets;
	size_t preset_count;
	size_t preset_capacity;
};

/*
 * Reads /etc/mkinitcpio.d/NAME.preset (mkinitcpio(8), "PRESETS"). A file that cannot
 * be read is added to troubles. 0, or -1 with ENOMEM. kg_mkinitcpio_free() releases
 * it.
 */
int kg_mkinitcpio_read(const struct kg_root *root, struct kg_mkinitcpio *mkinitcpio,
		       struct kg_troubles *troubles, struct kg_error *err);

/* The module that a hook, or a dracut module of the same name, exists for; NULL for most. */
const char *kg_module_of_hook(const char *hook);

/* Releases it; a zeroed one is left alone. */
void kg_mkinitcpio_free(struct kg_mkinitcpio *mkinitcpio);

/*
 * What the configuration demands to be in the image (mkinitcpio.conf(5)): the names
 * in MODULES, but for those marked optional by "?", and the module that each known
 * hook in HOOKS exists for. config and options are those of the preset, or NULL; as
 * with mkinitcpio -c, a config of its own has no drop-ins. What cannot be read is added
 * to troubles. 0, or -1 with ENOMEM.
 */
int kg_mkinitcpio_requirements(const struct kg_root *root, const char *config,
			       const char *options, struct kg_requirements *requirements,
			       struct kg_troubles *troubles, struct kg_error *err);

#endif
