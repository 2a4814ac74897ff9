/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_PUBLIC_KEY_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_PUBLIC_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/certificate.h"
#include "oid.h"

/* As LINUX_VERSION_CODE, without the third number. */
#define KG_LINUX(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8)

enum kg_digest {
	KG_DIGEST_NONE,
	KG_DIGEST_MD4,
	KG_DIGEST_MD5,
	KG_DIGEST_SHA1,
	KG_DIGEST_SHA224,
	KG_DIGEST_SHA256,
	KG_DIGEST_SHA384,
	KG_DIGEST_SHA512,
	KG_DIGEST_SHA3_256,
	KG_DIGEST_SHA3_384,
	KG_DIGEST_SHA3_512,
	KG_DIGEST_SM3,
	KG_DIGEST_STREEBOG256,
	KG_DIGEST_STREEBOG512,
	KG_DIGEST_COUNT,
};

enum kg_key_algorithm {
	KG_KEY_NONE,
	KG_KEY_RSA,
	KG_KEY_ECDSA, /* of a signature, which does not name the curve */
	KG_KEY_P192,
	KG_KEY_P256,
	KG_KEY_P384,
	KG_KEY_P521,
	KG_KEY_ECRDSA,
	KG_KEY_SM2,
	KG_KEY_ML_DSA_44,
	KG_KEY_ML_DSA_65,
	KG_KEY_ML_DSA_87,
};

enum { kg_digest_max_size = 64 };

/* What is signed. Each digest of it is computed once. */
struct kg_message {
	struct kg_span bytes;
	struct {
		int error; /* -1 before it has been asked for */
		size_t size;
		unsigned char bytes[kg_digest_max_size];
	} digests[KG_DIGEST_COUNT];
};

struct kg_public_key {
	enum kg_key_algorithm algorithm;
	struct kg_span bits; /* subjectPublicKey without the count of unused bits */
};

struct kg_signature {
	enum kg_key_algorithm algorithm;
	enum kg_digest digest;
	struct kg_span bits;
};

/* The digest algorithm and the algorithm of the signature that an identifier stands for. */
struct kg_signature_algorithm {
	enum kg_key_algorithm algorithm;
	enum kg_digest digest;
};

/*
 * What the kernel of this version takes an identifier for, as the digest algorithm of a
 * SignerInfo (pkcs7_sig_note_digest_algo()), as the one of its signature
 * (pkcs7_sig_note_pkey_algo()), and as both in a certificate (x509_note_sig_algo()).
 * KG_DIGEST_NONE, KG_KEY_NONE: it does not know it, and answers ENOPKG. Read in Linux 5.10,
 * 6.1, 6.12, 7.2 and 7.3; where between these it has changed is from memory.
 */
enum kg_digest kg_digest_of_signer(enum kg_oid oid, uint32_t version);
enum kg_key_algorithm kg_algorithm_of_signer(enum kg_oid oid, uint32_t version);
struct kg_signature_algorithm kg_algorithm_of_certificate(enum kg_oid oid, uint32_t version);

bool kg_is_ml_dsa(enum kg_key_algorithm algorithm);

/* Whether the kernel is built with it. */
bool kg_has_digest(const struct kg_signature_rules *rules, enum kg_digest digest);
bool kg_has_algorithm(const struct kg_signature_rules *rules, enum kg_key_algorithm algorithm);

/* A message of which no digest has been computed. */
struct kg_message kg_message_of(struct kg_span bytes);

/*
 * Digests the message. 0, or ENOTSUP where libcrypto has no such algorithm; the digest is
 * in message->digests[digest] then.
 */
int kg_message_digest(struct kg_message *message, enum kg_digest digest);

/*
 * Checks the signature as public_key_verify_signature() does. 0, or the kernel's errno:
 * EKEYREJECTED, EBADMSG, EINVAL, ENOENT where it is built without the algorithm. ENOTSUP
 * where libcrypto has no such algorithm, ENOMEM where memory is out: then nothing is known.
 */
int kg_public_key_check(const struct kg_signature_rules *rules, const struct kg_public_key *key,
			const struct kg_signature *signature, struct kg_message *message);

/* Its parts: a key that is of the signature's algorithm. */
int kg_rsa_check(const struct kg_public_key *public_key, const struct kg_signature *signature,
		 struct kg_message *message);
int kg_ecdsa_check(const struct kg_public_key *public_key, const struct kg_signature *signature,
		   struct kg_message *message);

#endif
