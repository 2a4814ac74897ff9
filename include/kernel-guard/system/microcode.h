/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_MICROCODE_H
#define KERNEL_GUARD_SYSTEM_MICROCODE_H

#include "kernel-guard/system/initrd.h"

/* Whether the member is a file that the kernel takes microcode from, or would. */
bool kg_initrd_is_microcode(const struct kg_initrd_member *member);

/*
 * How many segments at the image's front are uncompressed: find_cpio_data() (lib/earlycpio.c, Linux
 * 6.12), with which the kernel looks for microcode, stops at the first that is not.
 */
size_t kg_initrd_early_segments(const struct kg_initrd *initrd);

/*
 * Whether the image at path below root holds microcode and nothing else, so that it fits every
 * kernel. False also where it cannot be read.
 */
bool kg_initrd_is_only_microcode(const struct kg_root *root, const char *path);

#endif
