/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_BOOT_SETUP_H
#define KERNEL_GUARD_SYSTEM_BOOT_SETUP_H

#include <stdbool.h>

#include "kernel-guard/core/root.h"
#include "kernel-guard/system/mount_table.h"

/*
 * Whether anything says that the system below root is to boot by itself: it is running
 * (/run/systemd/system, sd_booted(3)), its fstab mounts a boot partition (fstab(5)), or
 * /boot or /efi holds anything but microcode, which is a package's file there. What
 * cannot be read counts as that. Nothing says so while an image is built, and at an
 * installation before a kernel is copied to /boot.
 */
bool kg_root_is_set_up_to_boot(const struct kg_root *root, const struct kg_mount_table *fstab);

#endif
