// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "number_pair.h"
#include "public_key.h"

enum { max_ec_size = 66 };

/* A curve: its name, the bytes of a coordinate, and the bytes the kernel keeps it in. */
struct curve {
	const char *name;
	size_t size;
	size_t digits_size;
};

static const struct curve *curve_of(enum kg_key_algorithm algorithm)
{
	static const struct curve p192 = {"prime192v1", 24, 24};
	static const struct curve p256 = {"prime256v1", 32, 32};
	static const struct curve p384 = {"secp384r1", 48, 48};
	static const struct curve p521 = {"secp521r1", 66, 72};

	switch (algorithm) {
	case KG_KEY_P192:
		return &p192;
	case KG_KEY_P256:
		return &p256;
	case KG_KEY_P384:
		return &p384;
	case KG_KEY_P521:
		return &p521;
	default:
		return NULL;
	}
}

/* A number in exactly size bytes; false where it needs more. */
static bool set_number(unsigned char *out, size_t size, struct kg_span number)
{
	while (number.size > size) {
		if (number.data[0] != 0)
			return false;
		(void)kg_span_sub(number, 1, number.size - 1, &number);
	}
	memset(out, 0, size - number.size);
	if (number.size > 0)
		memcpy(out + size - number.size, number.data, number.size);
	return true;
}

/* ecdsa_set_pub_key() (crypto/ecdsa.c): an uncompressed point on the curve. */
static int make_key(const struct curve *curve, struct kg_span bits, EVP_PKEY **key)
{
	unsigned char point[1 + 2 * max_ec_size] = {4};
	OSSL_PARAM parameters[3];
	struct kg_span x;
	struct kg_span y;
	EVP_PKEY_CTX *context;
	int error = EINVAL;

	if (bits.size % 2 == 0 || bits.data[0] != 4 ||
	    kg_number_size(bits.size / 2) != curve->digits_size)
		return EINVAL;
	(void)kg_span_sub(bits, 1, bits.size / 2, &x);
	(void)kg_span_sub(bits, 1 + x.size, x.size, &y);
	if (!set_number(point + 1, curve->size, x) ||
	    !set_number(point + 1 + curve->size, curve->size, y))
		return EINVAL;
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
							 (char *)(uintptr_t)curve->name, 0);
	parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point,
							  1 + 2 * curve->size);
	parameters[2] = OSSL_PARAM_construct_end();
	context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (!context)
		return ENOTSUP;
	if (EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, key, EVP_PKEY_PUBLIC_KEY, parameters) == 1)
		error = 0;
	EVP_PKEY_CTX_free(context);
	return error;
}

/* r and s of the signature (ecdsa_get_signature_rs()). */
static int read_signature(const struct curve *curve, struct kg_span bits, ECDSA_SIG **signature)
{
	struct kg_number_pair pair;
	BIGNUM *r;
	BIGNUM *s;
	int error = kg_number_pair_read(bits, curve->digits_size, &pair);

	if (error != 0)
		return error;
	r = BN_bin2bn(pair.numbers[0].data, (int)pair.numbers[0].size, NULL);
	s = BN_bin2bn(pair.numbers[1].data, (int)pair.numbers[1].size, NULL);
	*signature = ECDSA_SIG_new();
	if (*signature && r && s && ECDSA_SIG_set0(*signature, r, s) == 1)
		return 0;
	BN_free(r);
	BN_free(s);
	return ENOMEM;
}

/* Both numbers have to lie between 0 and the order of the curve, both excluded. */
static int check_range(EVP_PKEY *key, const ECDSA_SIG *signature)
{
	const BIGNUM *numbers[] = {ECDSA_SIG_get0_r(signature), ECDSA_SIG_get0_s(signature)};
	BIGNUM *order = NULL;
	int error = 0;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &order) != 1)
		return ENOMEM;
	for (size_t i = 0; i < 2; i++) {
		if (BN_is_zero(numbers[i]) || BN_cmp(numbers[i], order) >= 0)
			error = EBADMSG;
	}
	BN_free(order);
	return error;
}

static int verify(EVP_PKEY *key, const ECDSA_SIG *signature, const unsigned char *digest,
		  size_t digest_size)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	unsigned char *der = NULL;
	int size = i2d_ECDSA_SIG(signature, &der);
	int error = ENOMEM;

	if (context && size > 0 && EVP_PKEY_verify_init(context) == 1) {
		int good = EVP_PKEY_verify(context, der, (size_t)size, digest, digest_size);

		error = good == 1 ? 0 : EKEYREJECTED;
	}
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(context);
	return error;
}

static bool is_ecdsa_digest(enum kg_digest digest)
{
	return digest >= KG_DIGEST_SHA1 && digest <= KG_DIGEST_SHA3_512;
}

int kg_ecdsa_check(const struct kg_public_key *public_key, const struct kg_signature *signature,
		   struct kg_message *message)
{
	const struct curve *curve = curve_of(public_key->algorithm);
	EVP_PKEY *key = NULL;
	ECDSA_SIG *numbers = NULL;
	int error;

	if (!curve || !is_ecdsa_digest(signature->digest))
		return EINVAL;
	error = make_key(curve, public_key->bits, &key);
	if (error == 0)
		error = read_signature(curve, signature->bits, &numbers);
	if (error == 0)
		error = kg_message_digest(message, signature->digest);
	if (error == 0)
		error = check_range(key, numbers);
	if (error == 0)
		error = verify(key, numbers, message->digests[signature->digest].bytes,
			       message->digests[signature->digest].size);
	ECDSA_SIG_free(numbers);
	EVP_PKEY_free(key);
	return error;
}
