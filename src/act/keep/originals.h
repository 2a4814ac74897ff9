/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_ORIGINALS_H
#define KERNEL_GUARD_SRC_ACT_KEEP_ORIGINALS_H

#include "kernel-guard/system/system.h"

/*
 * Has the file systems written to the disk that the kernels and images of boot targets lie on: what
 * has just been written, and may be compared, is in memory only for half a minute. 0, or -1 with
 * what syncfs(2) says, or ENOMEM.
 */
int kg_originals_sync(const struct kg_system *system, struct kg_error *err);

#endif
