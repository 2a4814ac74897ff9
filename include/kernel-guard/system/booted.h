/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_BOOTED_H
#define KERNEL_GUARD_SYSTEM_BOOTED_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/system/system.h"

/*
 * Sets *target to the boot target that the running machine was booted from: one whose kernel is the
 * very build that runs, chosen by what the loader has said (LoaderEntrySelected and
 * LoaderImageIdentifier of the Boot Loader Interface, BOOT_IMAGE= of GRUB, initrd= of the EFI
 * stub), by the size of the images that the kernel was given, and by the command line. That a
 * target is the default says nothing: somebody may have chosen another. NULL, with a sentence in
 * *why that the caller frees, where that cannot be told, where a file of it has been changed after
 * the boot, so that what has booted is not there any more, or where the kernel was given images
 * of another size than those that the loader's entry names. 0, or -1 with ENOMEM.
 */
int kg_booted_target(const struct kg_system *system, const struct kg_target **target, char **why,
		     struct kg_error *err);

#endif
