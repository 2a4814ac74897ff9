/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_KEPT_SET_H
#define KERNEL_GUARD_ACT_KEPT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/* Where sets are kept, below the root: sets/ID/set.json and the boot files beside it. */
#define KG_KEPT_SETS "/var/lib/kernel-guard/sets"

/* A boot file of a set. */
struct kg_set_file {
	char *path;   /* where it lies to be booted, below the root */
	char *name;   /* in the set's directory */
	char *digest; /* SHA-256 in hexadecimal */
	uint64_t size;
};

/*
 * What boots together: a kernel with its initramfs images, or a unified kernel image, and the
 * module tree of its release.
 */
struct kg_set {
	/* The release, and the digest of the boot files: rebuilt for the release, it is another. */
	char *id;
	char *release;
	char *pkgbase; /* NULL where unknown */
	char *package; /* that owned the kernel, and its version; NULL where unknown */
	char *version;
	char *tree; /* name of the kept module tree; NULL where none is kept */
	/* Counts the boots of all sets: the highest has booted last. 0: it has not booted. */
	uint64_t boot;
	struct kg_set_file *files; /* the kernel first */
	size_t file_count;
	size_t file_capacity;
};

/* A zeroed list is a valid empty one. */
struct kg_sets {
	struct kg_set *items; /* the one that has booted last comes first */
	size_t count;
	size_t capacity;
};

/* Adds a file, which copies its strings. 0, or -1 with ENOMEM. */
int kg_set_add_file(struct kg_set *set, const char *path, const char *digest, uint64_t size,
		    struct kg_error *err);

/*
 * Gives the set its ID, RELEASE-DIGEST, of what its files hold, wherever they lie. 0, or -1
 * with ENOMEM.
 */
int kg_set_name(struct kg_set *set, struct kg_error *err);

/* A copy of the set, for kg_set_free() to release. 0, or -1 with ENOMEM. */
int kg_set_copy(const struct kg_set *from, struct kg_set *set, struct kg_error *err);

/* Releases it and leaves a zeroed one. */
void kg_set_free(struct kg_set *set);

/*
 * Reads the kept sets. What cannot be read or is damaged is left out, with a sentence in notes:
 * it is neither trusted nor removed. 0, or -1 with ENOMEM. kg_sets_free() releases them.
 */
int kg_sets_read(const struct kg_root *root, struct kg_sets *sets, struct kg_strings *notes,
		 struct kg_error *err);

/* The set of this ID, or NULL. */
const struct kg_set *kg_sets_find(const struct kg_sets *sets, const char *id);

/*
 * Whether two sets are of one kernel, of which one takes the place of the other: of one
 * package base, or where that is not known, under one path.
 */
bool kg_sets_replace(const struct kg_set *left, const struct kg_set *right);

/* The number that a set gets that boots now. */
uint64_t kg_sets_next_boot(const struct kg_sets *sets);

/* Releases them and leaves a valid empty list. */
void kg_sets_free(struct kg_sets *sets);

/*
 * Stores the set: the boot files are copied from where they lie, and compared with their digests,
 * the module tree is kept, and all of it is fsynced before it gets its name. A set that is there
 * only gets what is missing, and its facts are written anew. Where the module tree cannot be
 * kept (no room) the set is stored without, with a sentence in notes. 0, or -1: ESTALE where a
 * boot file has changed meanwhile; ENOSPC, EROFS and what else the file system says: nothing of
 * it is then left.
 */
int kg_set_store(const struct kg_root *root, struct kg_set *set, struct kg_strings *notes,
		 struct kg_error *err);

/* Removes a set, and its module tree where no other of sets has it. 0, or -1. */
int kg_set_remove(const struct kg_root *root, const struct kg_sets *sets, const struct kg_set *set,
		  struct kg_error *err);

/* Where the set's copy of the file lies, below the root. The caller frees it; NULL with ENOMEM. */
char *kg_set_file_path(const struct kg_set *set, const struct kg_set_file *file,
		       struct kg_error *err);

/*
 * Whether the set's copies of the boot files are there with their sizes. Their content is looked
 * at when they are placed.
 */
bool kg_set_is_whole(const struct kg_root *root, const struct kg_set *set);

/*
 * Removes what killed processes have left of storing and removing, module trees without a set
 * included, with the lock of kg_state_lock() held. 0, or -1.
 */
int kg_sets_clear(const struct kg_root *root, struct kg_error *err);

#endif
