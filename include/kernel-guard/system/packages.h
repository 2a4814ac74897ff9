/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_PACKAGES_H
#define KERNEL_GUARD_SYSTEM_PACKAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"

/* pacman's local database, read through libalpm. */
struct kg_packages;

/* An installed package. The strings belong to the database. */
struct kg_package {
	const char *name;
	const char *version;
};

/*
 * Opens /var/lib/pacman below root. libalpm is loaded at run time, any of the
 * sonames 13 (pacman 6.0) to 16 (pacman 7.1). Nothing is locked or written. 0 with
 * *packages, or -1: ENOENT where there is no database; ENOTSUP where no libalpm can
 * be loaded; EBADMSG where libalpm refuses the database. kg_packages_free() releases it.
 */
int kg_packages_open(const struct kg_root *root, struct kg_packages **packages,
		     struct kg_error *err);

/* Releases it; NULL is fine. */
void kg_packages_free(struct kg_packages *packages);

/* The soname of the libalpm in use, such as "libalpm.so.15". */
const char *kg_packages_library(const struct kg_packages *packages);

/*
 * The package that owns the kernel image of a module tree,
 * usr/lib/modules/RELEASE/vmlinuz: hint, which may be NULL, is asked first. False
 * where none does.
 */
bool kg_packages_kernel(const struct kg_packages *packages, const char *release, const char *hint,
			struct kg_package *package);

/*
 * The package that owns path, with or without a leading "/": hint, which may be NULL, is
 * asked first. False where none does.
 */
bool kg_packages_owner(const struct kg_packages *packages, const char *path, const char *hint,
		       struct kg_package *package);

/*
 * Bytes by which the installed packages grow, in all, that a repository has a newer version of:
 * those in /var/lib/pacman/sync. Of kernels, which have a module tree, nothing is counted, and what
 * shrinks counts as nothing. 0 where nothing is known.
 */
uint64_t kg_packages_growth(const struct kg_packages *packages, const struct kg_root *root);

/* Whether a package of this name is installed. */
bool kg_packages_has(const struct kg_packages *packages, const char *name);

/* The installed version of a package, which belongs to the database, or NULL. */
const char *kg_packages_version(const struct kg_packages *packages, const char *name);

/* Whether the installed package of this name owns path, with or without a leading "/". */
bool kg_packages_owns(const struct kg_packages *packages, const char *name, const char *path);

#endif
