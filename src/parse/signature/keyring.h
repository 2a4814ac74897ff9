/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_KEYRING_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_KEYRING_H

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/certificate.h"
#include "x509.h"

struct kg_certificate {
	struct kg_buffer der;
	struct kg_x509 x509; /* points into der */
};

/*
 * find_asymmetric_key(): the first key of which one identifier is the given one, or, where
 * that is not present, key_id; where both are, its key identifier must be key_id. 0, or
 * ENOKEY, EKEYREJECTED, EINVAL where there is nothing to look for.
 */
int kg_certificates_find_key(const struct kg_certificates *certificates,
			     const struct kg_key_id *id, const struct kg_key_id *key_id,
			     const struct kg_public_key **key);

#endif
