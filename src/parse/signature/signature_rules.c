// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/kernel_config.h"
#include "public_key.h"

enum { first_algorithm_bit = KG_DIGEST_COUNT };

/* What has to be built for a digest or an algorithm; of several options one is enough. */
static const struct {
	const char *option;
	enum kg_digest digest;
	enum kg_key_algorithm algorithm;
} needed[] = {
	{"CONFIG_CRYPTO_MD4", KG_DIGEST_MD4, KG_KEY_NONE},
	{"CONFIG_CRYPTO_MD5", KG_DIGEST_MD5, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SHA1", KG_DIGEST_SHA1, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SHA256", KG_DIGEST_SHA224, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SHA256", KG_DIGEST_SHA256, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SHA512", KG_DIGEST_SHA384, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SHA512", KG_DIGEST_SHA512, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SHA3", KG_DIGEST_SHA3_256, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SHA3", KG_DIGEST_SHA3_384, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SHA3", KG_DIGEST_SHA3_512, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SM3", KG_DIGEST_SM3, KG_KEY_NONE},
	{"CONFIG_CRYPTO_SM3_GENERIC", KG_DIGEST_SM3, KG_KEY_NONE},
	{"CONFIG_CRYPTO_STREEBOG", KG_DIGEST_STREEBOG256, KG_KEY_NONE},
	{"CONFIG_CRYPTO_STREEBOG", KG_DIGEST_STREEBOG512, KG_KEY_NONE},
	{"CONFIG_CRYPTO_RSA", KG_DIGEST_NONE, KG_KEY_RSA},
	{"CONFIG_CRYPTO_ECDSA", KG_DIGEST_NONE, KG_KEY_P192},
	{"CONFIG_CRYPTO_ECDSA", KG_DIGEST_NONE, KG_KEY_P256},
	{"CONFIG_CRYPTO_ECDSA", KG_DIGEST_NONE, KG_KEY_P384},
	{"CONFIG_CRYPTO_ECDSA", KG_DIGEST_NONE, KG_KEY_P521},
	{"CONFIG_CRYPTO_ECRDSA", KG_DIGEST_NONE, KG_KEY_ECRDSA},
	{"CONFIG_CRYPTO_SM2", KG_DIGEST_NONE, KG_KEY_SM2},
	{"CONFIG_CRYPTO_MLDSA", KG_DIGEST_NONE, KG_KEY_ML_DSA_44},
	{"CONFIG_CRYPTO_MLDSA", KG_DIGEST_NONE, KG_KEY_ML_DSA_65},
	{"CONFIG_CRYPTO_MLDSA", KG_DIGEST_NONE, KG_KEY_ML_DSA_87},
};

static uint32_t bit_of(enum kg_digest digest, enum kg_key_algorithm algorithm)
{
	if (digest != KG_DIGEST_NONE)
		return 1U << digest;
	return algorithm != KG_KEY_NONE ? 1U << (first_algorithm_bit + (int)algorithm) : 0;
}

bool kg_has_digest(const struct kg_signature_rules *rules, enum kg_digest digest)
{
	return (rules->absent & bit_of(digest, KG_KEY_NONE)) == 0;
}

bool kg_has_algorithm(const struct kg_signature_rules *rules, enum kg_key_algorithm algorithm)
{
	return (rules->absent & bit_of(KG_DIGEST_NONE, algorithm)) == 0;
}

static bool is_built(struct kg_span config, const char *option)
{
	return kg_config_lookup(config, option) == KG_CONFIG_SET;
}

static bool take_number(const char **text, uint32_t *number)
{
	const char *start = *text;

	*number = 0;
	while (**text >= '0' && **text <= '9' && *text - start < 3)
		*number = *number * 10 + (uint32_t)(*(*text)++ - '0');
	return *text > start && *number < 256;
}

static uint32_t version_of(const char *release)
{
	const char *rest = release;
	uint32_t major;
	uint32_t minor;

	if (take_number(&rest, &major) && *rest++ == '.' && take_number(&rest, &minor))
		return KG_LINUX(major, minor);
	return 0;
}

struct kg_signature_rules kg_signature_rules_of(const char *release)
{
	return (struct kg_signature_rules){.version = version_of(release)};
}

void kg_signature_rules_add_config(struct kg_signature_rules *rules, struct kg_span config)
{
	uint32_t absent = 0;
	uint32_t built = 0;

	if (config.size == 0)
		return;
	/* An option whose dependencies are not met has no line at all. */
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		uint32_t bit = bit_of(needed[i].digest, needed[i].algorithm);

		absent |= bit;
		if (is_built(config, needed[i].option))
			built |= bit;
	}
	rules->absent = absent & ~built;
	rules->takes_ml_dsa_attributes =
		is_built(config, "CONFIG_PKCS7_WAIVE_AUTHATTRS_REJECTION_FOR_MLDSA");
}
