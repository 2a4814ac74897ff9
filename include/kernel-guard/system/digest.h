/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_DIGEST_H
#define KERNEL_GUARD_SYSTEM_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"

/* Characters of a SHA-256 digest in hexadecimal, and the NUL. */
enum { kg_digest_size = 65 };

/* A digest that is being made of bytes as they come. */
struct kg_digest;

/* Begins one, which kg_digest_finish() or kg_digest_free() releases. NULL, and err, with ENOMEM. */
struct kg_digest *kg_digest_new(struct kg_error *err);

/* Takes the next size bytes. False where libcrypto fails, which it does without memory. */
bool kg_digest_add(struct kg_digest *digest, const void *data, size_t size);

/* Fills text and releases the digest. 0, or -1 with ENOMEM. */
int kg_digest_finish(struct kg_digest *digest, char text[kg_digest_size], struct kg_error *err);

/* Releases one that is not finished; NULL is fine. */
void kg_digest_free(struct kg_digest *digest);

/* The digest of an open file. 0 with digest filled, or -1: an I/O error, or ENOMEM. */
int kg_digest_open_file(const struct kg_file *file, char digest[kg_digest_size],
			struct kg_error *err);

/*
 * The SHA-256 digest (FIPS 180-4, by libcrypto) of a file below root. 0 with digest
 * filled, or -1: as kg_root_open_file(), an I/O error, or ENOMEM.
 */
int kg_digest_file(const struct kg_root *root, const char *path, char digest[kg_digest_size],
		   struct kg_error *err);

#endif
