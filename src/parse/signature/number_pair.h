/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_NUMBER_PAIR_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_NUMBER_PAIR_H

#include "kernel-guard/core/span.h"

/* Two unsigned numbers, as RSAPublicKey and Ecdsa-Sig-Value have them; none is empty. */
struct kg_number_pair {
	struct kg_span numbers[2]; /* the first byte counts most; it may be 0 */
};

/*
 * Reads a SEQUENCE of two INTEGERs, crypto/rsapubkey.asn1 and crypto/ecdsasignature.asn1. Each
 * may have limit bytes, and one more in front that is 0; with limit 0 the second may have as many
 * as the first. 0, or the kernel's errno: EBADMSG, EINVAL where one is longer or empty.
 */
int kg_number_pair_read(struct kg_span bytes, size_t limit, struct kg_number_pair *pair);

/* The bytes that the kernel keeps a number of so many bytes in. */
size_t kg_number_size(size_t bytes);

#endif
