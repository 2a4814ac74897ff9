// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/module_signature.h"

#include <errno.h>
#include <string.h>

#include "pkcs7_verify.h"

/* include/uapi/linux/module_signature.h */
static const char marker[] = "~Module signature appended~\n";

enum {
	marker_size = sizeof(marker) - 1,
	info_size = 12,
	/* struct module_signature; all but these two have to be 0. */
	offset_type = 2,
	offset_size = 8,
	type_pkcs7 = 2,
};

static uint32_t be32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* mod_check_sig(), in its order. 0 or an errno. */
static int check_info(const unsigned char *info, size_t file_size)
{
	if (be32(info + offset_size) >= file_size - info_size)
		return EBADMSG;
	if (info[offset_type] != type_pkcs7)
		return ENOPKG;
	for (size_t i = 0; i < offset_size; i++) {
		if (i != offset_type && info[i] != 0)
			return EBADMSG;
	}
	return 0;
}

struct kg_module_signature kg_module_signature_find(struct kg_span file)
{
	struct kg_module_signature found = {.error_number = ENODATA, .content = file};
	const unsigned char *info;
	size_t size;

	/* A file that is nothing but the mark is not looked at, and fails as ELF. */
	if (file.size <= marker_size ||
	    memcmp(file.data + file.size - marker_size, marker, marker_size) != 0)
		return found;
	found.error_number = EBADMSG;
	found.content.size -= marker_size;
	if (found.content.size <= info_size)
		return found;
	info = found.content.data + found.content.size - info_size;
	found.error_number = check_info(info, found.content.size);
	if (found.error_number != 0)
		return found;
	size = be32(info + offset_size);
	found.content.size -= info_size + size;
	found.pkcs7 = kg_span_of(found.content.data + found.content.size, size);
	return found;
}

static enum kg_signature_state state_of(int error, bool mismatch)
{
	switch (error) {
	case 0:
		return KG_SIGNATURE_GOOD;
	case ENOKEY:
		return KG_SIGNATURE_UNKNOWN_KEY;
	case ENOPKG:
		return KG_SIGNATURE_UNSUPPORTED;
	case ENOTSUP:
		return KG_SIGNATURE_UNDECIDED;
	default:
		return mismatch ? KG_SIGNATURE_MISMATCH : KG_SIGNATURE_INVALID;
	}
}

int kg_module_signature_verify(const struct kg_module_signature *signature,
			       const struct kg_certificates *certificates,
			       const struct kg_signature_rules *rules,
			       struct kg_signature_result *result, struct kg_error *err)
{
	struct kg_pkcs7 message;
	bool mismatch = false;
	int error;

	if (signature->error_number != 0) {
		result->state = signature->error_number == EBADMSG ? KG_SIGNATURE_INVALID
								   : KG_SIGNATURE_NONE;
		result->error_number = signature->error_number;
		return 0;
	}
	error = kg_pkcs7_parse(signature->pkcs7, rules, &message);
	if (error == 0)
		error = kg_pkcs7_judge(&message, signature->content, certificates, rules,
				       &mismatch);
	kg_pkcs7_free(&message);
	if (error == ENOMEM)
		return kg_fail_memory(err);
	result->state = state_of(error, mismatch);
	result->error_number = error == ENOTSUP ? 0 : error;
	return 0;
}
