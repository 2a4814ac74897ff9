/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_PACMAN_LOG_H
#define KERNEL_GUARD_ACT_PACMAN_LOG_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"

/*
 * Appends each line of text to pacman's log at path below root, in its form
 * "[TIME] [KERNEL-GUARD] LINE". Only an existing regular file is written to. 0, or -1:
 * ENOENT, EROFS, ENOSPC and what else the file system says.
 */
int kg_pacman_log_append(const struct kg_root *root, const char *path, const char *text,
			 struct kg_error *err);

#endif
