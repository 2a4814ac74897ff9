// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signatures and certificates. The input's first byte chooses the kernel's rules. The rest is
 * taken three times: for an image with certificates, for a module file, and for a PKCS#7 message over
 * a content that is given; seeds_module_signature.sh makes such inputs.
 */
#include <stdint.h>
#include <stdlib.h>

#include "kernel-guard/parse/module_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char content[] = "content of a module\n";

static struct kg_signature_rules rules_of(uint8_t choice)
{
	static const char *const releases[] = {"5.10.0", "6.1.0", "6.12.0", "7.3.0"};
	struct kg_signature_rules rules = kg_signature_rules_of(releases[choice & 3]);

	rules.takes_ml_dsa_attributes = choice & 4;
	if (choice & 8)
		rules.absent = choice * 0x01010101U;
	return rules;
}

/* A result without an errno is good, or not known, and the reverse. */
static void judge(const struct kg_module_signature *signature,
		  const struct kg_certificates *certificates,
		  const struct kg_signature_rules *rules)
{
	struct kg_signature_result result;
	struct kg_error err;

	if (kg_module_signature_verify(signature, certificates, rules, &result, &err) < 0)
		return;
	if ((result.error_number == 0) != (result.state == KG_SIGNATURE_GOOD ||
					   result.state == KG_SIGNATURE_UNDECIDED))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kg_certificates certificates = {0};
	struct kg_module_signature signature;
	struct kg_signature_rules rules;
	struct kg_error err;
	struct kg_span rest;

	if (size < 1)
		return 0;
	rules = rules_of(data[0]);
	rest = kg_span_of(data + 1, size - 1);
	(void)kg_certificates_find(rest, &rules, &certificates, &err);
	signature = kg_module_signature_find(rest);
	if (signature.content.size + signature.pkcs7.size > rest.size)
		abort();
	judge(&signature, &certificates, &rules);
	signature = (struct kg_module_signature){
		.content = kg_span_of(content, sizeof(content) - 1),
		.pkcs7 = rest,
	};
	judge(&signature, &certificates, &rules);
	kg_certificates_free(&certificates);
	return 0;
}
