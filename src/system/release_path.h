/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_SYSTEM_RELEASE_PATH_H
#define KERNEL_GUARD_SRC_SYSTEM_RELEASE_PATH_H

#include <stdbool.h>

#include "kernel-guard/core/span.h"

/*
 * What stays of a release when its numbers go, so that the kernels of one package share a name:
 * "arch" of 6.12.9-arch1-1, "lts61" of 6.1.119-1-lts61, "linux" of 6.12.9.
 */
struct kg_span kg_release_flavour(struct kg_span release);

/*
 * A file in kernel-install's layout, PLACE/TOKEN/RELEASE/NAME (kernel-install(8)), or kept of it,
 * PLACE/kernel-guard/TOKEN/FLAVOUR/NAME. Parts of the path, which must outlive it.
 */
struct kg_release_path {
	struct kg_span place;
	struct kg_span token;
	struct kg_span flavour; /* kg_release_flavour() of RELEASE */
	const char *name;
};

/* False where the directory that the file lies in is not called as a release is. */
bool kg_release_path_split(const char *path, struct kg_release_path *parts);

/* False where the path is none of a kept file. */
bool kg_kept_release_path_split(const char *path, struct kg_release_path *parts);

#endif
