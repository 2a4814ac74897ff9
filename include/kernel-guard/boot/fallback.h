/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_BOOT_FALLBACK_H
#define KERNEL_GUARD_BOOT_FALLBACK_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/kept_name.h"
#include "kernel-guard/system/system.h"

/*
 * A kept kernel with its images, which lie beside those that a boot target names:
 * vmlinuz-linux.old and initramfs-linux.old.img, then .old.2 and so on.
 */
struct kg_fallback {
	const struct kg_target *target; /* whose entry is cloned */
	size_t number;                  /* of its kept files: kg_kept_name() */
	char release[256];              /* of the kept kernel */
	struct kg_strings kept;         /* those of the target's files that have a kept one */
};

/* A zeroed list is a valid empty one. */
struct kg_fallbacks {
	struct kg_fallback *items;
	size_t count;
	size_t capacity;
};

/*
 * Finds the kept kernels beside those of the system's boot targets. Of several targets that start
 * one kernel the default is taken, else the first, or another one where of those images one has no
 * kept twin: an old kernel does not start with a new image. Where that is so of all, there is none,
 * and a sentence is added to notes. 0, or -1 with ENOMEM. kg_fallbacks_free() releases it.
 */
int kg_fallbacks_find(const struct kg_system *system, struct kg_fallbacks *fallbacks,
		      struct kg_strings *notes, struct kg_error *err);

/*
 * Adds a sentence to hints for each that no entry starts and that gets none from kg_boot_loader(),
 * with the files that are to be started by hand; and one for each unified image that has lost its
 * addons. 0, or -1 with ENOMEM.
 */
int kg_fallbacks_tell(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		      struct kg_strings *hints, struct kg_error *err);

/* Releases them and leaves a zeroed list. */
void kg_fallbacks_free(struct kg_fallbacks *fallbacks);

#endif
