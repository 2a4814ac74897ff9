/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_BOOT_SYSTEMD_BOOT_CHOICE_H
#define KERNEL_GUARD_SRC_BOOT_SYSTEMD_BOOT_CHOICE_H

#include "kernel-guard/boot/loader.h"

/*
 * make_default() of struct kg_boot_loader: "default" of loader.conf. What was there before stays
 * as a comment, with the entry that it meant; it comes back where it means the target.
 */
int kg_systemd_boot_choose(const struct kg_system *system, const struct kg_target *target,
			   struct kg_entry_files *files, struct kg_strings *notes,
			   struct kg_error *err);

/*
 * Adds loader.conf with what was there before kg_systemd_boot_choose(), where that means another
 * entry than then: a kernel that the user has not refused. While it means one of ours, that one
 * is only on its way. Nothing where it was not called. 0, or -1 with ENOMEM.
 */
int kg_systemd_boot_take_back(const struct kg_system *system, struct kg_entry_files *files,
			      struct kg_error *err);

#endif
