/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_CHROOT_H
#define KERNEL_GUARD_SYSTEM_CHROOT_H

#include <stdbool.h>

/*
 * Whether this process sees another root than the machine's first process: then the
 * machine that runs is not the one whose files lie below "/", as inside arch-chroot and
 * pacstrap. Also where /proc is not mounted. False where it cannot be told: users other
 * than root may not look at the first process.
 */
bool kg_in_chroot(void);

#endif
