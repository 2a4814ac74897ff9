/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_RECORD_H
#define KERNEL_GUARD_SYSTEM_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/system/system.h"

/* A boot file as it was. Strings are owned; digest is NULL where it could not be read. */
struct kg_record_file {
	char *path;
	char *digest; /* SHA-256 in hexadecimal */
	struct kg_strings contents; /* of an image: kg_initrd_contents(); empty if unknown */
};

/* A boot target as it was. The first file is the kernel, the others are the images. */
struct kg_record_target {
	char *entry;
	char *release; /* NULL where it was unknown */
	struct kg_record_file *files;
	size_t file_count;
	size_t file_capacity;
};

/* An out-of-tree module as it was. */
struct kg_record_module {
	char *name;
	char *package; /* that owned its file; NULL where none did */
	bool dkms;     /* DKMS knew it */
};

/* The out-of-tree modules of a kernel as they were. */
struct kg_record_tree {
	char *release;
	char *pkgbase; /* NULL where the tree had none */
	struct kg_record_module *modules;
	size_t module_count;
	size_t module_capacity;
};

/* What was there before a transaction. A zeroed one is valid and empty. */
struct kg_record {
	char *boot_id; /* of the machine that ran; NULL where unknown */
	struct kg_record_target *targets;
	size_t target_count;
	size_t target_capacity;
	struct kg_record_tree *trees;
	size_t tree_count;
	size_t tree_capacity;
};

/*
 * Records what the system holds now. What cannot be read is recorded without its
 * digest. 0, or -1 with ENOMEM. kg_record_free() releases it.
 */
int kg_record_take(struct kg_system *system, struct kg_record *record, struct kg_error *err);

/*
 * Add an item, which copies its strings. The result is valid until the next one of its
 * kind is added; NULL, and err, with ENOMEM. The texts may be NULL where the fields may.
 */
struct kg_record_target *kg_record_add_target(struct kg_record *record, const char *entry,
					      const char *release, struct kg_error *err);
struct kg_record_tree *kg_record_add_tree(struct kg_record *record, const char *release,
					  const char *pkgbase, struct kg_error *err);
struct kg_record_file *kg_record_add_file(struct kg_record_target *target, const char *path,
					  const char *digest, struct kg_error *err);
int kg_record_add_module(struct kg_record_tree *tree, const char *name, const char *package,
			 bool dkms, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_record_free(struct kg_record *record);

#endif
