/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_DIGEST_H
#define KERNEL_GUARD_SYSTEM_DIGEST_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"

/* Characters of a SHA-256 digest in hexadecimal, and the NUL. */
enum { kg_digest_size = 65 };

/*
 * The SHA-256 digest (FIPS 180-4, by libcrypto) of a file below root. 0 with digest
 * filled, or -1: as kg_root_open_file(), an I/O error, or ENOMEM.
 */
int kg_digest_file(const struct kg_root *root, const char *path, char digest[kg_digest_size],
		   struct kg_error *err);

#endif
