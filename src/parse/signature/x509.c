// SPDX-License-Identifier: GPL-2.0-or-later
#include "x509.h"

#include <errno.h>
#include <string.h>

#include "x509_grammar.h"

struct parsing {
	struct kg_x509 *certificate;
	const struct kg_signature_rules *rules;
	enum kg_oid last_oid;
	enum kg_oid signature_oid;
	struct kg_span issuer;
	struct kg_span subject;
	bool has_subject;
	struct kg_span parameters; /* of the key's algorithm, with tag and length */
	bool has_key;
	struct kg_span common_name;
	struct kg_span organization;
	struct kg_span authority; /* AuthorityKeyIdentifier */
	bool has_authority;
	struct kg_span authority_name;
	bool has_authority_name;
};

/* The content with the header before it. */
static struct kg_span with_header(const struct kg_asn1_value *value)
{
	return kg_span_of(value->content.data - value->header, value->header + value->content.size);
}

static struct kg_key_id id_of(struct kg_span first, struct kg_span second)
{
	return (struct kg_key_id){.present = true, .first = first, .second = second};
}

static bool take_unused_bits(struct kg_span *bits)
{
	return bits->size > 0 && bits->data[0] == 0 &&
	       kg_span_sub(*bits, 1, bits->size - 1, bits);
}

static int note_signature_algorithm(struct parsing *parsing)
{
	struct kg_signature *signature = &parsing->certificate->signature;
	struct kg_signature_algorithm found =
		kg_algorithm_of_certificate(parsing->last_oid, parsing->rules->version);

	if (found.algorithm == KG_KEY_NONE)
		return ENOPKG;
	signature->algorithm = found.algorithm;
	signature->digest = found.digest;
	parsing->signature_oid = parsing->last_oid;
	return 0;
}

static int note_signature(struct parsing *parsing, struct kg_span bits)
{
	if (parsing->last_oid != parsing->signature_oid)
		return EINVAL;
	if (!take_unused_bits(&bits))
		return EBADMSG;
	parsing->certificate->signature.bits = bits;
	return 0;
}

static int note_subject(struct parsing *parsing, struct kg_span name)
{
	parsing->subject = name;
	parsing->has_subject = true;
	parsing->certificate->subject_name =
		parsing->common_name.size > 0 ? parsing->common_name : parsing->organization;
	return 0;
}

/* parse_OID() of lib/oid_registry.c wants the short form. */
static int curve_of_parameters(const struct parsing *parsing, enum kg_key_algorithm *algorithm)
{
	struct kg_span parameters = parsing->parameters;
	struct kg_span content;

	if (parameters.size < 3 || parameters.data[0] != kg_asn1_oid ||
	    parameters.data[1] != parameters.size - 2 ||
	    !kg_span_sub(parameters, 2, parameters.size - 2, &content))
		return EBADMSG;
	switch (kg_oid_of(content)) {
	case KG_OID_P192:
		*algorithm = KG_KEY_P192;
		return 0;
	case KG_OID_P256:
		*algorithm = KG_KEY_P256;
		return 0;
	case KG_OID_P384:
		*algorithm = KG_KEY_P384;
		return 0;
	case KG_OID_P521:
		*algorithm = KG_KEY_P521;
		return parsing->rules->version >= KG_LINUX(6, 10) ? 0 : ENOPKG;
	case KG_OID_SM2:
		*algorithm = KG_KEY_SM2;
		return parsing->rules->version < KG_LINUX(6, 11) ? 0 : ENOPKG;
	default:
		return ENOPKG;
	}
}

