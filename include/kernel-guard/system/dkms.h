/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_DKMS_H
#define KERNEL_GUARD_SYSTEM_DKMS_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/trouble.h"

/* One module package that DKMS knows: /var/lib/dkms/NAME/VERSION (dkms(8)). */
struct kg_dkms_package {
	char *name;
	char *version;
	/* Module names that it has built for any kernel, or that its dkms.conf promises. */
	struct kg_strings modules;
};

/* A zeroed one is valid and empty. */
struct kg_dkms {
	struct kg_dkms_package *items;
	size_t count;
	size_t capacity;
};

/*
 * Reads what DKMS has, and the sources in /usr/src that it would take up: the names under
 * .../KERNEL/ARCH/module/, and BUILT_MODULE_NAME of /usr/src/NAME-VERSION/dkms.conf as far
 * as it can be read without executing it. What cannot be read is added to troubles. 0, or
 * -1 with ENOMEM. kg_dkms_free() releases it.
 */
int kg_dkms_read(const struct kg_root *root, struct kg_dkms *dkms, struct kg_troubles *troubles,
		 struct kg_error *err);

/* The package that builds a module of this name, or NULL. */
const struct kg_dkms_package *kg_dkms_find(const struct kg_dkms *dkms, const char *module);

/*
 * The first lines with an error in the log of the package's last build, where that was for
 * release: /var/lib/dkms/NAME/VERSION/build/make.log. At most three, of at most 300 bytes
 * each, with "; " between them, which the caller frees; NULL where there is none.
 */
char *kg_dkms_build_error(const struct kg_root *root, const struct kg_dkms_package *package,
			  const char *release);

/* Releases it; a zeroed one is left alone. */
void kg_dkms_free(struct kg_dkms *dkms);

#endif
