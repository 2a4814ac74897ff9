/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CHECK_CHECK_H
#define KERNEL_GUARD_CHECK_CHECK_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/report/finding.h"
#include "kernel-guard/report/report.h"
#include "kernel-guard/system/record.h"
#include "kernel-guard/system/system.h"
#include "kernel-guard/system/target_facts.h"

/* What a check looks at, and where it puts what it finds. */
struct kg_check {
	const struct kg_system *system;
	const struct kg_target_facts *facts; /* NULL for a check of the whole machine */
	const struct kg_record *record;      /* what was there before a transaction, or NULL */
	struct kg_findings *findings;
	bool partial; /* only some targets were asked for */
};

/*
 * The checks, in the order in which their findings appear; each has a file of its own
 * in src/check, and its function is kg_check_NAME. They write nothing and open
 * nothing but module files of the target's own tree.
 */
#define KG_TARGET_CHECKS(X)                                                                        \
	X(kernel)                                                                                  \
	X(root_device)                                                                             \
	X(secure_boot)                                                                             \
	X(entry_other_file)                                                                        \
	X(module_tree)                                                                             \
	X(unified_image)                                                                           \
	X(initramfs)                                                                               \
	X(compression)                                                                             \
	X(init_program)                                                                            \
	X(required_modules)                                                                        \
	X(keyboard)                                                                                \
	X(firmware)                                                                                \
	X(vanished_contents)                                                                       \
	X(absent_modules)                                                                          \
	X(modprobe)                                                                                \
	X(headers)                                                                                 \
	X(module_load)                                                                             \
	X(microcode)

#define KG_MACHINE_CHECKS(X)                                                                       \
	X(configuration)                                                                           \
	X(boot_targets)                                                                            \
	X(boot_not_mounted)                                                                        \
	X(boot_read_only)                                                                          \
	X(boot_hides_files)                                                                        \
	X(entry_default)                                                                           \
	X(secure_boot_loader)                                                                      \
	X(boot_space)                                                                              \
	X(vanished_targets)                                                                        \
	X(storage)

#define X(name) int kg_check_##name(const struct kg_check *check, struct kg_error *err);
KG_TARGET_CHECKS(X)
KG_MACHINE_CHECKS(X)
#undef X

/*
 * Runs every check on the system's boot targets, or on those that names select (by
 * entry id, kernel release or package base), and concludes the verdict. names NULL or
 * empty: all. record, which may be NULL, is what was there before a transaction. 0 with
 * *report, or -1: ENOENT where a name selects nothing, or ENOMEM.
 * kg_report_free() releases it.
 */
int kg_check_system(struct kg_system *system, const struct kg_strings *names,
		    const struct kg_record *record, struct kg_report *report,
		    struct kg_error *err);

/*
 * Adds what no transaction may begin with to findings: boot partitions that are not mounted, so
 * that what is written would not reach them. 0, or -1 with ENOMEM.
 */
int kg_check_before_transaction(const struct kg_system *system, struct kg_findings *findings,
				struct kg_error *err);

/* As kg_check_system() without checks: the targets and their releases, for `list`. */
int kg_check_list(struct kg_system *system, struct kg_report *report, struct kg_error *err);

#endif
