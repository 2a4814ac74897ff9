/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_BOOT_LOADERS_H
#define KERNEL_GUARD_SRC_BOOT_LOADERS_H

#include "kernel-guard/boot/loader.h"

extern const struct kg_boot_loader kg_boot_loader_systemd_boot;
extern const struct kg_boot_loader kg_boot_loader_grub;

#endif
