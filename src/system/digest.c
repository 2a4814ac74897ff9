// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel-guard/system/boot_file.h"

enum { chunk_size = 1 << 16 };

struct kg_digest {
	EVP_MD_CTX *context;
};

struct kg_digest *kg_digest_new(struct kg_error *err)
{
	struct kg_digest *digest = calloc(1, sizeof(*digest));

	if (digest)
		digest->context = EVP_MD_CTX_new();
	if (digest && digest->context &&
	    EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1)
		return digest;
	kg_digest_free(digest);
	kg_fail_memory(err);
	return NULL;
}

bool kg_digest_add(struct kg_digest *digest, const void *data, size_t size)
{
	return EVP_DigestUpdate(digest->context, data, size) == 1;
}

int kg_digest_finish(struct kg_digest *digest, char text[kg_digest_size], struct kg_error *err)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	bool done = EVP_DigestFinal_ex(digest->context, bytes, &size) == 1;

	kg_digest_free(digest);
	if (!done)
		return kg_fail_memory(err);
	for (unsigned int i = 0; i < size && 2 * i + 2 < kg_digest_size; i++)
		(void)snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
	return 0;
}

void kg_digest_free(struct kg_digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

static int add_source(const struct kg_source *source, struct kg_digest *digest,
		      struct kg_error *err)
{
	unsigned char chunk[chunk_size];

	for (uint64_t offset = 0; offset < source->size;) {
		uint64_t rest = source->size - offset;
		size_t size = rest < chunk_size ? (size_t)rest : chunk_size;

		if (kg_source_read(source, offset, chunk, size, err) < 0)
			return -1;
		if (!kg_digest_add(digest, chunk, size))
			return kg_fail_memory(err);
		offset += size;
	}
	return 0;
}

static int digest_source(const struct kg_source *source, char digest[kg_digest_size],
			 struct kg_error *err)
{
	struct kg_digest *made = kg_digest_new(err);

	if (!made)
		return -1;
	if (add_source(source, made, err) == 0)
		return kg_digest_finish(made, digest, err);
	kg_digest_free(made);
	return -1;
}

int kg_digest_open_file(const struct kg_file *file, char digest[kg_digest_size],
			struct kg_error *err)
{
	const struct kg_source source = kg_file_source(file);

	return digest_source(&source, digest, err);
}

int kg_digest_file(const struct kg_root *root, const char *path, char digest[kg_digest_size],
		   struct kg_error *err)
{
	struct kg_boot_file boot;
	int result;

	if (kg_boot_file_open(root, path, &boot, err) < 0)
		return -1;
	result = digest_source(&boot.source, digest, err);
	kg_boot_file_close(&boot);
	return result < 0 ? kg_prefix(err, "%s", path) : 0;
}
