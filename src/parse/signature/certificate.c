// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/certificate.h"

#include <errno.h>
#include <stdlib.h>

#include "keyring.h"

int kg_certificates_add(struct kg_certificates *certificates, struct kg_span der,
			const struct kg_signature_rules *rules, struct kg_error *err)
{
	struct kg_certificate certificate = {0};
	int error;

	if (kg_buffer_append(&certificate.der, der.data, der.size, err) < 0)
		return -1;
	error = kg_x509_parse(kg_buffer_span(&certificate.der), rules, &certificate.x509);
	/* A key whose own signature cannot be checked here is good for other signatures. */
	if (error != 0 && error != ENOTSUP) {
		kg_buffer_free(&certificate.der);
		return error == ENOMEM ? kg_fail_memory(err) : 0;
	}
	if (kg_array_reserve(&certificates->items, &certificates->capacity, certificates->count,
			     sizeof(certificate), err) < 0) {
		kg_buffer_free(&certificate.der);
		return -1;
	}
	certificates->items[certificates->count++] = certificate;
	return 0;
}

struct kg_span kg_certificates_subject(const struct kg_certificates *certificates, size_t index)
{
	return certificates->items[index].x509.subject_name;
}

struct kg_span kg_certificates_der(const struct kg_certificates *certificates, size_t index)
{
	return kg_buffer_span(&certificates->items[index].der);
}

void kg_certificates_free(struct kg_certificates *certificates)
{
	for (size_t i = 0; i < certificates->count; i++)
		kg_buffer_free(&certificates->items[i].der);
	free(certificates->items);
	*certificates = (struct kg_certificates){0};
}

int kg_certificates_find_key(const struct kg_certificates *certificates,
			     const struct kg_key_id *id, const struct kg_key_id *key_id,
			     const struct kg_public_key **key)
{
	const struct kg_key_id *wanted = id->present ? id : key_id;

	if (kg_key_id_is_empty(wanted))
		return EINVAL;
	for (size_t i = 0; i < certificates->count; i++) {
		const struct kg_x509 *found = &certificates->items[i].x509;

		if (!kg_key_id_equal(&found->id, wanted) &&
		    !kg_key_id_equal(&found->key_id, wanted))
			continue;
		if (id->present && key_id->present && !kg_key_id_equal(&found->key_id, key_id))
			return EKEYREJECTED;
		*key = &found->key;
		return 0;
	}
	return ENOKEY;
}
