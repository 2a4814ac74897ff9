/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_X509_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_X509_H

#include <stdbool.h>
#include <stdint.h>

#include "asn1.h"
#include "kernel-guard/core/span.h"
#include "public_key.h"

/*
 * What the kernel finds keys by: two strings of bytes that count as one, a serial number and
 * the issuer's name, or a key identifier and nothing (asymmetric_key_generate_id()).
 */
struct kg_key_id {
	bool present;
	struct kg_span first;
	struct kg_span second;
};

/* A certificate as x509_cert_parse() leaves it. Points into the borrowed bytes. */
struct kg_x509 {
	struct kg_span signed_part; /* tbsCertificate with its header */
	struct kg_public_key key;
	struct kg_signature signature;
	struct kg_span subject_name; /* its commonName or organizationName, for people */
	struct kg_key_id id;         /* serial number and issuer */
	struct kg_key_id key_id;     /* subjectKeyIdentifier, where there is one */
	/* What the one that signed it is called, where it says so. */
	struct kg_key_id authority;
	struct kg_key_id authority_key_id;
	int64_t valid_from; /* seconds since 1970 */
	int64_t valid_until;
	bool self_signed;
	/* Its place in the chain of a message (pkcs7_verify_sig_chain()). */
	struct kg_x509 *signer;
	bool seen;
	bool verified;
};

/* Whether both are there and are the same (asymmetric_key_id_same()). */
bool kg_key_id_equal(const struct kg_key_id *left, const struct kg_key_id *right);

/* Whether it has no byte at all: such a one cannot be looked for. */
bool kg_key_id_is_empty(const struct kg_key_id *id);

/*
 * Reads a certificate as crypto/asymmetric_keys/x509_cert_parser.c and x509_public_key.c
 * (Linux 5.10 to 7.3) of a kernel with these rules would; a signature of its own is
 * checked. Blacklists are not known. 0 or the kernel's errno: EBADMSG, EMSGSIZE, EINVAL,
 * ENOPKG, EKEYREJECTED, ENOENT. ENOTSUP where libcrypto lacks what its own signature needs:
 * *certificate is filled then. ENOMEM where memory is out.
 */
int kg_x509_parse(struct kg_span der, const struct kg_signature_rules *rules,
		  struct kg_x509 *certificate);

/*
 * x509_decode_time(): the time in seconds since 1970. 0 or EBADMSG. UTCTime is of 1970 to
 * 2049, GeneralizedTime of 2050 and later.
 */
int kg_x509_time(const struct kg_asn1_value *value, int64_t *seconds);

#endif
