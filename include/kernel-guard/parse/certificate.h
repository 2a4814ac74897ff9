/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_CERTIFICATE_H
#define KERNEL_GUARD_PARSE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/* What of a kernel decides how it reads certificates and signatures. */
struct kg_signature_rules {
	uint32_t version; /* as LINUX_VERSION_CODE, the third number 0: 0x060c00 is Linux 6.12 */
	/* CONFIG_PKCS7_WAIVE_AUTHATTRS_REJECTION_FOR_MLDSA, Linux 7.0 */
	bool takes_ml_dsa_attributes;
	uint32_t absent; /* a bit for each digest and algorithm that it is built without */
};

/*
 * The rules of a kernel by its release, "6.12.9-arch1-1", version 0 where it is none. It is
 * taken to be built with all algorithms that its version knows.
 */
struct kg_signature_rules kg_signature_rules_of(const char *release);

/*
 * Adds what its configuration says, unless that is empty. What is built as a module counts as
 * there: the kernel would ask for it.
 */
void kg_signature_rules_add_config(struct kg_signature_rules *rules, struct kg_span config);

/* A certificate as the kernel has read it. */
struct kg_certificate;

/* The keys that a kernel trusts, as certificates. A zeroed one is a valid empty one. */
struct kg_certificates {
	struct kg_certificate *items;
	size_t count;
	size_t capacity;
};

/*
 * Finds the certificates built into a kernel (certs/system_certificates.S), which it trusts for
 * modules, and adds them: image is the unpacked kernel or the section that holds them,
 * .init.data. The list is known by the numbers behind it, its size and that of the module
 * signing certificate (from Linux 5.18); where no such list is found every certificate in
 * the image is taken. What the kernel could not read is left out. 0, or -1: ENOMEM, EFBIG
 * where there are more than any kernel holds. Certificates found before a failure stay.
 */
int kg_certificates_find(struct kg_span image, const struct kg_signature_rules *rules,
			 struct kg_certificates *certificates, struct kg_error *err);

/*
 * Adds a copy of one certificate in DER, as of the machine's own keyrings; what the kernel could
 * not read is left out (x509_key_preparse(); dates are not looked at). 0, or -1 with ENOMEM.
 */
int kg_certificates_add(struct kg_certificates *certificates, struct kg_span der,
			const struct kg_signature_rules *rules, struct kg_error *err);

/* Whom certificate number index is of, its commonName or organizationName, as it stands there. */
struct kg_span kg_certificates_subject(const struct kg_certificates *certificates, size_t index);

/* The DER form of certificate number index. */
struct kg_span kg_certificates_der(const struct kg_certificates *certificates, size_t index);

/* Releases all and leaves a valid empty list. */
void kg_certificates_free(struct kg_certificates *certificates);

#endif
