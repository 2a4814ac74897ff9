// SPDX-License-Identifier: GPL-2.0-or-later
#include "x509_grammar.h"

/* From the leaves up. */
static const struct kg_asn1_rule algorithm_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid, .action = KG_X509_OID},
	{.kind = KG_ASN1_ANY, .optional = true, .action = KG_X509_PARAMETERS},
};

static const struct kg_asn1_rule attribute_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid, .action = KG_X509_OID},
	{.kind = KG_ASN1_ANY, .action = KG_X509_NAME_PART},
};
static const struct kg_asn1_rule attribute[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(attribute_members)},
};
static const struct kg_asn1_rule relative_name[] = {
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_set, KG_ASN1_RULES(attribute)},
};

static const struct kg_asn1_rule time_forms[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_utc_time},
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_generalized_time},
};
static const struct kg_asn1_rule validity_members[] = {
	{.kind = KG_ASN1_CHOICE, .action = KG_X509_NOT_BEFORE, KG_ASN1_RULES(time_forms)},
	{.kind = KG_ASN1_CHOICE, .action = KG_X509_NOT_AFTER, KG_ASN1_RULES(time_forms)},
};

static const struct kg_asn1_rule key_members[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(algorithm_members)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_bit_string, .action = KG_X509_KEY},
};

static const struct kg_asn1_rule extension_members[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid, .action = KG_X509_OID},
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_boolean, .optional = true},
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_octet_string, .action = KG_X509_EXTENSION},
};
static const struct kg_asn1_rule extension[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(extension_members)},
};
static const struct kg_asn1_rule extensions[] = {
	{.kind = KG_ASN1_LIST, .tag = kg_asn1_sequence, KG_ASN1_RULES(extension)},
};

static const struct kg_asn1_rule version_number[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_integer},
};

static const struct kg_asn1_rule signed_members[] = {
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = KG_ASN1_WRAPPED(0),
	 .optional = true,
	 KG_ASN1_RULES(version_number)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_integer, .action = KG_X509_SERIAL},
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = kg_asn1_sequence,
	 .action = KG_X509_SIGNATURE_ALGORITHM,
	 KG_ASN1_RULES(algorithm_members)},
	{.kind = KG_ASN1_LIST,
	 .tag = kg_asn1_sequence,
	 .action = KG_X509_ISSUER,
	 KG_ASN1_RULES(relative_name)},
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(validity_members)},
	{.kind = KG_ASN1_LIST,
	 .tag = kg_asn1_sequence,
	 .action = KG_X509_SUBJECT,
	 KG_ASN1_RULES(relative_name)},
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(key_members)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = KG_ASN1_CONTEXT(1), .optional = true},
	{.kind = KG_ASN1_PRIMITIVE, .tag = KG_ASN1_CONTEXT(2), .optional = true},
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = KG_ASN1_WRAPPED(3),
	 .optional = true,
	 KG_ASN1_RULES(extensions)},
};
static const struct kg_asn1_rule certificate_members[] = {
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = kg_asn1_sequence,
	 .action = KG_X509_SIGNED_PART,
	 KG_ASN1_RULES(signed_members)},
	{.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(algorithm_members)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_bit_string, .action = KG_X509_SIGNATURE},
};
const struct kg_asn1_rule kg_x509_rule = {
	.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(certificate_members)};

static const struct kg_asn1_rule anything[] = {{.kind = KG_ASN1_ANY}};
static const struct kg_asn1_rule other_name[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(0), KG_ASN1_RULES(anything)},
};
static const struct kg_asn1_rule party_name[] = {
	{.kind = KG_ASN1_SEQUENCE,
	 .tag = KG_ASN1_WRAPPED(0),
	 .optional = true,
	 KG_ASN1_RULES(anything)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(1), KG_ASN1_RULES(anything)},
};
static const struct kg_asn1_rule directory_name[] = {
	{.kind = KG_ASN1_LIST,
	 .tag = kg_asn1_sequence,
	 .action = KG_X509_AUTHORITY_NAME,
	 KG_ASN1_RULES(relative_name)},
};
static const struct kg_asn1_rule name_forms[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(0), KG_ASN1_RULES(other_name)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = KG_ASN1_CONTEXT(1)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = KG_ASN1_CONTEXT(2)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(3), KG_ASN1_RULES(anything)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(4), KG_ASN1_RULES(directory_name)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(5), KG_ASN1_RULES(party_name)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = KG_ASN1_CONTEXT(6)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = KG_ASN1_CONTEXT(7)},
	{.kind = KG_ASN1_PRIMITIVE, .tag = KG_ASN1_CONTEXT(8)},
};
static const struct kg_asn1_rule general_name[] = {
	{.kind = KG_ASN1_CHOICE, KG_ASN1_RULES(name_forms)},
};

/* The same with every tag around its element. */
static const struct kg_asn1_rule ia5_string[] = {{.kind = KG_ASN1_PRIMITIVE, .tag = 0x16}};
static const struct kg_asn1_rule octet_string[] = {
	{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_octet_string},
};
static const struct kg_asn1_rule oid[] = {{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_oid}};
static const struct kg_asn1_rule wrapped_name_forms[] = {
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(0), KG_ASN1_RULES(anything)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(1), KG_ASN1_RULES(ia5_string)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(2), KG_ASN1_RULES(ia5_string)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(3), KG_ASN1_RULES(anything)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(4), KG_ASN1_RULES(directory_name)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(5), KG_ASN1_RULES(anything)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(6), KG_ASN1_RULES(ia5_string)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(7), KG_ASN1_RULES(octet_string)},
	{.kind = KG_ASN1_SEQUENCE, .tag = KG_ASN1_WRAPPED(8), KG_ASN1_RULES(oid)},
};
static const struct kg_asn1_rule wrapped_name[] = {
	{.kind = KG_ASN1_CHOICE, KG_ASN1_RULES(wrapped_name_forms)},
};

#define AUTHORITY_MEMBERS(name)                                                                    \
	{                                                                                          \
		{.kind = KG_ASN1_PRIMITIVE,                                                        \
		 .tag = KG_ASN1_CONTEXT(0),                                                        \
		 .optional = true,                                                                 \
		 .action = KG_X509_AUTHORITY_KEY},                                                 \
		{.kind = KG_ASN1_LIST,                                                             \
		 .tag = KG_ASN1_WRAPPED(1),                                                        \
		 .optional = true,                                                                 \
		 KG_ASN1_RULES(name)},                                                             \
		{.kind = KG_ASN1_PRIMITIVE,                                                        \
		 .tag = KG_ASN1_CONTEXT(2),                                                        \
		 .optional = true,                                                                 \
		 .action = KG_X509_AUTHORITY_SERIAL},                                              \
	}
static const struct kg_asn1_rule authority_members[] = AUTHORITY_MEMBERS(general_name);
static const struct kg_asn1_rule old_authority_members[] = AUTHORITY_MEMBERS(wrapped_name);
const struct kg_asn1_rule kg_x509_authority_rule = {
	.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(authority_members)};
const struct kg_asn1_rule kg_x509_old_authority_rule = {
	.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(old_authority_members)};
