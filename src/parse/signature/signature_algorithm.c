// SPDX-License-Identifier: GPL-2.0-or-later
#include "public_key.h"

/* Where an identifier stands. */
enum place {
	DIGEST,      /* digestAlgorithm of a SignerInfo */
	SIGNATURE,   /* its digestEncryptionAlgorithm */
	CERTIFICATE, /* signature of a certificate */
};

/* First version that knows the identifier there, and the first that no longer does. */
#define ALWAYS 0
#define FOR_EVER UINT32_MAX
#define KNOWN(X)                                                                                   \
	X(DIGEST, MD4, NONE, MD4, ALWAYS, KG_LINUX(6, 7))                                          \
	X(DIGEST, MD5, NONE, MD5, ALWAYS, KG_LINUX(6, 7))                                          \
	X(DIGEST, SHA1, NONE, SHA1, ALWAYS, FOR_EVER)                                              \
	X(DIGEST, SHA224, NONE, SHA224, ALWAYS, FOR_EVER)                                          \
	X(DIGEST, SHA256, NONE, SHA256, ALWAYS, FOR_EVER)                                          \
	X(DIGEST, SHA384, NONE, SHA384, ALWAYS, FOR_EVER)                                          \
	X(DIGEST, SHA512, NONE, SHA512, ALWAYS, FOR_EVER)                                          \
	X(DIGEST, SHA3_256, NONE, SHA3_256, KG_LINUX(6, 7), FOR_EVER)                              \
	X(DIGEST, SHA3_384, NONE, SHA3_384, KG_LINUX(6, 7), FOR_EVER)                              \
	X(DIGEST, SHA3_512, NONE, SHA3_512, KG_LINUX(6, 7), FOR_EVER)                              \
	X(DIGEST, SM3, NONE, SM3, KG_LINUX(6, 0), FOR_EVER)                                        \
	X(DIGEST, STREEBOG256, NONE, STREEBOG256, KG_LINUX(6, 0), FOR_EVER)                        \
	X(DIGEST, STREEBOG512, NONE, STREEBOG512, KG_LINUX(6, 0), FOR_EVER)                        \
	X(SIGNATURE, RSA, RSA, NONE, ALWAYS, FOR_EVER)                                             \
	X(SIGNATURE, ECDSA_SHA1, ECDSA, NONE, KG_LINUX(5, 14), FOR_EVER)                           \
	X(SIGNATURE, ECDSA_SHA224, ECDSA, NONE, KG_LINUX(5, 14), FOR_EVER)                         \
	X(SIGNATURE, ECDSA_SHA256, ECDSA, NONE, KG_LINUX(5, 14), FOR_EVER)                         \
	X(SIGNATURE, ECDSA_SHA384, ECDSA, NONE, KG_LINUX(5, 14), FOR_EVER)                         \
	X(SIGNATURE, ECDSA_SHA512, ECDSA, NONE, KG_LINUX(5, 14), FOR_EVER)                         \
	X(SIGNATURE, ECDSA_SHA3_256, ECDSA, NONE, KG_LINUX(6, 7), FOR_EVER)                        \
	X(SIGNATURE, ECDSA_SHA3_384, ECDSA, NONE, KG_LINUX(6, 7), FOR_EVER)                        \
	X(SIGNATURE, ECDSA_SHA3_512, ECDSA, NONE, KG_LINUX(6, 7), FOR_EVER)                        \
	X(SIGNATURE, GOST_KEY256, ECRDSA, NONE, KG_LINUX(6, 0), FOR_EVER)                          \
	X(SIGNATURE, GOST_KEY512, ECRDSA, NONE, KG_LINUX(6, 0), FOR_EVER)                          \
	X(SIGNATURE, SM2_SM3, SM2, NONE, KG_LINUX(6, 0), KG_LINUX(6, 11))                          \
	X(SIGNATURE, ML_DSA_44, ML_DSA_44, NONE, KG_LINUX(7, 0), FOR_EVER)                         \
	X(SIGNATURE, ML_DSA_65, ML_DSA_65, NONE, KG_LINUX(7, 0), FOR_EVER)                         \
	X(SIGNATURE, ML_DSA_87, ML_DSA_87, NONE, KG_LINUX(7, 0), FOR_EVER)                         \
	X(CERTIFICATE, RSA_MD4, RSA, MD4, ALWAYS, KG_LINUX(6, 7))                                  \
	X(CERTIFICATE, RSA_SHA1, RSA, SHA1, ALWAYS, FOR_EVER)                                      \
	X(CERTIFICATE, RSA_SHA224, RSA, SHA224, ALWAYS, FOR_EVER)                                  \
	X(CERTIFICATE, RSA_SHA256, RSA, SHA256, ALWAYS, FOR_EVER)                                  \
	X(CERTIFICATE, RSA_SHA384, RSA, SHA384, ALWAYS, FOR_EVER)                                  \
	X(CERTIFICATE, RSA_SHA512, RSA, SHA512, ALWAYS, FOR_EVER)                                  \
	X(CERTIFICATE, RSA_SHA3_256, RSA, SHA3_256, KG_LINUX(6, 7), FOR_EVER)                      \
	X(CERTIFICATE, RSA_SHA3_384, RSA, SHA3_384, KG_LINUX(6, 7), FOR_EVER)                      \
	X(CERTIFICATE, RSA_SHA3_512, RSA, SHA3_512, KG_LINUX(6, 7), FOR_EVER)                      \
	X(CERTIFICATE, ECDSA_SHA1, ECDSA, SHA1, KG_LINUX(5, 13), FOR_EVER)                         \
	X(CERTIFICATE, ECDSA_SHA224, ECDSA, SHA224, KG_LINUX(5, 13), FOR_EVER)                     \
	X(CERTIFICATE, ECDSA_SHA256, ECDSA, SHA256, KG_LINUX(5, 13), FOR_EVER)                     \
	X(CERTIFICATE, ECDSA_SHA384, ECDSA, SHA384, KG_LINUX(5, 13), FOR_EVER)                     \
	X(CERTIFICATE, ECDSA_SHA512, ECDSA, SHA512, KG_LINUX(5, 13), FOR_EVER)                     \
	X(CERTIFICATE, ECDSA_SHA3_256, ECDSA, SHA3_256, KG_LINUX(6, 7), FOR_EVER)                  \
	X(CERTIFICATE, ECDSA_SHA3_384, ECDSA, SHA3_384, KG_LINUX(6, 7), FOR_EVER)                  \
	X(CERTIFICATE, ECDSA_SHA3_512, ECDSA, SHA3_512, KG_LINUX(6, 7), FOR_EVER)                  \
	X(CERTIFICATE, GOST_SIGNATURE256, ECRDSA, STREEBOG256, ALWAYS, FOR_EVER)                   \
	X(CERTIFICATE, GOST_SIGNATURE512, ECRDSA, STREEBOG512, ALWAYS, FOR_EVER)                   \
	X(CERTIFICATE, SM2_SM3, SM2, SM3, ALWAYS, KG_LINUX(6, 11))                                 \
	X(CERTIFICATE, ML_DSA_44, ML_DSA_44, NONE, KG_LINUX(7, 0), FOR_EVER)                       \
	X(CERTIFICATE, ML_DSA_65, ML_DSA_65, NONE, KG_LINUX(7, 0), FOR_EVER)                       \
	X(CERTIFICATE, ML_DSA_87, ML_DSA_87, NONE, KG_LINUX(7, 0), FOR_EVER)