static int key_algorithm(const struct parsing *parsing, enum kg_key_algorithm *algorithm)
{
	uint32_t version = parsing->rules->version;

	switch (parsing->last_oid) {
	case KG_OID_RSA:
		*algorithm = KG_KEY_RSA;
		return 0;
	case KG_OID_GOST_KEY256:
	case KG_OID_GOST_KEY512:
		*algorithm = KG_KEY_ECRDSA;
		return 0;
	case KG_OID_EC_PUBLIC_KEY:
		*algorithm = KG_KEY_SM2;
		return version < KG_LINUX(5, 13) ? 0 : curve_of_parameters(parsing, algorithm);
	case KG_OID_SM2:
		*algorithm = KG_KEY_SM2;
		return version >= KG_LINUX(5, 13) && version < KG_LINUX(6, 11) ? 0 : ENOPKG;
	case KG_OID_ML_DSA_44:
	case KG_OID_ML_DSA_65:
	case KG_OID_ML_DSA_87:
		*algorithm = kg_algorithm_of_signer(parsing->last_oid, version);
		return *algorithm != KG_KEY_NONE ? 0 : ENOPKG;
	default:
		return ENOPKG;
	}
}

static int note_key(struct parsing *parsing, struct kg_span bits)
{
	struct kg_public_key *key = &parsing->certificate->key;
	int error = key_algorithm(parsing, &key->algorithm);

	if (error != 0)
		return error;
	if (!take_unused_bits(&bits))
		return EBADMSG;
	key->bits = bits;
	parsing->has_key = true;
	return 0;
}

static int note_subject_key_id(struct kg_x509 *certificate, struct kg_span value)
{
	if (certificate->key_id.present || value.size < 3 ||
	    value.data[0] != kg_asn1_octet_string || value.data[1] != value.size - 2)
		return EBADMSG;
	(void)kg_span_sub(value, 2, value.size - 2, &value);
	certificate->key_id = id_of(value, kg_span_of(NULL, 0));
	return 0;
}

/* Only the form counts: what the key may be used for is not asked of a module's signer. */
static int check_basic_constraints(struct kg_span value, uint32_t version)
{
	static const unsigned char is_ca[] = {kg_asn1_boolean, 1, 0xff};
	struct kg_span members;

	if (value.size < 2 || value.data[0] != kg_asn1_sequence || value.data[1] != value.size - 2)
		return EBADMSG;
	(void)kg_span_sub(value, 2, value.size - 2, &members);
	if (version < KG_LINUX(6, 12) || members.size == 0 ||
	    kg_span_starts_with(members, is_ca, sizeof(is_ca)))
		return 0;
	return EBADMSG;
}

static int note_extension(struct parsing *parsing, struct kg_span value)
{
	bool checked = parsing->rules->version >= KG_LINUX(6, 4);

	switch (parsing->last_oid) {
	case KG_OID_SUBJECT_KEY_IDENTIFIER:
		return note_subject_key_id(parsing->certificate, value);
	case KG_OID_AUTHORITY_KEY_IDENTIFIER:
		parsing->authority = value;
		parsing->has_authority = true;
		return 0;
	case KG_OID_KEY_USAGE:
		if (checked && (value.size < 4 || value.data[0] != kg_asn1_bit_string ||
				value.data[2] >= 8))
			return EBADMSG;
		return 0;
	case KG_OID_BASIC_CONSTRAINTS:
		return checked ? check_basic_constraints(value, parsing->rules->version) : 0;
	default:
		return 0;
	}
}

static void note_name_part(struct parsing *parsing, struct kg_span value)
{
	if (parsing->last_oid == KG_OID_COMMON_NAME)
		parsing->common_name = value;
	else if (parsing->last_oid == KG_OID_ORGANIZATION_NAME)
		parsing->organization = value;
}

static int take_signer_of(struct parsing *parsing, unsigned int action, struct kg_span content)
{
	struct kg_x509 *certificate = parsing->certificate;

	if (action == KG_X509_AUTHORITY_NAME) {
		parsing->authority_name = content;
		parsing->has_authority_name = true;
	} else if (action == KG_X509_AUTHORITY_KEY) {
		certificate->authority_key_id = id_of(content, kg_span_of(NULL, 0));
	} else if (parsing->has_authority_name) {
		certificate->authority = id_of(content, parsing->authority_name);
	}
	return 0;
}

