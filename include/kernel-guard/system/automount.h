/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_AUTOMOUNT_H
#define KERNEL_GUARD_SYSTEM_AUTOMOUNT_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/system/boot_places.h"

/*
 * Has what waits to be mounted at a boot partition's place, by x-systemd.automount or
 * systemd-gpt-auto-generator(8), mounted: it is opened (autofs(5): a direct mount), and mounts is
 * read anew. What is not mounted even then is taken out of it, for nothing can be written there. Of
 * the machine that this runs on: root is its root, and mounts its table, which sources has too.
 * 0, or -1 with ENOMEM.
 */
int kg_automounts_trigger(const struct kg_root *root, const struct kg_boot_sources *sources,
			  struct kg_mount_table *mounts, struct kg_error *err);

#endif