static const struct known {
	enum place place;
	enum kg_oid oid;
	struct kg_signature_algorithm algorithm;
	uint32_t from;
	uint32_t before;
} known[] = {
#define X(place, oid, key, digest, from, before)                                                   \
	{place, KG_OID_##oid, {KG_KEY_##key, KG_DIGEST_##digest}, from, before},
	KNOWN(X)
#undef X
};

static struct kg_signature_algorithm look_up(enum place place, enum kg_oid oid, uint32_t version)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct known *row = &known[i];

		if (row->place == place && row->oid == oid && version >= row->from &&
		    version < row->before)
			return row->algorithm;
	}
	return (struct kg_signature_algorithm){KG_KEY_NONE, KG_DIGEST_NONE};
}

enum kg_digest kg_digest_of_signer(enum kg_oid oid, uint32_t version)
{
	return look_up(DIGEST, oid, version).digest;
}

enum kg_key_algorithm kg_algorithm_of_signer(enum kg_oid oid, uint32_t version)
{
	return look_up(SIGNATURE, oid, version).algorithm;
}

struct kg_signature_algorithm kg_algorithm_of_certificate(enum kg_oid oid, uint32_t version)
{
	return look_up(CERTIFICATE, oid, version);
}

bool kg_is_ml_dsa(enum kg_key_algorithm algorithm)
{
	return algorithm == KG_KEY_ML_DSA_44 || algorithm == KG_KEY_ML_DSA_65 ||
	       algorithm == KG_KEY_ML_DSA_87;
}
