/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_INITRD_CONTENTS_H
#define KERNEL_GUARD_SYSTEM_INITRD_CONTENTS_H

#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/initrd.h"

/*
 * Adds what an image brings to the boot, so that two images can be compared: its modules
 * ("ext4.ko", with "_" for "-" and without a compression's suffix), its programs ("bin/mount",
 * wherever below /usr or sbin they lie; "lib/systemd/systemd") and mkinitcpio's runtime hooks
 * ("hooks/encrypt"). The list is sorted, each name once. 0, or -1 with ENOMEM.
 */
int kg_initrd_contents(const struct kg_initrd *initrd, struct kg_strings *names,
		       struct kg_error *err);

#endif
