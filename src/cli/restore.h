/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_CLI_RESTORE_H
#define KERNEL_GUARD_SRC_CLI_RESTORE_H

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/cli/command.h"
#include "kernel-guard/system/system.h"

/*
 * What a user needs so that the next update does not take a restored kernel away again. A zeroed
 * one is empty: pacman has installed what was restored, or nothing is known of its package.
 */
struct restore_advice {
	char *command;              /* by which pacman goes back to it, or NULL */
	char *directory;            /* a cache directory of pacman's */
	char *configuration;        /* pacman.conf, as the caller names it */
	struct kg_strings missing;  /* package files of the command that are to be had first */
	struct kg_strings packages; /* that pacman is to leave as they are then */
};

/*
 * Finds the package of the kernel that set holds, and its headers where those are installed or DKMS
 * would build with them, in pacman's cache. root is as the caller named it. 0, or -1 with ENOMEM.
 * kg_restore_advice_free() releases it.
 */
int kg_restore_advise(const struct kg_system *system, const struct kg_set *set, const char *root,
		      struct restore_advice *advice, struct kg_error *err);

/* Writes it in sentences; nothing where it is empty. */
void kg_restore_advice_write(const struct restore_advice *advice, FILE *out);

/* Releases it; a zeroed one is left alone. */
void kg_restore_advice_free(struct restore_advice *advice);

#endif
