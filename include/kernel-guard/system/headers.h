/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_HEADERS_H
#define KERNEL_GUARD_SYSTEM_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/system/kernel.h"

/* How the headers' Module.symvers differs from the symbols that the kernel itself exports. */
struct kg_headers_difference {
	bool compared;      /* both are there */
	size_t symbols;     /* that the kernel exports */
	size_t differences; /* symbols that only one has, or with another CRC, licence, namespace */
	char first[256];    /* the first of them and how it differs, for a message */
};

/*
 * Compares what the kernel's image exports with build/Module.symvers of its module tree.
 * Not compared where one of them is not there. 0, or -1: the file cannot be read, EBADMSG
 * where it is damaged, ENOMEM.
 */
int kg_headers_compare(const struct kg_root *root, const struct kg_kernel *kernel,
		       struct kg_headers_difference *difference, struct kg_error *err);

#endif
