// SPDX-License-Identifier: GPL-2.0-or-later
#include "pkcs7.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel-guard/core/buffer.h"
#include "pkcs7_grammar.h"

/* The attributes of which a signer may have one. */
enum attribute {
	ATTRIBUTE_CONTENT_TYPE = 1,
	ATTRIBUTE_SIGNING_TIME = 2,
	ATTRIBUTE_MESSAGE_DIGEST = 4,
	ATTRIBUTE_CAPABILITIES = 8,
	ATTRIBUTE_OPUS_INFO = 16,
	ATTRIBUTE_STATEMENT_TYPE = 32,
};

struct parsing {
	struct kg_pkcs7 *message;
	const struct kg_signature_rules *rules;
	enum kg_oid last_oid;
	enum kg_oid data_type;
	unsigned char message_version;
	bool by_key_id;
	bool certificates_complete;
	/* The last ones seen, also those of another signer. */
	struct kg_span issuer;
	struct kg_span serial;
	struct kg_span key_id;
	struct kg_pkcs7_signer signer; /* the one being read */
	unsigned int attributes;       /* enum attribute */
};

static int note_message_version(struct parsing *parsing, struct kg_span number)
{
	if (number.size != 1 || (number.data[0] != 1 && number.data[0] != 3))
		return EINVAL;
	parsing->message_version = number.data[0];
	return 0;
}

static int note_signer_version(struct parsing *parsing, struct kg_span number)
{
	if (number.size != 1 || (number.data[0] != 1 && number.data[0] != 3))
		return EINVAL;
	if ((number.data[0] == 1) != (parsing->message_version == 1))
		return EBADMSG;
	parsing->by_key_id = number.data[0] == 3;
	return 0;
}

static int note_content_type(struct parsing *parsing)
{
	if (parsing->last_oid != KG_OID_DATA && parsing->last_oid != KG_OID_MS_INDIRECT_DATA)
		return EINVAL;
	parsing->data_type = parsing->last_oid;
	parsing->message->is_plain_data = parsing->data_type == KG_OID_DATA;
	return 0;
}

/* Those in revocation lists have to be readable, and are not kept. */
static int note_certificate(struct parsing *parsing, const struct kg_asn1_value *value)
{
	struct kg_pkcs7 *message = parsing->message;
	struct kg_error err;
	struct kg_x509 parsed;
	int error;

	if (value->tag != kg_asn1_sequence)
		return EBADMSG;
	error = kg_x509_parse(kg_span_of(value->content.data - value->header,
					 value->header + value->content.size),
			      parsing->rules, &parsed);
	if (error != 0 || parsing->certificates_complete)
		return error;
	if (kg_array_reserve(&message->certificates, &message->certificate_capacity,
			     message->certificate_count, sizeof(parsed), &err) < 0)
		return ENOMEM;
	message->certificates[message->certificate_count++] = parsed;
	return 0;
}

static int note_attribute_value(struct parsing *parsing, enum attribute attribute,
				const struct kg_asn1_value *value)
{
	struct kg_pkcs7_signer *signer = &parsing->signer;

	switch (attribute) {
	case ATTRIBUTE_CONTENT_TYPE:
		return kg_oid_of(value->content) == parsing->data_type ? 0 : EBADMSG;
	case ATTRIBUTE_SIGNING_TIME:
		signer->has_signing_time = true;
		return kg_x509_time(value, &signer->signing_time);
	case ATTRIBUTE_MESSAGE_DIGEST:
		if (value->tag != kg_asn1_octet_string)
			return EBADMSG;
		signer->message_digest = value->content;
		signer->has_message_digest = true;
		return 0;
	case ATTRIBUTE_CAPABILITIES:
	case ATTRIBUTE_OPUS_INFO:
	case ATTRIBUTE_STATEMENT_TYPE:
		break;
	}
	return parsing->data_type == KG_OID_MS_INDIRECT_DATA ? 0 : EKEYREJECTED;
}

static int note_attribute(struct parsing *parsing, const struct kg_asn1_value *value)
{
	static const struct {
		enum kg_oid oid;
		enum attribute attribute;
	} known[] = {
		{KG_OID_CONTENT_TYPE, ATTRIBUTE_CONTENT_TYPE},
		{KG_OID_SIGNING_TIME, ATTRIBUTE_SIGNING_TIME},
		{KG_OID_MESSAGE_DIGEST, ATTRIBUTE_MESSAGE_DIGEST},
		{KG_OID_SMIME_CAPABILITIES, ATTRIBUTE_CAPABILITIES},
		{KG_OID_MS_SP_OPUS_INFO, ATTRIBUTE_OPUS_INFO},
		{KG_OID_MS_STATEMENT_TYPE, ATTRIBUTE_STATEMENT_TYPE},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].oid != parsing->last_oid)
			continue;
		if ((parsing->attributes & known[i].attribute) != 0)
			return EKEYREJECTED;
		parsing->attributes |= known[i].attribute;
		return note_attribute_value(parsing, known[i].attribute, value);
	}
	return 0;
}

