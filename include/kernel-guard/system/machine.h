/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_MACHINE_H
#define KERNEL_GUARD_SYSTEM_MACHINE_H

#include "kernel-guard/core/error.h"

/* What proc and sys of the machine say; NULL where they do not. The strings are owned. */
struct kg_machine {
	char *command_line; /* /proc/cmdline */
	char *lockdown;     /* /sys/kernel/security/lockdown: "none [integrity] …" */
	char *sig_enforce;  /* /sys/module/module/parameters/sig_enforce: Y or N */
};

/*
 * Reads proc and sys below place: "/" for the machine that this runs on, or a directory
 * with captured ones. NULL: nothing is known of the machine. What cannot be read is
 * left out. 0, or -1: where place cannot be opened, or ENOMEM. kg_machine_free()
 * releases it.
 */
int kg_machine_read(const char *place, struct kg_machine *machine, struct kg_error *err);

/* Releases it and leaves a zeroed one. */
void kg_machine_free(struct kg_machine *machine);

#endif
