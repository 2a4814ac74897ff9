// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "kernel-guard/system/boot_file.h"

static int digest_source(const struct kg_source *source, EVP_MD_CTX *context, struct kg_error *err)
{
	unsigned char chunk[65536];

	if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		return kg_fail_memory(err);
	for (uint64_t offset = 0; offset < source->size;) {
		size_t size = sizeof(chunk);

		if (size > source->size - offset)
			size = (size_t)(source->size - offset);
		if (kg_source_read(source, offset, chunk, size, err) < 0)
			return -1;
		if (EVP_DigestUpdate(context, chunk, size) != 1)
			return kg_fail_memory(err);
		offset += size;
	}
	return 0;
}

static int finish(EVP_MD_CTX *context, char digest[kg_digest_size], struct kg_error *err)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (EVP_DigestFinal_ex(context, bytes, &size) != 1)
		return kg_fail_memory(err);
	for (unsigned int i = 0; i < size && 2 * i + 2 < kg_digest_size; i++)
		(void)snprintf(digest + 2 * (size_t)i, 3, "%02x", bytes[i]);
	return 0;
}

int kg_digest_file(const struct kg_root *root, const char *path, char digest[kg_digest_size],
		   struct kg_error *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct kg_boot_file boot;
	int result;

	if (!context)
		return kg_fail_memory(err);
	result = kg_boot_file_open(root, path, &boot, err);
	if (result == 0) {
		result = digest_source(&boot.source, context, err);
		if (result < 0)
			kg_prefix(err, "%s", path);
		else
			result = finish(context, digest, err);
		kg_boot_file_close(&boot);
	}
	EVP_MD_CTX_free(context);
	return result;
}
