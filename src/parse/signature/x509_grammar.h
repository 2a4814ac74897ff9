/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_X509_GRAMMAR_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_X509_GRAMMAR_H

#include "asn1.h"

/* What the rules say of the elements they read. */
enum kg_x509_action {
	KG_X509_OID = 1,
	KG_X509_SIGNED_PART,
	KG_X509_SIGNATURE,
	KG_X509_SERIAL,
	KG_X509_SIGNATURE_ALGORITHM,
	KG_X509_ISSUER,
	KG_X509_NOT_BEFORE,
	KG_X509_NOT_AFTER,
	KG_X509_SUBJECT,
	KG_X509_PARAMETERS,
	KG_X509_NAME_PART,
	KG_X509_KEY,
	KG_X509_EXTENSION,
	KG_X509_AUTHORITY_KEY,
	KG_X509_AUTHORITY_NAME,
	KG_X509_AUTHORITY_SERIAL,
};

/* A certificate, crypto/asymmetric_keys/x509.asn1. */
extern const struct kg_asn1_rule kg_x509_rule;

/* Its AuthorityKeyIdentifier, crypto/asymmetric_keys/x509_akid.asn1 of 6.12 and of 6.1. */
extern const struct kg_asn1_rule kg_x509_authority_rule;
extern const struct kg_asn1_rule kg_x509_old_authority_rule;

#endif
