// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages built byte by byte: what lib/asn1_decoder.c and pkcs7_parser.c make of each form. The
 * expectations are those of booted kernels.
 */
#include "der_fixture.h"

static struct kg_signature_rules rules;
static struct kg_certificates trusted;
static struct kg_certificates nobody;

static int set_up(void **state)
{
	static const char *const names[] = {"rsa", "ec", NULL};

	(void)state;
	rules = kg_signature_rules_of("6.12.0");
	trusted = unit_trust(&rules, names);
	return trusted.count == 2 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	kg_certificates_free(&trusted);
	return 0;
}

static struct kg_signature_result judge(struct kg_span pkcs7)
{
	return unit_verify(unit_append(unit_signed_content(), pkcs7), &trusted, &rules);
}

#define assert_good(pkcs7) assert_result(judge(pkcs7), KG_SIGNATURE_GOOD, 0, #pkcs7)
#define assert_invalid(pkcs7, error)                                                               \
	assert_result(judge(pkcs7), KG_SIGNATURE_INVALID, (error), #pkcs7)

/* With one part of the message, or of its signer, replaced. */
#define MESSAGE(part, value)                                                                       \
	({                                                                                         \
		struct der_signer signer_ = der_default_signer();                                  \
		struct der_message message_ = der_default_message(&signer_);                       \
		message_.part = (value);                                                           \
		der_message(&message_);                                                            \
	})
#define SIGNER(part, value)                                                                        \
	({                                                                                         \
		struct der_signer signer_ = der_default_signer();                                  \
		struct der_message message_;                                                       \
		signer_.part = (value);                                                            \
		message_ = der_default_message(&signer_);                                          \
		der_message(&message_);                                                            \
	})

static struct kg_span default_message(void)
{
	struct der_signer signer = der_default_signer();
	struct der_message message = der_default_message(&signer);

	return der_message(&message);
}

static struct kg_span default_signer(void)
{
	struct der_signer signer = der_default_signer();

	return der_signer(&signer);
}

static void the_form_that_sign_file_writes(void **state)
{
	struct kg_span built = default_message();
	struct kg_span written = unit_sign("rsa", "-noattr -nocerts -md sha256");

	(void)state;
	assert_int_equal(built.size, written.size);
	assert_memory_equal(built.data, written.data, built.size);
	assert_good(built);
}

static void bytes_behind_the_message_are_ignored(void **state)
{
	struct kg_span message = default_message();

	(void)state;
	assert_good(UNIT_JOIN(message, UNIT_BYTES("\0")));
	assert_good(UNIT_JOIN(message, UNIT_BYTES("anything at all")));
	assert_good(UNIT_JOIN(message, message));
	assert_invalid(kg_span_of(message.data, message.size - 1), EBADMSG);
	assert_invalid(kg_span_of(message.data, 1), EBADMSG);
	assert_invalid(kg_span_of("", 0), EBADMSG);
	assert_invalid(UNIT_JOIN(UNIT_BYTES("\0"), message), EBADMSG);
}

static void a_message_has_at_most_65535_bytes(void **state)
{
	struct kg_span message = default_message();
	unsigned char *large = unit_keep(calloc(1, 65536));

	(void)state;
	memcpy(large, message.data, message.size);
	assert_good(kg_span_of(large, 65535));
	assert_invalid(kg_span_of(large, 65536), EMSGSIZE);
}

static struct kg_span with_lengths(enum der_length form)
{
	struct der_signer signer = der_default_signer();
	struct der_message message = der_default_message(&signer);
	struct kg_span algorithm = DER_AS(0x30, form, OID_SHA256, DER_NULL);

	message.digests = DER_AS(0x31, form, algorithm);
	message.content = DER_AS(0x30, form, OID_DATA);
	return DER_AS(0x30, form, message.type,
		      DER_AS(0xa0, form, DER_AS(0x30, form, der_signed_data(&message))));
}

static void lengths_in_any_form_up_to_two_bytes(void **state)
{
	(void)state;
	assert_good(with_lengths(DER_TWO_BYTES));
	assert_good(with_lengths(DER_INDEFINITE));
	assert_good(MESSAGE(digests, DER_AS(0x31, DER_ONE_BYTE, der_algorithm(OID_SHA256))));
	assert_invalid(with_lengths(DER_THREE_BYTES), EBADMSG);
	assert_invalid(with_lengths(DER_OPEN), EBADMSG);
	assert_invalid(MESSAGE(version, UNIT_BYTES("\x02\x80\x01\x00\x00")), EBADMSG);
	assert_good(MESSAGE(version, UNIT_BYTES("\x02\x81\x01\x01")));
}

static void indefinite_parts(void **state)
{
	struct kg_span parameters = DER_AS(0x30, DER_INDEFINITE, UNIT_BYTES("\x05\x00"));
	struct kg_span open = DER_AS(0x30, DER_OPEN, UNIT_BYTES("\x05\x00"));

	(void)state;
	/* An element of any kind may be of indefinite length, to any depth. */
	assert_good(MESSAGE(digests, DER(0x31, DER(0x30, OID_SHA256, parameters))));
	assert_good(MESSAGE(digests, DER(0x31, DER(0x30, OID_SHA256,
						   DER_AS(0x30, DER_INDEFINITE, parameters)))));
	assert_invalid(MESSAGE(digests, DER(0x31, DER(0x30, OID_SHA256, open))), EBADMSG);
	/* The end mark counts as parameters where these are optional. */
	assert_invalid(MESSAGE(digests, DER(0x31, DER_AS(0x30, DER_INDEFINITE, OID_SHA256))),
		       EBADMSG);
	assert_good(MESSAGE(digests, DER(0x31, DER(0x30, OID_SHA256))));
	/* The mark is two zeros. */
	assert_invalid(MESSAGE(content, DER_AS(0x30, DER_OPEN, OID_DATA, UNIT_BYTES("\0\1"))),
		       EBADMSG);
	assert_invalid(MESSAGE(digests, DER(0x31, DER(0x30, OID_SHA256, open, UNIT_BYTES("\0\1")))),
		       EBADMSG);
	/* A set without certificates is one, but not with an end mark in it. */
	assert_good(MESSAGE(certificates, DER(0xa0, DER_EMPTY)));
	assert_invalid(MESSAGE(certificates, DER_AS(0xa0, DER_INDEFINITE, DER_EMPTY)), EBADMSG);
	assert_invalid(MESSAGE(certificates, DER(0xa2, DER_EMPTY)), EBADMSG);
}

static void tags(void **state)
{
	struct der_signer signer = der_default_signer();
	struct der_message message = der_default_message(&signer);
	struct kg_span data = der_signed_data(&message);

	(void)state;
	/* What is constructed may be marked as primitive; the reverse is an error. */
	assert_good(DER(0x10, message.type, DER(0x80, DER(0x10, data))));
	assert_invalid(MESSAGE(version, UNIT_BYTES("\x22\x01\x01")), EBADMSG);
	assert_invalid(DER(0x31, message.type, DER(0xa0, DER(0x30, data))), EBADMSG);
	assert_invalid(DER(0x30, message.type, DER(0xa1, DER(0x30, data))), EBADMSG);
	assert_invalid(MESSAGE(digests, DER(0x31, DER(0x30, OID_SHA256,
						      UNIT_BYTES("\x1f\x01\x00")))),
		       EBADMSG);
	/* A sequence is over with its last element. */
	assert_invalid(MESSAGE(digests, DER(0x31, DER(0x30, OID_SHA256, DER_NULL, DER_NULL))),
		       EBADMSG);
	assert_invalid(MESSAGE(digests, DER(0x31, DER(0x30, OID_SHA256, DER_NULL, OID_SHA256,
						      DER_NULL))),
		       EBADMSG);
	/* Lists may be sequences. */
	assert_good(MESSAGE(digests, DER(0x30, der_algorithm(OID_SHA256))));
	assert_good(MESSAGE(signers, DER(0x30, default_signer())));
	assert_invalid(MESSAGE(digests, DER(0x31, DER_EMPTY)), EBADMSG);
	assert_invalid(MESSAGE(signers, DER(0x31, DER_EMPTY)), EBADMSG);
}

static void the_type_of_the_message(void **state)
{
	(void)state;
	assert_invalid(MESSAGE(type, OID_DATA), EINVAL);
	assert_invalid(MESSAGE(type, DER_EMPTY), EBADMSG);
	assert_invalid(DER(0x30, OID_SIGNED_DATA), EINVAL);
	assert_invalid(DER(0x30, DER_EMPTY), EBADMSG);
}

static void the_versions(void **state)
{
	struct der_signer signer = der_default_signer();
	struct der_message message;

	(void)state;
	assert_invalid(MESSAGE(version, UNIT_BYTES("\x02\x01\x02")), EINVAL);
	assert_invalid(MESSAGE(version, UNIT_BYTES("\x02\x02\x00\x01")), EINVAL);
	assert_invalid(MESSAGE(version, UNIT_BYTES("\x02\x00")), EINVAL);
	assert_invalid(SIGNER(version, UNIT_BYTES("\x02\x01\x02")), EINVAL);
	assert_invalid(MESSAGE(version, UNIT_BYTES("\x02\x01\x03")), EBADMSG);
	assert_invalid(SIGNER(version, UNIT_BYTES("\x02\x01\x03")), EBADMSG);
	/* Version 3 means a key identifier; without one nothing can be looked for. */
	signer.version = UNIT_BYTES("\x02\x01\x03");
	message = der_default_message(&signer);
	message.version = UNIT_BYTES("\x02\x01\x03");
	assert_invalid(der_message(&message), EINVAL);
	signer = der_default_signer();
	signer.id = DER(0x80, UNIT_BYTES("key"));
	assert_invalid(SIGNER(id, signer.id), EINVAL);
}

static void data_in_the_message(void **state)
{
	struct kg_span data = DER(0x04, unit_signed_content());

	(void)state;
	assert_invalid(MESSAGE(content, DER(0x30, OID_DATA, DER(0xa0, data))), EBADMSG);
	assert_invalid(MESSAGE(content, DER(0x30, OID_DATA, DER(0xa0, DER_EMPTY))), EBADMSG);
	assert_invalid(MESSAGE(content, DER(0x30, OID_SHA256)), EINVAL);
	assert_invalid(MESSAGE(content, DER(0x30, DER_EMPTY)), EBADMSG);
	/* Authenticode needs attributes. */
	assert_invalid(MESSAGE(content, DER(0x30, OID_INDIRECT_DATA)), EBADMSG);
}

static void no_signer(void **state)
{
	struct der_signer signer = der_default_signer();
	struct der_message message = der_default_message(&signer);

	(void)state;
	message.signers = DER_EMPTY;
	/* Where all is at an end the kernel takes the choice for made. */
	assert_invalid(der_message(&message), EINVAL);
	message.content = DER_AS(0x30, DER_INDEFINITE, OID_DATA);
	assert_invalid(der_message(&message), EBADMSG);
}

static struct kg_span attribute(struct kg_span oid, struct kg_span values)
{
	return DER(0x30, oid, DER(0x31, values));
}

static void attributes(void **state)
{
	struct kg_span type = attribute(OID_CONTENT_TYPE, OID_DATA);
	struct kg_span digest = attribute(OID_MESSAGE_DIGEST, DER(0x04, UNIT_BYTES("12345678")));
	struct kg_span time = attribute(OID_SIGNING_TIME, UNIT_BYTES("\x17\x0d"
								    "260101000000Z"));
	struct kg_span bad_time = attribute(OID_SIGNING_TIME, UNIT_BYTES("\x17\x0d"
									"261301000000Z"));
	struct kg_span other_type = attribute(OID_CONTENT_TYPE, OID_INDIRECT_DATA);

	(void)state;
	/* A module's signature must not have any. */
	assert_invalid(SIGNER(attributes, DER(0xa0, type, digest)), EKEYREJECTED);
	assert_invalid(SIGNER(attributes, DER(0xa0, type, time, digest)), EKEYREJECTED);
	assert_invalid(SIGNER(attributes, DER(0xa0, type)), EBADMSG);
	assert_invalid(SIGNER(attributes, DER(0xa0, digest)), EBADMSG);
	assert_invalid(SIGNER(attributes, DER(0xa0, DER_EMPTY)), EBADMSG);
	assert_invalid(SIGNER(attributes, DER(0xa0, other_type, digest)), EBADMSG);
	assert_invalid(SIGNER(attributes, DER(0xa0, type, bad_time, digest)), EBADMSG);
	assert_invalid(SIGNER(attributes, DER(0xa0, type, type, digest)), EKEYREJECTED);
	/* As a sequence they are read, and count for nothing. */
	assert_good(SIGNER(attributes, DER(0xa2, DER(0x30, type, digest))));
	assert_invalid(SIGNER(attributes, DER(0xa2, DER(0x30, other_type))), EBADMSG);
	assert_invalid(SIGNER(attributes, DER(0xa2, DER(0x30, type, type))), EKEYREJECTED);
	assert_invalid(SIGNER(attributes,
			      DER(0xa2, DER(0x30, attribute(OID_CONTENT_TYPE,
							    UNIT_JOIN(OID_DATA, OID_DATA))))),
		       EKEYREJECTED);
	/* Those that are not signed may be there. */
	assert_good(SIGNER(unsigned_attributes, DER(0xa1, type)));
	assert_invalid(SIGNER(unsigned_attributes, DER(0xa1, DER_EMPTY)), EBADMSG);
}

static void algorithms(void **state)
{
	struct kg_span unknown = UNIT_BYTES("\x06\x03\x2a\x03\x04");
	struct kg_span ecdsa = UNIT_BYTES("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");

	(void)state;
	assert_result(judge(SIGNER(digest, der_algorithm(unknown))), KG_SIGNATURE_UNSUPPORTED,
		      ENOPKG, "digest");
	assert_result(judge(SIGNER(algorithm, der_algorithm(unknown))), KG_SIGNATURE_UNSUPPORTED,
		      ENOPKG, "algorithm");
	/* Which digests are announced in front does not matter. */
	assert_good(MESSAGE(digests, DER(0x31, der_algorithm(unknown))));
	/* The key is of another kind. */
	assert_result(judge(SIGNER(algorithm, der_algorithm(ecdsa))), KG_SIGNATURE_MISMATCH,
		      EKEYREJECTED, "ECDSA with an RSA key");
}

static void signatures(void **state)
{
	struct kg_span signature = der_signature("rsa");
	struct kg_span by_other = der_signature("other");
	unsigned char *changed = unit_keep(malloc(signature.size));
	static const unsigned char zeros[256];

	(void)state;
	memcpy(changed, signature.data, signature.size);
	changed[0] ^= 1;
	assert_result(judge(SIGNER(signature, DER(0x04, kg_span_of(changed, signature.size)))),
		      KG_SIGNATURE_MISMATCH, EKEYREJECTED, "changed");
	assert_result(judge(SIGNER(signature, DER(0x04, by_other))), KG_SIGNATURE_MISMATCH,
		      EKEYREJECTED, "by another key");
	assert_result(judge(SIGNER(signature, DER(0x04, kg_span_of(zeros, sizeof(zeros))))),
		      KG_SIGNATURE_MISMATCH, EKEYREJECTED, "zeros");
	assert_result(judge(SIGNER(signature, DER(0x04, DER_EMPTY))), KG_SIGNATURE_MISMATCH,
		      EKEYREJECTED, "empty");
	assert_result(judge(SIGNER(signature, DER(0x04, UNIT_BYTES("\0"), signature))),
		      KG_SIGNATURE_MISMATCH, EKEYREJECTED, "with a zero in front");
}

/* What rsa makes of a block of 256 bytes: it ends with prefix and the content's SHA-256. */
static struct kg_span padded(unsigned char type, size_t padding, struct kg_span prefix)
{
	struct kg_span digest = unit_output(
		unit_text("cd %s && openssl dgst -sha256 -binary content", unit_keys()));
	unsigned char *block = unit_keep(malloc(256));
	size_t used = 2 + padding + 1 + prefix.size + digest.size;

	memset(block, 0xff, 256);
	block[0] = 0;
	block[1] = type;
	block[2 + padding] = 0;
	memcpy(block + 2 + padding + 1, prefix.data, prefix.size);
	memcpy(block + 2 + padding + 1 + prefix.size, digest.data, digest.size);
	assert_true(used <= 256);
	return unit_filter(unit_text("openssl pkeyutl -decrypt -inkey %s/rsa.key -pkeyopt "
				     "rsa_padding_mode:none",
				     unit_keys()),
			   kg_span_of(block, 256));
}

/* rsassa_pkcs1_verify(): the block is as long as the key, and of one form. */
static void padding(void **state)
{
	struct kg_span prefix =
		UNIT_BYTES("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20");
	struct kg_span without_null =
		UNIT_BYTES("\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20");
	struct kg_span of_sha512 =
		UNIT_BYTES("\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40");
	const struct {
		const char *what;
		struct kg_span signature;
	} bad[] = {
		{"block type 0", padded(0, 202, prefix)},
		{"block type 2", padded(2, 202, prefix)},
		{"bytes behind the digest", padded(1, 100, prefix)},
		{"seven bytes of padding", padded(1, 7, prefix)},
		{"no parameters", padded(1, 204, without_null)},
		{"another digest's prefix", padded(1, 202, of_sha512)},
		{"no prefix", padded(1, 221, DER_EMPTY)},
	};

	(void)state;
	assert_good(SIGNER(signature, DER(0x04, padded(1, 202, prefix))));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_result(judge(SIGNER(signature, DER(0x04, bad[i].signature))),
			      KG_SIGNATURE_MISMATCH, EKEYREJECTED, bad[i].what);
}

/* Of two signers, one with a digest that the kernel is built without. */
static void one_signer_is_unsupported(void **state)
{
	struct kg_signature_rules without = rules;
	struct der_signer unsupported = der_default_signer();
	struct der_signer unknown = der_default_signer();
	struct der_message message = der_default_message(&unknown);
	struct kg_span sha512 = UNIT_BYTES("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03");
	struct kg_span good = default_signer();
	struct kg_span file;

	(void)state;
	kg_signature_rules_add_config(&without,
				      kg_span_of_string("CONFIG_CRYPTO_RSA=y\n"
							"CONFIG_CRYPTO_SHA256=y\n"));
	unsupported.digest = DER(0x30, sha512);
	unknown.id = DER(0x30, der_name("nobody"), UNIT_BYTES("\x02\x01\x01"));
	message.signers = DER(0x31, der_signer(&unsupported), good);
	file = unit_append(unit_signed_content(), der_message(&message));
	assert_result(unit_verify(file, &trusted, &without), KG_SIGNATURE_GOOD, 0, "and one good");
	message.signers = DER(0x31, der_signer(&unsupported), der_signer(&unknown));
	file = unit_append(unit_signed_content(), der_message(&message));
	assert_result(unit_verify(file, &trusted, &without), KG_SIGNATURE_UNSUPPORTED, ENOPKG,
		      "and one unknown");
	message.signers = DER(0x31, der_signer(&unsupported));
	file = unit_append(unit_signed_content(), der_message(&message));
	assert_result(unit_verify(file, &trusted, &without), KG_SIGNATURE_UNSUPPORTED, ENOPKG,
		      "alone");
	assert_result(unit_verify(file, &trusted, &rules), KG_SIGNATURE_MISMATCH, EKEYREJECTED,
		      "with the digest");
}

/* A name and a number that differ from those of the certificate. */
static void the_signer_is_looked_for_by_name_and_number(void **state)
{
	struct kg_span serial = UNIT_BYTES("\x02\x02\x12\x34");

	(void)state;
	assert_result(judge(SIGNER(id, DER(0x30, der_name("rsb"), serial))),
		      KG_SIGNATURE_UNKNOWN_KEY, ENOKEY, "name");
	assert_result(judge(SIGNER(id, DER(0x30, der_name("rsa"),
					   UNIT_BYTES("\x02\x02\x12\x35")))),
		      KG_SIGNATURE_UNKNOWN_KEY, ENOKEY, "number");
	assert_result(judge(SIGNER(id, DER(0x30, der_name("rsa"),
					   UNIT_BYTES("\x02\x03\x00\x12\x34")))),
		      KG_SIGNATURE_UNKNOWN_KEY, ENOKEY, "the same number, longer");
	assert_result(unit_verify(unit_append(unit_signed_content(), default_message()), &nobody,
				  &rules),
		      KG_SIGNATURE_UNKNOWN_KEY, ENOKEY, "nobody is trusted");
	assert_invalid(SIGNER(id, DER(0x30, der_name("rsa"))), EBADMSG);
	assert_invalid(SIGNER(id, DER(0x30, DER(0x30, DER_EMPTY), serial)), EBADMSG);
}

/* A message of many signers costs a public key operation for each. */
static void many_signers(void **state)
{
	static const char *const names[] = {"other", NULL};
	struct kg_certificates other = unit_trust(&rules, names);
	struct der_signer signer = der_default_signer();
	struct der_message message;
	struct kg_span spans[320];

	(void)state;
	signer.id = DER(0x30, der_name("other"), UNIT_BYTES("\x02\x01\x77"));
	signer.signature = DER(0x04, der_signature("other"));
	message = der_default_message(&signer);
	for (size_t i = 0; i < 320; i++)
		spans[i] = der_signer(&signer);
	message.signers = DER(0x31, unit_joined(spans, 256));
	assert_result(unit_verify(unit_append(unit_signed_content(), der_message(&message)), &other,
				  &rules),
		      KG_SIGNATURE_GOOD, 0, "256 signers");
	message.signers = DER(0x31, unit_joined(spans, 320));
	assert_result(unit_verify(unit_append(unit_signed_content(), der_message(&message)), &other,
				  &rules),
		      KG_SIGNATURE_UNDECIDED, 0, "320 signers");
	kg_certificates_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_that_sign_file_writes),
		cmocka_unit_test(bytes_behind_the_message_are_ignored),
		cmocka_unit_test(a_message_has_at_most_65535_bytes),
		cmocka_unit_test(lengths_in_any_form_up_to_two_bytes),
		cmocka_unit_test(indefinite_parts),
		cmocka_unit_test(tags),
		cmocka_unit_test(the_type_of_the_message),
		cmocka_unit_test(the_versions),
		cmocka_unit_test(data_in_the_message),
		cmocka_unit_test(no_signer),
		cmocka_unit_test(attributes),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(signatures),
		cmocka_unit_test(padding),
		cmocka_unit_test(one_signer_is_unsupported),
		cmocka_unit_test(the_signer_is_looked_for_by_name_and_number),
		cmocka_unit_test(many_signers),
	};

	return UNIT_RUN_IN(tests, set_up, tear_down);
}
