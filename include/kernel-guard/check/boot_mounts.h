/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CHECK_BOOT_MOUNTS_H
#define KERNEL_GUARD_CHECK_BOOT_MOUNTS_H

#include "kernel-guard/system/system.h"

/* The machine's mount at point, which may be a link to where it is; NULL where there is none. */
const struct kg_mount *kg_boot_mount_of(const struct kg_system *system, const char *point);

/* The line of fstab for a mount at point, or NULL. */
const struct kg_mount *kg_boot_line_of(const struct kg_system *system, const char *point);

/* The package of an installed kernel for commands that are shown: "linux" where none is known. */
const char *kg_boot_package(const struct kg_system *system);

#endif
