/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CHECK_ABSENT_MODULE_H
#define KERNEL_GUARD_CHECK_ABSENT_MODULE_H

#include "kernel-guard/check/check.h"

/*
 * Adds the finding that a module is not there for the target's kernel. requirement
 * says who needs it in the initramfs, which makes it an error; NULL for a warning.
 * where, which may be NULL, says who else has the module. 0, or -1 with ENOMEM.
 */
int kg_report_absent_module(const struct kg_check *check, const char *module,
			    const struct kg_requirement *requirement, const char *where,
			    struct kg_error *err);

#endif
