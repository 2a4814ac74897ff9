/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_DRACUT_H
#define KERNEL_GUARD_SYSTEM_DRACUT_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/system/requirement.h"
#include "kernel-guard/system/trouble.h"

/*
 * What dracut's configuration demands to be in its images (dracut.conf(5)): the
 * modules in add_drivers, force_drivers and filesystems without those in omit_drivers,
 * and the kernel module that a dracut module in add_dracutmodules exists for, of
 * /etc/dracut.conf, /usr/lib/dracut/dracut.conf.d and /etc/dracut.conf.d. What cannot
 * be read is added to troubles. 0, or -1 with ENOMEM.
 */
int kg_dracut_requirements(const struct kg_root *root, struct kg_requirements *requirements,
			   struct kg_troubles *troubles, struct kg_error *err);

#endif
