/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_BOOT_COPY_H
#define KERNEL_GUARD_SYSTEM_BOOT_COPY_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"

/* Whether two paths below the root lead to one file, or are the same text. */
bool kg_boot_same_file(const struct kg_root *root, const char *left, const char *right);

/* How what an EFI program was signed with is known. */
enum kg_boot_signed {
	KG_BOOT_NOT_EFI,  /* no EFI program, or none that can be read */
	KG_BOOT_UNSIGNED, /* its certificate table is empty */
	KG_BOOT_SIGNED,	  /* it has one; by whom, and whether it is good, is not looked at */
};

/* Looks at the certificate table of the EFI program at path below root. */
enum kg_boot_signed kg_boot_signature_of(const struct kg_root *root, const char *path);

/* How two files, which are there, are to each other. */
enum kg_boot_relation {
	KG_BOOT_COPY,  /* one file, equal bytes, or not to be told */
	KG_BOOT_STALE, /* they differ */
};

/*
 * Whether one of two files is no copy of the other. Signing changes a copy: with a signature on
 * either, kernels and unified images are compared by the release that they hold. 0 with
 * *relation, or -1 with ENOMEM.
 */
int kg_boot_compare(const struct kg_root *root, const char *left, const char *right,
		    enum kg_boot_relation *relation, struct kg_error *err);

#endif
