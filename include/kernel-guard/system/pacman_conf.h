/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_PACMAN_CONF_H
#define KERNEL_GUARD_SYSTEM_PACMAN_CONF_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"

/* What of pacman.conf(5), section options, matters here. */
struct kg_pacman_conf {
	bool color;
	char *log_file; /* never NULL after kg_pacman_conf_read() */
};

/*
 * Reads /etc/pacman.conf below root; a file that cannot be read leaves pacman's
 * defaults. 0, or -1 with ENOMEM. kg_pacman_conf_free() releases it.
 */
int kg_pacman_conf_read(const struct kg_root *root, struct kg_pacman_conf *conf,
			struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_pacman_conf_free(struct kg_pacman_conf *conf);

#endif
