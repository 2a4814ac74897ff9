/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_PKCS7_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_PKCS7_H

#include "x509.h"

/* A SignerInfo. */
struct kg_pkcs7_signer {
	struct kg_signature signature;
	struct kg_key_id id; /* of the certificate that signed */
	bool has_attributes; /* authenticatedAttributes as a SET */
	struct kg_span attributes; /* with tag and length */
	struct kg_span message_digest; /* the attribute */
	bool has_message_digest;
	bool has_signing_time;
	int64_t signing_time;
	struct kg_x509 *certificate; /* among those of the message, or NULL */
	bool unsupported; /* the kernel lacks its digest */
};

/* A message as pkcs7_parse_message() leaves it. Points into the borrowed bytes. */
struct kg_pkcs7 {
	struct kg_x509 *certificates;
	size_t certificate_count;
	size_t certificate_capacity;
	struct kg_pkcs7_signer *signers;
	size_t signer_count;
	size_t signer_capacity;
	bool has_data;      /* the data is in the message itself */
	bool is_plain_data; /* its type is pkcs7-data */
	bool has_attributes;
	bool only_ml_dsa; /* the first signer has attributes and signs with ML-DSA, or has none */
};

/*
 * Reads a message as crypto/asymmetric_keys/pkcs7_parser.c (Linux 5.10 to 7.3) of a
 * kernel with these rules would. 0, or the kernel's errno: EBADMSG, EMSGSIZE, EINVAL, ENOPKG,
 * EKEYREJECTED, and those of kg_x509_parse(); ENOTSUP or ENOMEM where nothing is known.
 * kg_pkcs7_free() releases it, also after a failure.
 */
int kg_pkcs7_parse(struct kg_span bytes, const struct kg_signature_rules *rules,
		   struct kg_pkcs7 *message);

/* Releases it; a zeroed one is left alone. */
void kg_pkcs7_free(struct kg_pkcs7 *message);

#endif
