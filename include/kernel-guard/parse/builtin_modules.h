/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_BUILTIN_MODULES_H
#define KERNEL_GUARD_PARSE_BUILTIN_MODULES_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/elf_file.h"

/*
 * Adds the names of what is built into this vmlinux and has a directory in /sys/module for
 * its parameters or its version (kernel/params.c, param_sysfs_builtin() and
 * version_sysfs_builtin()): no module of such a name can be loaded. Sorted, each once.
 * Needs addresses that are written in the file, as x86_64 has them; elsewhere nothing is
 * found. 0, or -1 with ENOMEM.
 */
int kg_builtin_modules_read(const struct kg_elf_file *vmlinux, struct kg_strings *names,
			    struct kg_error *err);

/*
 * Whether the kernel loads only modules with a good signature unless told otherwise: the
 * initial value of the parameter module.sig_enforce, CONFIG_MODULE_SIG_FORCE
 * (kernel/module/signing.c).
 */
bool kg_builtin_signatures_enforced(const struct kg_elf_file *vmlinux);

#endif
