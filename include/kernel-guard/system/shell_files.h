/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_SHELL_FILES_H
#define KERNEL_GUARD_SYSTEM_SHELL_FILES_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/parse/shell.h"
#include "kernel-guard/system/trouble.h"

/*
 * Reads a configuration file that is shell code into shell. A file that is not there
 * is left out; one that cannot be read, and every statement that cannot, is added to
 * troubles. 0, or -1 with ENOMEM.
 */
int kg_shell_read_file(const struct kg_root *root, const char *path, struct kg_shell *shell,
		       struct kg_troubles *troubles, struct kg_error *err);

/*
 * As kg_shell_read_file() for each file in directory whose name ends with suffix, in
 * bytewise order. A directory that is not there is empty.
 */
int kg_shell_read_directory(const struct kg_root *root, const char *directory, const char *suffix,
			    struct kg_shell *shell, struct kg_troubles *troubles,
			    struct kg_error *err);

#endif
