/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_BOOTED_H
#define KERNEL_GUARD_SYSTEM_BOOTED_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/system/system.h"

/*
 * Sets *target to the boot target that the running machine was booted from: one whose kernel is the
 * very build that runs, chosen by what the loader has said (LoaderEntrySelected of the Boot
 * Loader Interface, BOOT_IMAGE= of GRUB, initrd= of the EFI stub) and by the command line. NULL,
 * with a sentence in *why that the caller frees, where that cannot be told, or where a file of it
 * has been changed after the boot, so that what has booted is not there any more. 0, or -1
 * with ENOMEM.
 */
int kg_booted_target(const struct kg_system *system, const struct kg_target **target, char **why,
		     struct kg_error *err);

#endif
