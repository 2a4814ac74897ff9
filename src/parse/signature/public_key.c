// SPDX-License-Identifier: GPL-2.0-or-later
#include "public_key.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

static const char *const digest_names[KG_DIGEST_COUNT] = {
	[KG_DIGEST_MD4] = "MD4",           [KG_DIGEST_MD5] = "MD5",
	[KG_DIGEST_SHA1] = "SHA1",         [KG_DIGEST_SHA224] = "SHA224",
	[KG_DIGEST_SHA256] = "SHA256",     [KG_DIGEST_SHA384] = "SHA384",
	[KG_DIGEST_SHA512] = "SHA512",     [KG_DIGEST_SHA3_256] = "SHA3-256",
	[KG_DIGEST_SHA3_384] = "SHA3-384", [KG_DIGEST_SHA3_512] = "SHA3-512",
	[KG_DIGEST_SM3] = "SM3",
};

/* Keeps libcrypto from reading /etc/ssl/openssl.cnf, or what OPENSSL_CONF names. */
static bool prepare(void)
{
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1;
}

struct kg_message kg_message_of(struct kg_span bytes)
{
	struct kg_message message = {.bytes = bytes};

	for (size_t i = 0; i < KG_DIGEST_COUNT; i++)
		message.digests[i].error = -1;
	return message;
}

int kg_message_digest(struct kg_message *message, enum kg_digest digest)
{
	const char *name = digest_names[digest];
	const EVP_MD *algorithm = name && prepare() ? EVP_get_digestbyname(name) : NULL;
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (message->digests[digest].error >= 0)
		return message->digests[digest].error;
	message->digests[digest].error = ENOTSUP;
	if (!algorithm ||
	    EVP_Digest(message->bytes.data, message->bytes.size, bytes, &size, algorithm, NULL) !=
		    1 ||
	    size > kg_digest_max_size)
		return ENOTSUP;
	memcpy(message->digests[digest].bytes, bytes, size);
	message->digests[digest].size = size;
	message->digests[digest].error = 0;
	return 0;
}

static int ml_dsa_verify(EVP_PKEY *key, struct kg_span signature, struct kg_span message)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int error = ENOTSUP;

	if (context && EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) == 1)
		error = EVP_DigestVerify(context, signature.data, signature.size, message.data,
					 message.size) == 1
				? 0
				: EKEYREJECTED;
	EVP_MD_CTX_free(context);
	return error;
}

/* ML-DSA without context, which digests the message itself (crypto/mldsa.c). */
static int ml_dsa_check(const struct kg_public_key *key, const struct kg_signature *signature,
			const struct kg_message *message)
{
	static const struct {
		const char *name;
		size_t key_size;
		size_t signature_size;
	} sets[] = {
		{"ML-DSA-44", 1312, 2420},
		{"ML-DSA-65", 1952, 3309},
		{"ML-DSA-87", 2592, 4627},
	};
	size_t set = (size_t)(key->algorithm - KG_KEY_ML_DSA_44);
	EVP_PKEY *pkey;
	int error;

	if (signature->digest != KG_DIGEST_NONE && signature->digest != KG_DIGEST_SHA512)
		return EINVAL;
	if (key->bits.size != sets[set].key_size)
		return EINVAL;
	if (signature->bits.size != sets[set].signature_size)
		return EBADMSG;
	pkey = EVP_PKEY_new_raw_public_key_ex(NULL, sets[set].name, NULL, key->bits.data,
					      key->bits.size);
	if (!pkey)
		return ENOTSUP;
	error = ml_dsa_verify(pkey, signature->bits, message->bytes);
	EVP_PKEY_free(pkey);
	return error;
}

int kg_public_key_check(const struct kg_signature_rules *rules, const struct kg_public_key *key,
			const struct kg_signature *signature, struct kg_message *message)
{
	bool on_curve = key->algorithm >= KG_KEY_P192 && key->algorithm <= KG_KEY_P521;

	if (key->algorithm != signature->algorithm &&
	    !(on_curve && signature->algorithm == KG_KEY_ECDSA))
		return EKEYREJECTED;
	if (!kg_has_algorithm(rules, key->algorithm))
		return ENOENT;
	if (!prepare())
		return ENOMEM;
	if (on_curve)
		return kg_ecdsa_check(key, signature, message);
	if (key->algorithm == KG_KEY_RSA)
		return kg_rsa_check(key, signature, message);
	if (kg_is_ml_dsa(key->algorithm))
		return ml_dsa_check(key, signature, message);
	return ENOTSUP;
}
