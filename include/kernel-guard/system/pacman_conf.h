/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_PACMAN_CONF_H
#define KERNEL_GUARD_SYSTEM_PACMAN_CONF_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/* What of pacman.conf(5), section options, matters here. */
struct kg_pacman_conf {
	bool color;
	char *log_file; /* never NULL after kg_pacman_conf_read() */
	/* Never empty then; in the order of the file, without slashes at their ends. */
	struct kg_strings cache_dirs;
};

/*
 * Reads /etc/pacman.conf below root, and what it includes, as pacman 6.0 to 7.1 do (parse_ini() of
 * common/ini-common.c, src/pacman/conf.c); a file that cannot be read leaves pacman's defaults.
 * pacman 7.1 does not start with a CacheDir that is missing, or with several on one line: they are
 * read as 7.0 reads them.
 * 0, or -1 with ENOMEM. kg_pacman_conf_free() releases it.
 */
int kg_pacman_conf_read(const struct kg_root *root, struct kg_pacman_conf *conf,
			struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_pacman_conf_free(struct kg_pacman_conf *conf);

/*
 * The path below root of a package file NAME-VERSION-ARCHITECTURE.pkg.tar, whatever compresses
 * it, in the first cache directory that has one; signatures are none. The caller frees it. NULL:
 * err->code is 0 where there is none, or ENOMEM.
 */
char *kg_pacman_cached(const struct kg_root *root, const struct kg_pacman_conf *conf,
		       const char *name, const char *version, struct kg_error *err);

#endif
