/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_BOOT_FALLBACK_H
#define KERNEL_GUARD_BOOT_FALLBACK_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/system.h"

/* How often kept files of one kernel are counted: .old, .old.2, … */
enum { kg_fallback_max = 9 };

/*
 * A kept kernel with its images, which lie beside those that a boot target names:
 * vmlinuz-linux.old and initramfs-linux.old.img, then .old.2 and so on.
 */
struct kg_fallback {
	const struct kg_target *target; /* whose entry is cloned */
	unsigned int number;            /* 1 for .old */
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
 * and a sentence is added to notes. Unified kernel images need no entry: they are one. 0, or -1
 * with ENOMEM. kg_fallbacks_free() releases it.
 */
int kg_fallbacks_find(const struct kg_system *system, struct kg_fallbacks *fallbacks,
		      struct kg_strings *notes, struct kg_error *err);

/* Releases them and leaves a zeroed list. */
void kg_fallbacks_free(struct kg_fallbacks *fallbacks);

/*
 * What a kept file is called: ".old" behind a kernel's name, and before the ".img" of an image's;
 * with number 2 ".old.2". A unified kernel image X.efi is kept as X-old.efi, without a counter of
 * boots. A file in kernel-install's layout, TOKEN/RELEASE/linux, would go with its directory: it is
 * kept as kernel-guard/TOKEN/FLAVOUR/linux.old, with what the releases of one package have in
 * common. The caller frees it; NULL, and err, with ENOMEM.
 */
char *kg_kept_name(const char *name, unsigned int number, struct kg_error *err);

/*
 * What the file was called, when it was that of this release, to which kg_kept_name() has given
 * this name, whatever the number; a copy of one that it has not. The caller frees it; NULL, and
 * err, with ENOMEM.
 */
char *kg_original_name(const char *name, const char *release, struct kg_error *err);

/*
 * Whether the file lies in a directory of its release, as kernel-install has it: then every kernel
 * has an entry of its own, and which of them is the default says the loader's configuration.
 */
bool kg_has_release_directory(const char *path);

#endif
