// SPDX-License-Identifier: GPL-2.0-or-later
#include "pkcs7_grammar.h"

/* From the leaves up. */
static const struct kg_asn1_rule anything[] = {{.kind = KG_ASN1_ANY}};

static const struct kg_asn1_rule algorithm_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid, .action = KG_PKCS7_OID},
	{.kind = KG_ASN1_ANY, .optional = true},
};
static const struct kg_asn1_rule digest_algorithm[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(algorithm_members)},
};
static const struct kg_asn1_rule digest_algorithm_lists[] = {
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_set, KG_ASN1_RULES(digest_algorithm)},
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_sequence, KG_ASN1_RULES(digest_algorithm)},
};

static const struct kg_asn1_rule data[] = {{.kind = KG_ASN1_ANY, .action = KG_PKCS7_DATA}};
static const struct kg_asn1_rule content_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid, .action = KG_PKCS7_OID},
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = KG_ASN1_WRAPPED(0),
	 .optional = true,
	 KG_ASN1_RULES(data)},
};

static const struct kg_asn1_rule certificate[] = {
	{.kind = KG_ASN1_ANY, .action = KG_PKCS7_CERTIFICATE},
};
/* That it is a choice lets a set be empty. */
static const struct kg_asn1_rule certificate_choice[] = {
	{.kind = KG_ASN1_CHOICE, KG_ASN1_RULES(certificate)},
};
static const struct kg_asn1_rule certificate_lists[] = {
	{.kind = KG_ASN1_LIST, .tag = KG_ASN1_WRAPPED(0), KG_ASN1_RULES(certificate_choice)},
	{.kind = KG_ASN1_LIST, .tag = KG_ASN1_WRAPPED(2), KG_ASN1_RULES(certificate)},
};

static const struct kg_asn1_rule revocation_list[] = {
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_sequence, KG_ASN1_RULES(certificate)},
};
static const struct kg_asn1_rule revocation_lists[] = {
	{.kind = KG_ASN1_LIST, .tag = KG_ASN1_WRAPPED(1), KG_ASN1_RULES(revocation_list)},
	{.kind = KG_ASN1_LIST, .tag = KG_ASN1_WRAPPED(3), KG_ASN1_RULES(revocation_list)},
};

static const struct kg_asn1_rule name_attribute_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid, .action = KG_PKCS7_OID},
	{.kind = KG_ASN1_ANY},
};
static const struct kg_asn1_rule name_attribute[] = {
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = kg_asn1_sequence,
	 KG_ASN1_RULES(name_attribute_members)},
};
static const struct kg_asn1_rule relative_name[] = {
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_set, KG_ASN1_RULES(name_attribute)},
};
static const struct kg_asn1_rule issuer_and_serial[] = {
	{.kind = KG_ASN1_LIST,
	 .tag = kg_asn1_sequence,
	 .action = KG_PKCS7_ISSUER,
	 KG_ASN1_RULES(relative_name)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_integer, .action = KG_PKCS7_SERIAL},
};
static const struct kg_asn1_rule signer_ids[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(issuer_and_serial)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = KG_ASN1_CONTEXT(0), .action = KG_PKCS7_KEY_ID},
};

static const struct kg_asn1_rule attribute_value[] = {
	{.kind = KG_ASN1_ANY, .action = KG_PKCS7_ATTRIBUTE},
};
static const struct kg_asn1_rule attribute_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid, .action = KG_PKCS7_OID},
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_set, KG_ASN1_RULES(attribute_value)},
};
static const struct kg_asn1_rule attribute[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(attribute_members)},
};
static const struct kg_asn1_rule attribute_sequence[] = {
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_sequence, KG_ASN1_RULES(attribute)},
};
static const struct kg_asn1_rule attribute_lists[] = {
	{.kind = KG_ASN1_LIST,
	 .tag = KG_ASN1_WRAPPED(0),
	 .action = KG_PKCS7_ATTRIBUTE_SET,
	 KG_ASN1_RULES(attribute)},
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = KG_ASN1_WRAPPED(2),
	 KG_ASN1_RULES(attribute_sequence)},
};

static const struct kg_asn1_rule unsigned_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid},
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_set, KG_ASN1_RULES(anything)},
};
static const struct kg_asn1_rule unsigned_attribute[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(unsigned_members)},
};
static const struct kg_asn1_rule unsigned_lists[] = {
	{.kind = KG_ASN1_LIST, .tag = KG_ASN1_WRAPPED(1), KG_ASN1_RULES(unsigned_attribute)},
	{.kind = KG_ASN1_LIST, .tag = KG_ASN1_WRAPPED(3), KG_ASN1_RULES(unsigned_attribute)},
};

static const struct kg_asn1_rule signer_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_integer, .action = KG_PKCS7_SIGNER_VERSION},
	{.kind = KG_ASN1_CHOICE, KG_ASN1_RULES(signer_ids)},
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = kg_asn1_sequence,
	 .action = KG_PKCS7_DIGEST_ALGORITHM,
	 KG_ASN1_RULES(algorithm_members)},
	{.kind = KG_ASN1_CHOICE, .optional = true, KG_ASN1_RULES(attribute_lists)},
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = kg_asn1_sequence,
	 .action = KG_PKCS7_SIGNATURE_ALGORITHM,
	 KG_ASN1_RULES(algorithm_members)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_octet_string, .action = KG_PKCS7_SIGNATURE},
	{.kind = KG_ASN1_CHOICE, .optional = true, KG_ASN1_RULES(unsigned_lists)},
};
static const struct kg_asn1_rule signer[] = {
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = kg_asn1_sequence,
	 .action = KG_PKCS7_SIGNER,
	 KG_ASN1_RULES(signer_members)},
};
static const struct kg_asn1_rule signer_lists[] = {
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_set, KG_ASN1_RULES(signer)},
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_sequence, KG_ASN1_RULES(signer)},
};

static const struct kg_asn1_rule signed_data_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_integer, .action = KG_PKCS7_MESSAGE_VERSION},
	{.kind = KG_ASN1_CHOICE, KG_ASN1_RULES(digest_algorithm_lists)},
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = kg_asn1_sequence,
	 .action = KG_PKCS7_CONTENT_TYPE,
	 KG_ASN1_RULES(content_members)},
	{.kind = KG_ASN1_CHOICE,
	 .optional = true,
	 .action = KG_PKCS7_CERTIFICATE_LIST,
	 KG_ASN1_RULES(certificate_lists)},
	{.kind = KG_ASN1_CHOICE, .optional = true, KG_ASN1_RULES(revocation_lists)},
	{.kind = KG_ASN1_CHOICE, KG_ASN1_RULES(signer_lists)},
};
static const struct kg_asn1_rule signed_data[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(signed_data_members)},
};
static const struct kg_asn1_rule message_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid, .action = KG_PKCS7_MESSAGE_TYPE},
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = KG_ASN1_WRAPPED(0),
	 .optional = true,
	 KG_ASN1_RULES(signed_data)},
};
const struct kg_asn1_rule kg_pkcs7_rule = {
	.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(message_members)};
