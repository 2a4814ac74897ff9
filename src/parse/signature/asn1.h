/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_ASN1_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_ASN1_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/span.h"

/*
 * A grammar that is read as lib/asn1_decoder.c (Linux 5.10 to 7.3) reads those that
 * scripts/asn1_compiler.c has made of crypto/asymmetric_keys/'s .asn1 files. libcrypto
 * accepts other things: the kernel takes indefinite lengths, lengths that are longer than need
 * be, elements marked primitive where they are constructed, and bytes behind the end; it
 * takes neither long tags nor lengths of three bytes.
 */
enum kg_asn1_kind {
	KG_ASN1_PRIMITIVE,
	KG_ASN1_ANY,
	KG_ASN1_SEQUENCE, /* its rules one after the other; also a tag that wraps one rule */
	KG_ASN1_LIST,     /* SEQUENCE OF, SET OF: its one rule, at least once */
	KG_ASN1_CHOICE,   /* one of its rules, or none where nothing is left to be read */
};

struct kg_asn1_rule {
	enum kg_asn1_kind kind;
	uint8_t tag; /* the identifier octet; not for ANY and CHOICE */
	bool optional;
	/* Handed to the reader when the element has been read; 0 for none. That of a CHOICE
	 * is handed over even when none of its rules was. */
	unsigned int action;
	const struct kg_asn1_rule *rules;
	size_t count;
};

/* The element that was read last. */
struct kg_asn1_value {
	uint8_t tag;
	size_t header; /* bytes of tag and length, right before the content */
	struct kg_span content;
};

/* What takes the elements. Returns 0, or an errno that ends the reading. */
struct kg_asn1_reader {
	void *context;
	int (*take)(void *context, unsigned int action, const struct kg_asn1_value *value);
};

/* Identifier octets, include/linux/asn1.h. */
enum {
	kg_asn1_constructed = 0x20,
	kg_asn1_context = 0x80, /* context-specific; the number is to be added */
	kg_asn1_boolean = 0x01,
	kg_asn1_integer = 0x02,
	kg_asn1_bit_string = 0x03,
	kg_asn1_octet_string = 0x04,
	kg_asn1_oid = 0x06,
	kg_asn1_utc_time = 0x17,
	kg_asn1_generalized_time = 0x18,
	kg_asn1_sequence = 0x30,
	kg_asn1_set = 0x31,
};

/* For tables of rules: the members, and tags [number] IMPLICIT and [number] EXPLICIT. */
#define KG_ASN1_RULES(array) .rules = (array), .count = sizeof(array) / sizeof((array)[0])
#define KG_ASN1_CONTEXT(number) (kg_asn1_context | (number))
#define KG_ASN1_WRAPPED(number) (kg_asn1_context | kg_asn1_constructed | (number))

/*
 * Reads bytes by rule. Returns 0, or the errno that the kernel's decoder gives: EMSGSIZE
 * over 65535 bytes, EBADMSG where the grammar is not met, or that of the reader.
 */
int kg_asn1_read(const struct kg_asn1_rule *rule, struct kg_span bytes,
		 const struct kg_asn1_reader *reader);

#endif
