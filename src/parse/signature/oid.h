/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_OID_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_OID_H

#include "kernel-guard/core/span.h"

/*
 * The object identifiers that decide something when the kernel reads a certificate or a
 * signature (include/linux/oid_registry.h). Each is: name and the content of its DER form.
 */
#define KG_OIDS(X)                                                                                 \
	X(SIGNED_DATA, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")                                     \
	X(DATA, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")                                            \
	X(MS_INDIRECT_DATA, "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04")                            \
	X(CONTENT_TYPE, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")                                    \
	X(MESSAGE_DIGEST, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")                                  \
	X(SIGNING_TIME, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")                                    \
	X(SMIME_CAPABILITIES, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f")                              \
	X(MS_SP_OPUS_INFO, "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c")                             \
	X(MS_STATEMENT_TYPE, "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0b")                           \
	X(MD4, "\x2a\x86\x48\x86\xf7\x0d\x02\x04")                                                 \
	X(MD5, "\x2a\x86\x48\x86\xf7\x0d\x02\x05")                                                 \
	X(SHA1, "\x2b\x0e\x03\x02\x1a")                                                            \
	X(SHA256, "\x60\x86\x48\x01\x65\x03\x04\x02\x01")                                          \
	X(SHA384, "\x60\x86\x48\x01\x65\x03\x04\x02\x02")                                          \
	X(SHA512, "\x60\x86\x48\x01\x65\x03\x04\x02\x03")                                          \
	X(SHA224, "\x60\x86\x48\x01\x65\x03\x04\x02\x04")                                          \
	X(SHA3_256, "\x60\x86\x48\x01\x65\x03\x04\x02\x08")                                        \
	X(SHA3_384, "\x60\x86\x48\x01\x65\x03\x04\x02\x09")                                        \
	X(SHA3_512, "\x60\x86\x48\x01\x65\x03\x04\x02\x0a")                                        \
	X(SM3, "\x2a\x81\x1c\xcf\x55\x01\x83\x11")                                                 \
	X(STREEBOG256, "\x2a\x85\x03\x07\x01\x01\x02\x02")                                         \
	X(STREEBOG512, "\x2a\x85\x03\x07\x01\x01\x02\x03")                                         \
	X(RSA, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")                                             \
	X(RSA_MD4, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04")                                         \
	X(RSA_SHA1, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05")                                        \
	X(RSA_SHA256, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")                                      \
	X(RSA_SHA384, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c")                                      \
	X(RSA_SHA512, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d")                                      \
	X(RSA_SHA224, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e")                                      \
	X(RSA_SHA3_256, "\x60\x86\x48\x01\x65\x03\x04\x03\x0e")                                    \
	X(RSA_SHA3_384, "\x60\x86\x48\x01\x65\x03\x04\x03\x0f")                                    \
	X(RSA_SHA3_512, "\x60\x86\x48\x01\x65\x03\x04\x03\x10")                                    \
	X(ECDSA_SHA1, "\x2a\x86\x48\xce\x3d\x04\x01")                                              \
	X(ECDSA_SHA224, "\x2a\x86\x48\xce\x3d\x04\x03\x01")                                        \
	X(ECDSA_SHA256, "\x2a\x86\x48\xce\x3d\x04\x03\x02")                                        \
	X(ECDSA_SHA384, "\x2a\x86\x48\xce\x3d\x04\x03\x03")                                        \
	X(ECDSA_SHA512, "\x2a\x86\x48\xce\x3d\x04\x03\x04")                                        \
	X(ECDSA_SHA3_256, "\x60\x86\x48\x01\x65\x03\x04\x03\x0a")                                  \
	X(ECDSA_SHA3_384, "\x60\x86\x48\x01\x65\x03\x04\x03\x0b")                                  \
	X(ECDSA_SHA3_512, "\x60\x86\x48\x01\x65\x03\x04\x03\x0c")                                  \
	X(EC_PUBLIC_KEY, "\x2a\x86\x48\xce\x3d\x02\x01")                                           \
	X(P192, "\x2a\x86\x48\xce\x3d\x03\x01\x01")                                                \
	X(P256, "\x2a\x86\x48\xce\x3d\x03\x01\x07")                                                \
	X(P384, "\x2b\x81\x04\x00\x22")                                                            \
	X(P521, "\x2b\x81\x04\x00\x23")                                                            \
	X(GOST_KEY256, "\x2a\x85\x03\x07\x01\x01\x01\x01")                                         \
	X(GOST_KEY512, "\x2a\x85\x03\x07\x01\x01\x01\x02")                                         \
	X(GOST_SIGNATURE256, "\x2a\x85\x03\x07\x01\x01\x03\x02")                                   \
	X(GOST_SIGNATURE512, "\x2a\x85\x03\x07\x01\x01\x03\x03")                                   \
	X(SM2, "\x2a\x81\x1c\xcf\x55\x01\x82\x2d")                                                 \
	X(SM2_SM3, "\x2a\x81\x1c\xcf\x55\x01\x83\x75")                                             \
	X(ML_DSA_44, "\x60\x86\x48\x01\x65\x03\x04\x03\x11")                                       \
	X(ML_DSA_65, "\x60\x86\x48\x01\x65\x03\x04\x03\x12")                                       \
	X(ML_DSA_87, "\x60\x86\x48\x01\x65\x03\x04\x03\x13")                                       \
	X(COMMON_NAME, "\x55\x04\x03")                                                             \
	X(ORGANIZATION_NAME, "\x55\x04\x0a")                                                       \
	X(SUBJECT_KEY_IDENTIFIER, "\x55\x1d\x0e")                                                  \
	X(KEY_USAGE, "\x55\x1d\x0f")                                                               \
	X(BASIC_CONSTRAINTS, "\x55\x1d\x13")                                                       \
	X(AUTHORITY_KEY_IDENTIFIER, "\x55\x1d\x23")

enum kg_oid {
	KG_OID_UNKNOWN,
#define X(name, bytes) KG_OID_##name,
	KG_OIDS(X)
#undef X
};

/* Which one these bytes are, without tag and length; KG_OID_UNKNOWN for any other. */
enum kg_oid kg_oid_of(struct kg_span content);

#endif