static int note_attribute_set(struct parsing *parsing, const struct kg_asn1_value *value)
{
	const unsigned int required = ATTRIBUTE_CONTENT_TYPE | ATTRIBUTE_MESSAGE_DIGEST;

	if ((parsing->attributes & required) != required)
		return EBADMSG;
	parsing->signer.has_attributes = true;
	parsing->signer.attributes = kg_span_of(value->content.data - value->header,
						value->header + value->content.size);
	return 0;
}

static int note_signer(struct parsing *parsing)
{
	struct kg_pkcs7 *message = parsing->message;
	struct kg_pkcs7_signer *signer = &parsing->signer;
	struct kg_error err;

	if (parsing->data_type == KG_OID_MS_INDIRECT_DATA && !signer->has_attributes)
		return EBADMSG;
	signer->id.present = true;
	signer->id.first = parsing->by_key_id ? parsing->key_id : parsing->serial;
	signer->id.second = parsing->by_key_id ? kg_span_of(NULL, 0) : parsing->issuer;
	if (kg_array_reserve(&message->signers, &message->signer_capacity, message->signer_count,
			     sizeof(*signer), &err) < 0)
		return ENOMEM;
	message->signers[message->signer_count++] = *signer;
	*signer = (struct kg_pkcs7_signer){0};
	parsing->attributes = 0;
	return 0;
}

static int note_digest_algorithm(struct parsing *parsing)
{
	parsing->signer.signature.digest =
		kg_digest_of_signer(parsing->last_oid, parsing->rules->version);
	return parsing->signer.signature.digest != KG_DIGEST_NONE ? 0 : ENOPKG;
}

static int note_signature_algorithm(struct parsing *parsing)
{
	parsing->signer.signature.algorithm =
		kg_algorithm_of_signer(parsing->last_oid, parsing->rules->version);
	return parsing->signer.signature.algorithm != KG_KEY_NONE ? 0 : ENOPKG;
}

static int take(void *context, unsigned int action, const struct kg_asn1_value *value)
{
	struct parsing *parsing = context;

	switch ((enum kg_pkcs7_action)action) {
	case KG_PKCS7_OID:
		parsing->last_oid = kg_oid_of(value->content);
		break;
	case KG_PKCS7_MESSAGE_TYPE:
		return kg_oid_of(value->content) == KG_OID_SIGNED_DATA ? 0 : EINVAL;
	case KG_PKCS7_MESSAGE_VERSION:
		return note_message_version(parsing, value->content);
	case KG_PKCS7_CONTENT_TYPE:
		return note_content_type(parsing);
	case KG_PKCS7_DATA:
		parsing->message->has_data = true;
		break;
	case KG_PKCS7_CERTIFICATE:
		return note_certificate(parsing, value);
	case KG_PKCS7_CERTIFICATE_LIST:
		parsing->certificates_complete = true;
		break;
	case KG_PKCS7_SIGNER_VERSION:
		return note_signer_version(parsing, value->content);
	case KG_PKCS7_ISSUER:
		parsing->issuer = value->content;
		break;
	case KG_PKCS7_SERIAL:
		parsing->serial = value->content;
		break;
	case KG_PKCS7_KEY_ID:
		parsing->key_id = value->content;
		break;
	case KG_PKCS7_DIGEST_ALGORITHM:
		return note_digest_algorithm(parsing);
	case KG_PKCS7_ATTRIBUTE:
		return note_attribute(parsing, value);
	case KG_PKCS7_ATTRIBUTE_SET:
		return note_attribute_set(parsing, value);
	case KG_PKCS7_SIGNATURE_ALGORITHM:
		return note_signature_algorithm(parsing);
	case KG_PKCS7_SIGNATURE:
		parsing->signer.signature.bits = value->content;
		break;
	case KG_PKCS7_SIGNER:
		return note_signer(parsing);
	}
	return 0;
}

/* pkcs7_check_authattrs(): there are signers, and all of them have attributes or none. */
static int check_attributes(struct kg_pkcs7 *message)
{
	if (message->signer_count == 0)
		return EINVAL;
	message->has_attributes = message->signers[0].has_attributes;
	message->only_ml_dsa = !message->has_attributes ||
			       kg_is_ml_dsa(message->signers[0].signature.algorithm);
	for (size_t i = 0; i < message->signer_count; i++) {
		struct kg_pkcs7_signer *signer = &message->signers[i];

		if (signer->has_attributes != message->has_attributes)
			return EINVAL;
		/* ML-DSA digests the data itself. */
		if (!signer->has_attributes && kg_is_ml_dsa(signer->signature.algorithm))
			signer->signature.digest = KG_DIGEST_NONE;
	}
	return 0;
}

int kg_pkcs7_parse(struct kg_span bytes, const struct kg_signature_rules *rules,
		   struct kg_pkcs7 *message)
{
	struct parsing parsing = {.message = message, .rules = rules};
	const struct kg_asn1_reader reader = {.context = &parsing, .take = take};
	int error;

	*message = (struct kg_pkcs7){0};
	error = kg_asn1_read(&kg_pkcs7_rule, bytes, &reader);
	return error != 0 ? error : check_attributes(message);
}

void kg_pkcs7_free(struct kg_pkcs7 *message)
{
	free(message->certificates);
	free(message->signers);
	*message = (struct kg_pkcs7){0};
}
