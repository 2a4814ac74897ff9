/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_DER_FIXTURE_H
#define KERNEL_GUARD_TESTS_UNIT_DER_FIXTURE_H

/* ASN.1 elements and PKCS#7 messages, each part of which a test may replace. */
#include "signature_fixture.h"

/* How the length of an element is written. */
enum der_length {
	DER_SHORTEST,
	DER_ONE_BYTE,    /* 81 nn */
	DER_TWO_BYTES,   /* 82 nn nn */
	DER_THREE_BYTES, /* 83 nn nn nn */
	DER_INDEFINITE,  /* 80 … 00 00 */
	DER_OPEN,        /* 80 … without the end */
};

static inline size_t der_header(unsigned char *out, unsigned char tag, size_t size,
				enum der_length form)
{
	size_t count = (size_t)form;

	if (form == DER_SHORTEST)
		count = size < 0x80 ? 0 : size < 0x100 ? 1 : 2;
	out[0] = tag;
	if (form >= DER_INDEFINITE) {
		out[1] = 0x80;
		return 2;
	}
	out[1] = (unsigned char)(count ? 0x80 | count : size);
	for (size_t i = 0; i < count; i++)
		out[2 + i] = (unsigned char)(size >> (8 * (count - 1 - i)));
	return 2 + count;
}

static inline struct kg_span der_element(unsigned char tag, enum der_length form,
					 struct kg_span content)
{
	unsigned char *header = unit_keep(malloc(8));
	size_t size = der_header(header, tag, content.size, form);

	return UNIT_JOIN(kg_span_of(header, size), content,
			 form == DER_INDEFINITE ? UNIT_BYTES("\0\0") : kg_span_of("", 0));
}

#define DER(tag, ...) der_element((tag), DER_SHORTEST, UNIT_JOIN(__VA_ARGS__))
#define DER_AS(tag, form, ...) der_element((tag), (form), UNIT_JOIN(__VA_ARGS__))
#define DER_EMPTY UNIT_BYTES("")

/* Object identifiers with tag and length. */
#define OID_SIGNED_DATA UNIT_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_DATA UNIT_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define OID_INDIRECT_DATA UNIT_BYTES("\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04")
#define OID_RSA UNIT_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_SHA256 UNIT_BYTES("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define OID_COMMON_NAME UNIT_BYTES("\x06\x03\x55\x04\x03")
#define OID_CONTENT_TYPE UNIT_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")
#define OID_MESSAGE_DIGEST UNIT_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")
#define OID_SIGNING_TIME UNIT_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")
#define DER_NULL UNIT_BYTES("\x05\x00")

/* A SignerInfo; each part with tag and length. */
struct der_signer {
	struct kg_span version;
	struct kg_span id;
	struct kg_span digest;
	struct kg_span attributes;
	struct kg_span algorithm;
	struct kg_span signature;
	struct kg_span unsigned_attributes;
};

/* A message. */
struct der_message {
	struct kg_span type;
	struct kg_span version;
	struct kg_span digests;
	struct kg_span content;
	struct kg_span certificates;
	struct kg_span revocations;
	struct kg_span signers;
};

static inline struct kg_span der_name(const char *common_name)
{
	return DER(0x30, DER(0x31, DER(0x30, OID_COMMON_NAME,
				       DER(0x0c, kg_span_of_string(common_name)))));
}

static inline struct kg_span der_algorithm(struct kg_span oid)
{
	return DER(0x30, oid, DER_NULL);
}

/* What the key has made of SHA-256 of the content. */
static inline struct kg_span der_signature(const char *key)
{
	return unit_output(unit_text("cd %s && openssl dgst -sha256 -sign %s.key content",
				     unit_keys(), key));
}

/* A signer by rsa, whose name and serial number are those of unit_key_script. */
static inline struct der_signer der_default_signer(void)
{
	static struct kg_span signature;

	if (!signature.data)
		signature = der_signature("rsa");
	return (struct der_signer){
		.version = UNIT_BYTES("\x02\x01\x01"),
		.id = DER(0x30, der_name("rsa"), UNIT_BYTES("\x02\x02\x12\x34")),
		.digest = DER(0x30, OID_SHA256),
		.algorithm = der_algorithm(OID_RSA),
		.signature = DER(0x04, signature),
	};
}

static inline struct kg_span der_signer(const struct der_signer *signer)
{
	return DER(0x30, signer->version, signer->id, signer->digest, signer->attributes,
		   signer->algorithm, signer->signature, signer->unsigned_attributes);
}

static inline struct der_message der_default_message(const struct der_signer *signer)
{
	return (struct der_message){
		.type = OID_SIGNED_DATA,
		.version = UNIT_BYTES("\x02\x01\x01"),
		.digests = DER(0x31, DER(0x30, OID_SHA256)),
		.content = DER(0x30, OID_DATA),
		.signers = DER(0x31, der_signer(signer)),
	};
}

static inline struct kg_span der_signed_data(const struct der_message *message)
{
	return UNIT_JOIN(message->version, message->digests, message->content,
			 message->certificates, message->revocations, message->signers);
}

static inline struct kg_span der_message(const struct der_message *message)
{
	return DER(0x30, message->type, DER(0xa0, DER(0x30, der_signed_data(message))));
}

#endif
