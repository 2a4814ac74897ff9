// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <openssl/bn.h>
#include <string.h>

#include "number_pair.h"
#include "public_key.h"

enum {
	max_rsa_size = 512,
	/* Nobody has longer ones, and they would cost seconds. */
	max_exponent_size = 8,
};

/* What precedes a digest in a signature (crypto/rsassa-pkcs1.c); the others have none. */
#define PREFIX(size, oid, digest)                                                                  \
	"\x30" size "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" oid "\x05\x00\x04" digest

static const struct {
	const char *bytes;
	size_t size;
} prefixes[KG_DIGEST_COUNT] = {
	[KG_DIGEST_MD5] = {"\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05"
			   "\x00\x04\x10", 18},
	[KG_DIGEST_SHA1] = {"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14", 15},
	[KG_DIGEST_SHA224] = {PREFIX("\x2d", "\x04", "\x1c"), 19},
	[KG_DIGEST_SHA256] = {PREFIX("\x31", "\x01", "\x20"), 19},
	[KG_DIGEST_SHA384] = {PREFIX("\x41", "\x02", "\x30"), 19},
	[KG_DIGEST_SHA512] = {PREFIX("\x51", "\x03", "\x40"), 19},
	[KG_DIGEST_SHA3_256] = {PREFIX("\x31", "\x08", "\x20"), 19},
	[KG_DIGEST_SHA3_384] = {PREFIX("\x41", "\x09", "\x30"), 19},
	[KG_DIGEST_SHA3_512] = {PREFIX("\x51", "\x0a", "\x40"), 19},
};

/* The lengths of rsa_check_key_length() (crypto/rsa.c) outside of FIPS mode. */
static bool is_rsa_size(size_t size)
{
	return size == 64 || size == 128 || size == 192 || size == 256 || size == 384 ||
	       size == max_rsa_size;
}

/*
 * Applies the key to the signature; *plain gets size bytes. The kernel wants the signature
 * to be between 1 and the modulus less 1, both excluded (rsa_check_payload()).
 */
static int apply_key(const struct kg_number_pair *key, struct kg_span signature,
		     unsigned char *plain, size_t size)
{
	BN_CTX *context = BN_CTX_new();
	BIGNUM *modulus = BN_bin2bn(key->numbers[0].data, (int)key->numbers[0].size, NULL);
	BIGNUM *exponent = BN_bin2bn(key->numbers[1].data, (int)key->numbers[1].size, NULL);
	BIGNUM *number = BN_bin2bn(signature.data, (int)signature.size, NULL);
	BIGNUM *result = BN_new();
	int error = ENOMEM;

	if (context && modulus && exponent && number && result && BN_add_word(number, 1) == 1) {
		if (BN_cmp(number, modulus) >= 0 || BN_sub_word(number, 1) != 1 ||
		    BN_is_zero(number) || BN_is_one(number))
			error = EINVAL;
		else if (BN_mod_exp(result, number, exponent, modulus, context) == 1 &&
			 BN_bn2binpad(result, plain, (int)size) >= 0)
			error = 0;
	}
	BN_free(result);
	BN_free(number);
	BN_free(exponent);
	BN_free(modulus);
	BN_CTX_free(context);
	return error;
}

/* EMSA-PKCS1-v1_5, as rsassa_pkcs1_verify() compares it (crypto/rsassa-pkcs1.c). */
static int compare_encoded(const unsigned char *encoded, size_t size, enum kg_digest digest,
			   const struct kg_message *message)
{
	size_t at = 2;
	size_t prefix_size = prefixes[digest].size;
	size_t digest_size = message->digests[digest].size;

	if (encoded[0] != 0)
		return EINVAL;
	if (encoded[1] != 1)
		return EBADMSG;
	while (at < size && encoded[at] == 0xff)
		at++;
	if (at < 10 || at == size || encoded[at] != 0)
		return EBADMSG;
	at++;
	if (prefix_size > size - at ||
	    memcmp(encoded + at, prefixes[digest].bytes, prefix_size) != 0)
		return EBADMSG;
	at += prefix_size;
	if (digest_size != size - at ||
	    memcmp(encoded + at, message->digests[digest].bytes, digest_size) != 0)
		return EKEYREJECTED;
	return 0;
}

int kg_rsa_check(const struct kg_public_key *public_key, const struct kg_signature *signature,
		 struct kg_message *message)
{
	unsigned char plain[max_rsa_size];
	struct kg_span modulus;
	struct kg_number_pair key;
	size_t size;
	int error;

	/* "pkcs1(rsa,...)" exists for the digests with a prefix only. */
	if (!prefixes[signature->digest].bytes)
		return ENOENT;
	error = kg_number_pair_read(public_key->bits, 0, &key);
	if (error != 0)
		return error;
	modulus = key.numbers[0];
	while (modulus.size > 0 && modulus.data[0] == 0)
		(void)kg_span_sub(modulus, 1, modulus.size - 1, &modulus);
	size = kg_number_size(modulus.size);
	if (!is_rsa_size(size) || signature->bits.size != size)
		return EINVAL;
	if (key.numbers[1].size > max_exponent_size)
		return ENOTSUP;
	error = kg_message_digest(message, signature->digest);
	if (error == 0)
		error = apply_key(&key, signature->bits, plain, size);
	return error == 0 ? compare_encoded(plain, size, signature->digest, message) : error;
}
