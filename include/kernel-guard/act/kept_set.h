/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_KEPT_SET_H
#define KERNEL_GUARD_ACT_KEPT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "kernel-guard/act/clearing.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/* Where sets are kept, below the root: sets/ID/set.json and the boot files beside it. */
#define KG_KEPT_SETS "/var/lib/kernel-guard/sets"

/* What tells a file from every other one, and from itself before or after a change. */
struct kg_stamp {
	uint64_t device;
	uint64_t inode;
	struct timespec changed;
};

/* The stamp of an open file. */
struct kg_stamp kg_stamp_of(const struct kg_file *file);

/* Whether they are those of one file, which has not changed between them. */
bool kg_stamp_equal(const struct kg_stamp *left, const struct kg_stamp *right);

/* A boot file of a set. */
struct kg_set_file {
	char *path;   /* where it lies to be booted by default, below the root */
	char *name;   /* in the set's directory */
	char *digest; /* SHA-256 in hexadecimal; NULL until the set is stored */
	uint64_t size;
	char *source;          /* where it was found; NULL in a set that was read */
	struct kg_stamp stamp; /* of the file there, which holds the same; inode 0: of none */
};

/*
 * What boots together: a kernel with its initramfs images, or a unified kernel image, and the
 * module tree of its release.
 */
struct kg_set {
	/*
	 * The release, and the digest of the boot files: rebuilt for the release, it is another.
	 * NULL until the set is stored.
	 */
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

/* Adds a file, which copies its strings; digest may be NULL. 0, or -1 with ENOMEM. */
int kg_set_add_file(struct kg_set *set, const char *path, const char *digest, uint64_t size,
		    struct kg_error *err);

/*
 * Gives the file its name in the set's directory, which kg_set_add_file() makes of its number and
 * the last component of its path. 0, or -1 with ENOMEM.
 */
int kg_set_call_file(struct kg_set_file *file, const char *name, struct kg_error *err);

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
 * Reads the kept sets. What cannot be read or is damaged is left out, with a sentence in notes: it
 * is neither trusted nor removed. What kg_sets_set_aside() has set aside is no set. 0, or -1 with
 * ENOMEM. kg_sets_free() releases them.
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

/*
 * Puts *set into the list, which takes it over also on failure, in place of the one of its ID, if
 * any. 0, or -1 with ENOMEM.
 */
int kg_sets_put(struct kg_sets *sets, struct kg_set *set, struct kg_error *err);

/* Takes the set at index out of the list, and releases it. */
void kg_sets_drop(struct kg_sets *sets, size_t index);

/*
 * Whether a set's copy of one of its files holds, byte for byte, what lies at the source of file.
 * False also where that cannot be read.
 */
bool kg_set_holds(const struct kg_root *root, const struct kg_set *set,
		  const struct kg_set_file *copy, const struct kg_set_file *file);

/*
 * The stored set whose copies hold, byte for byte, what lies at the sources of set's files. NULL
 * where none does, or where that cannot be read.
 */
const struct kg_set *kg_sets_match(const struct kg_root *root, const struct kg_sets *sets,
				   const struct kg_set *set);

/* The number that a set gets that boots now. */
uint64_t kg_sets_next_boot(const struct kg_sets *sets);

/* Releases them and leaves a valid empty list. */
void kg_sets_free(struct kg_sets *sets);

/*
 * Stores a set that sets does not have: the boot files are copied from their sources, which gives
 * the set its digests and its ID, the module tree is kept, and all of it is fsynced before it gets
 * its name. One of sets that has this ID, and whose copies are damaged, is replaced, and its boot
 * number stays if it is higher. Where the module tree cannot be kept (no room) the set is stored
 * without, with a sentence in notes. 0, or -1: ESTALE where a boot file changes meanwhile, or has
 * changed after before, in seconds since the epoch (0: never mind); ENOSPC, EROFS and what else the
 * file system says: nothing of it is then left.
 */
int kg_set_store(const struct kg_root *root, const struct kg_sets *sets, struct kg_set *set,
		 uint64_t before, struct kg_strings *notes, struct kg_error *err);

/*
 * Gives a stored set its module tree, if it has none, and writes its facts anew. 0, or -1 as
 * kg_set_store().
 */
int kg_set_complete(const struct kg_root *root, struct kg_set *set, struct kg_strings *notes,
		    struct kg_error *err);

/* Removes a set, and its module tree where no other of sets has it. 0, or -1. */
int kg_set_remove(const struct kg_root *root, const struct kg_sets *sets, const struct kg_set *set,
		  struct kg_error *err);

/*
 * Takes the set's module tree away, unless another of sets has it; its facts say so first. 0, or
 * -1.
 */
int kg_set_give_up_tree(const struct kg_root *root, const struct kg_sets *sets, struct kg_set *set,
			struct kg_error *err);

/*
 * Takes all away that needs room, as kg_set_give_up_tree() and then the copies of the boot files:
 * the set is not whole any more. 0, or -1.
 */
int kg_set_strip(const struct kg_root *root, const struct kg_sets *sets, struct kg_set *set,
		 struct kg_error *err);

/* Whether that was done to it, or was begun so that it does not boot. */
bool kg_set_is_stripped(const struct kg_root *root, const struct kg_set *set);

/* Bytes of its boot files. */
uint64_t kg_set_size(const struct kg_set *set);

/* Where the set's copy of the file lies, below the root. The caller frees it; NULL with ENOMEM. */
char *kg_set_file_path(const struct kg_set *set, const struct kg_set_file *file,
		       struct kg_error *err);

/*
 * Whether the set's copies of the boot files are there with their sizes. Their content is looked
 * at when they are placed.
 */
bool kg_set_is_whole(const struct kg_root *root, const struct kg_set *set);

/*
 * Whether they have their digests. 0, or -1: EBADMSG where one has another, or why it cannot be
 * read.
 */
int kg_set_verify(const struct kg_root *root, const struct kg_set *set, struct kg_error *err);

/*
 * Sets a damaged set aside, with the lock of kg_state_lock() held: it gets another name, under
 * which it is used for nothing and removed by nobody, with a sentence in notes. 0, or -1.
 */
int kg_set_aside(const struct kg_root *root, const char *id, const char *why,
		 struct kg_strings *notes, struct kg_error *err);

/* Sets all aside whose facts are damaged. As kg_set_aside(); a dry run needs no lock. */
int kg_sets_set_aside(const struct kg_root *root, const struct kg_clearing *clearing,
		      struct kg_strings *notes, struct kg_error *err);

/*
 * Removes what killed processes have left of storing and removing, and with trees the module trees
 * without a set too, with the lock of kg_state_lock() held, unless it is a dry run. 0, or -1.
 */
int kg_sets_clear(const struct kg_root *root, bool trees, const struct kg_clearing *clearing,
		  struct kg_error *err);

#endif