static int take(void *context, unsigned int action, const struct kg_asn1_value *value)
{
	struct parsing *parsing = context;
	struct kg_x509 *certificate = parsing->certificate;

	switch ((enum kg_x509_action)action) {
	case KG_X509_OID:
		parsing->last_oid = kg_oid_of(value->content);
		return 0;
	case KG_X509_SIGNED_PART:
		certificate->signed_part = with_header(value);
		return 0;
	case KG_X509_SIGNATURE:
		return note_signature(parsing, value->content);
	case KG_X509_SERIAL:
		certificate->id.first = value->content;
		return 0;
	case KG_X509_SIGNATURE_ALGORITHM:
		return note_signature_algorithm(parsing);
	case KG_X509_ISSUER:
		parsing->issuer = value->content;
		parsing->common_name = parsing->organization = kg_span_of(NULL, 0);
		return 0;
	case KG_X509_NOT_BEFORE:
		return kg_x509_time(value, &certificate->valid_from);
	case KG_X509_NOT_AFTER:
		return kg_x509_time(value, &certificate->valid_until);
	case KG_X509_SUBJECT:
		return note_subject(parsing, value->content);
	case KG_X509_PARAMETERS:
		if (parsing->has_subject && !parsing->has_key)
			parsing->parameters = with_header(value);
		return 0;
	case KG_X509_NAME_PART:
		note_name_part(parsing, value->content);
		return 0;
	case KG_X509_KEY:
		return note_key(parsing, value->content);
	case KG_X509_EXTENSION:
		return note_extension(parsing, value->content);
	case KG_X509_AUTHORITY_KEY:
	case KG_X509_AUTHORITY_NAME:
	case KG_X509_AUTHORITY_SERIAL:
		return take_signer_of(parsing, action, value->content);
	}
	return 0;
}

static bool spans_equal(struct kg_span left, struct kg_span right)
{
	return left.size == right.size &&
	       (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

/* x509_check_for_self_signed() */
static int check_own_signature(struct kg_x509 *certificate, const struct parsing *parsing)
{
	struct kg_message message;
	int error;

	if (!spans_equal(parsing->subject, parsing->issuer))
		return 0;
	if (certificate->authority.present || certificate->authority_key_id.present) {
		bool by_key = kg_key_id_equal(&certificate->key_id, &certificate->authority_key_id);
		bool by_id = kg_key_id_equal(&certificate->id, &certificate->authority);

		if (!by_key && !by_id)
			return 0;
		if (by_key != by_id && certificate->authority.present &&
		    certificate->authority_key_id.present)
			return EKEYREJECTED;
	}
	if (!kg_has_digest(parsing->rules, certificate->signature.digest))
		return 0;
	message = kg_message_of(certificate->signed_part);
	error = kg_public_key_check(parsing->rules, &certificate->key, &certificate->signature,
				    &message);
	certificate->self_signed = error == 0;
	return error;
}

int kg_x509_parse(struct kg_span der, const struct kg_signature_rules *rules,
		  struct kg_x509 *certificate)
{
	struct parsing parsing = {.certificate = certificate, .rules = rules};
	const struct kg_asn1_reader reader = {.context = &parsing, .take = take};
	int error;

	*certificate = (struct kg_x509){0};
	error = kg_asn1_read(&kg_x509_rule, der, &reader);
	if (error == 0 && parsing.has_authority)
		error = kg_asn1_read(rules->version < KG_LINUX(6, 7) ? &kg_x509_old_authority_rule
								     : &kg_x509_authority_rule,
				     parsing.authority, &reader);
	if (error != 0)
		return error;
	certificate->id = id_of(certificate->id.first, parsing.issuer);
	return check_own_signature(certificate, &parsing);
}
