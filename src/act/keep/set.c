// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/system/digest.h"

enum { id_bytes = 6 };

/* Names beside set.json, which they must not be called. */
static char *file_name(const struct kg_set *set, const char *path, struct kg_error *err)
{
	return kg_format(err, "%zu-%s", set->file_count, kg_base_name(path));
}

int kg_set_add_file(struct kg_set *set, const char *path, const char *digest, uint64_t size,
		    struct kg_error *err)
{
	struct kg_set_file file = {
		.path = kg_copy_string(path, err),
		.name = file_name(set, path, err),
		.digest = kg_copy_string(digest, err),
		.size = size,
	};

	if (!file.path || !file.name || !file.digest ||
	    kg_array_reserve(&set->files, &set->file_capacity, set->file_count, sizeof(*set->files),
			     err) < 0) {
		free(file.path);
		free(file.name);
		free(file.digest);
		return -1;
	}
	set->files[set->file_count++] = file;
	return 0;
}

static bool digest_files(const struct kg_set *set, EVP_MD_CTX *context,
			 unsigned char digest[EVP_MAX_MD_SIZE])
{
	bool good = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; good && i < set->file_count; i++) {
		const char *text = set->files[i].digest;

		/* Wherever they lie: a set that is booted from its kept files is the same. */
		good = EVP_DigestUpdate(context, text, strlen(text)) == 1;
	}
	return good && EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

int kg_set_name(struct kg_set *set, struct kg_error *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[2 * id_bytes + 1];
	bool good = context && digest_files(set, context, digest);

	EVP_MD_CTX_free(context);
	if (!good)
		return kg_fail_memory(err);
	for (size_t i = 0; i < id_bytes; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
	free(set->id);
	set->id = kg_format(err, "%s-%s", set->release, text);
	return set->id ? 0 : -1;
}

char *kg_set_file_path(const struct kg_set *set, const struct kg_set_file *file,
		       struct kg_error *err)
{
	return kg_format(err, "%s/%s/%s", KG_KEPT_SETS, set->id, file->name);
}

int kg_set_copy(const struct kg_set *from, struct kg_set *set, struct kg_error *err)
{
	struct kg_set copy = {.boot = from->boot};
	bool good = kg_copy_optional(&copy.id, from->id, err) &&
		    kg_copy_optional(&copy.release, from->release, err) &&
		    kg_copy_optional(&copy.pkgbase, from->pkgbase, err) &&
		    kg_copy_optional(&copy.package, from->package, err) &&
		    kg_copy_optional(&copy.version, from->version, err) &&
		    kg_copy_optional(&copy.tree, from->tree, err);

	for (size_t i = 0; good && i < from->file_count; i++)
		good = kg_set_add_file(&copy, from->files[i].path, from->files[i].digest,
				       from->files[i].size, err) == 0;
	if (!good) {
		kg_set_free(&copy);
		return -1;
	}
	*set = copy;
	return 0;
}

void kg_set_free(struct kg_set *set)
{
	for (size_t i = 0; i < set->file_count; i++) {
		free(set->files[i].path);
		free(set->files[i].name);
		free(set->files[i].digest);
	}
	free(set->files);
	free(set->id);
	free(set->release);
	free(set->pkgbase);
	free(set->package);
	free(set->version);
	free(set->tree);
	*set = (struct kg_set){0};
}
