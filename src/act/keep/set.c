// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/system/digest.h"

enum { id_characters = 12 };

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
		.size = size,
	};

	if (!file.path || !file.name || !kg_copy_optional(&file.digest, digest, err) ||
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

int kg_set_call_file(struct kg_set_file *file, const char *name, struct kg_error *err)
{
	char *copy = kg_copy_string(name, err);

	if (!copy)
		return -1;
	free(file->name);
	file->name = copy;
	return 0;
}

/* Of what the files hold, wherever they lie: booted from its kept files, a set is the same. */
int kg_set_name(struct kg_set *set, struct kg_error *err)
{
	struct kg_digest *digest = kg_digest_new(err);
	char text[kg_digest_size];

	for (size_t i = 0; digest && i < set->file_count; i++) {
		const char *part = set->files[i].digest;

		if (!kg_digest_add(digest, part, strlen(part))) {
			kg_digest_free(digest);
			return kg_fail_memory(err);
		}
	}
	if (!digest || kg_digest_finish(digest, text, err) < 0)
		return -1;
	free(set->id);
	set->id = kg_format(err, "%s-%.*s", set->release, id_characters, text);
	return set->id ? 0 : -1;
}

struct kg_stamp kg_stamp_of(const struct kg_file *file)
{
	return (struct kg_stamp){
		.device = file->device, .inode = file->inode, .changed = file->changed};
}

bool kg_stamp_equal(const struct kg_stamp *left, const struct kg_stamp *right)
{
	return left->inode == right->inode && left->device == right->device &&
	       left->changed.tv_sec == right->changed.tv_sec &&
	       left->changed.tv_nsec == right->changed.tv_nsec;
}

uint64_t kg_set_size(const struct kg_set *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->file_count; i++)
		size += set->files[i].size;
	return size;
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

	for (size_t i = 0; good && i < from->file_count; i++) {
		good = kg_set_add_file(&copy, from->files[i].path, from->files[i].digest,
				       from->files[i].size, err) == 0 &&
		       kg_set_call_file(&copy.files[i], from->files[i].name, err) == 0 &&
		       kg_copy_optional(&copy.files[i].source, from->files[i].source, err);
		if (good)
			copy.files[i].stamp = from->files[i].stamp;
	}
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
		free(set->files[i].source);
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
