/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_KEEP_H
#define KERNEL_GUARD_ACT_KEEP_H

#include <stdbool.h>
#include <stdio.h>

#include "kernel-guard/act/kept_set.h"
#include "kernel-guard/act/plan.h"
#include "kernel-guard/system/system.h"

/*
 * Makes *set of what a boot target starts now: kernel and images, without images of microcode
 * alone, which fit every kernel. Of a kept one that is started from beside its original the
 * paths are the original's. It has no ID, and its files no digests: kg_sets_match() tells whether
 * it is stored, and kg_set_store() gives it both. 0, or -1 where a file of it cannot be read, or
 * with ENOMEM. kg_set_free() releases it.
 */
int kg_set_of_target(const struct kg_system *system, const struct kg_target *target,
		     struct kg_set *set, struct kg_error *err);

/* What kg_keep_booted() has found. */
enum kg_kept {
	KG_KEPT_NEW,     /* a set was stored */
	KG_KEPT_AGAIN,   /* it was stored before */
	KG_KEPT_NOTHING, /* what has booted cannot be told, or is not there any more */
};

/*
 * Stores the set that the running machine was booted from, which that proves, as the last
 * one, in sets too. *kept says what became of it; a sentence in notes says why where nothing did.
 * Where it is stored and the last one already, and with dry_run, nothing is written. 0, or -1 as
 * kg_set_store().
 */
int kg_keep_booted(const struct kg_system *system, struct kg_sets *sets, bool dry_run,
		   enum kg_kept *kept, struct kg_strings *notes, struct kg_error *err);

/* What is known of the transaction that is about to begin. */
struct kg_transaction {
	struct kg_strings going; /* releases whose module trees are removed or replaced */
	uint64_t growth;         /* bytes by which other packages grow, in all */
};

/*
 * Makes room for the transaction where the module trees lie, for pacman counts an old tree as
 * freed, which it is not while a kept tree shares its files: sets go that are not needed, the
 * oldest first, and then the kept trees of what goes, with a sentence each in notes: in sets they
 * are emptied. Of each kernel the one that booted last stays, and the one that fits beside the
 * originals. Where all of it would not be enough for new trees as large as the old ones, nothing
 * goes, which is a sentence too. 0, or -1: ENOMEM, or what removing says.
 */
int kg_keep_make_room(const struct kg_system *system, struct kg_sets *sets,
		      const struct kg_transaction *transaction, struct kg_strings *notes,
		      struct kg_error *err);

/* How the kept files and their entries are brought up to date. */
struct kg_refresh {
	const char *root; /* as kg_system_open() takes them: entries are planned anew */
	const char *machine;
	unsigned int keep; /* sets of each kernel */
	bool retaining;    /* as many as lie there now, where these are more */
	bool replacing;    /* the originals count as gone: they are about to be written anew */
	const struct kg_transaction *transaction; /* NULL: none is about to begin */
	bool dry_run; /* nothing is written; the plans are printed to out, if not NULL */
	FILE *out;
	struct kg_strings *changes; /* "wrote PATH", "removed PATH", what is not printed; or NULL */
	struct kg_strings *beside;  /* gets the IDs of the sets that lie there then, or NULL */
	struct kg_strings *hints;   /* gets what kg_entries_tell() says, or NULL */
};

/*
 * Plans the files that the kept sets have beside the originals, vmlinuz-linux.old and so on: of
 * each kernel as many sets (where GRUB starts it one, under the first number) that booted last and
 * are not what its original files are, which stays where the originals are, as fit there beside the
 * next kernels and images. A file that is ours no more is removed; what was never ours stays, with
 * a sentence in notes. A kernel whose files cannot be planned is one too, and others are placed.
 * The IDs of sets that are not used, because a copy is not what was kept, are added to damaged. 0,
 * or -1 with ENOMEM.
 */
int kg_keep_plan(const struct kg_system *system, const struct kg_sets *sets,
		 const struct kg_refresh *refresh, struct kg_plan *plan,
		 struct kg_strings *damaged, struct kg_strings *notes, struct kg_error *err);

/*
 * Places the kept files of sets and gives them their boot entries: an entry that is to go, or whose
 * files are to change, goes first, and one whose files are there comes last. Without the files, as
 * in a dry run, their entries are not planned. Damaged sets are set aside, and leave sets. Before
 * anything is removed the originals are written to the disk, which may be what is started instead.
 * What another process changes meanwhile is looked at again, twice, and sets read again. 0, or -1
 * as kg_keep_plan(), kg_entries_plan() and kg_plan_apply(), and with what syncfs(2) says: then
 * nothing is changed.
 */
int kg_keep_refresh(const struct kg_system *system, struct kg_sets *sets,
		    const struct kg_refresh *refresh, struct kg_strings *notes,
		    struct kg_error *err);

/*
 * Removes the sets beyond the keep + 1 of each kernel that booted last, but none that lies beside
 * the originals (beside, as kg_keep_refresh() gives them), none of the running release, and none
 * that was restored; from sets too, unless dry_run. Adds their IDs to removed. 0, or -1.
 */
int kg_keep_prune(const struct kg_system *system, struct kg_sets *sets, unsigned int keep,
		  const struct kg_strings *beside, bool dry_run, struct kg_strings *removed,
		  struct kg_error *err);

/*
 * Finds the set that restoring RELEASE means: of that release the one that booted last, whose
 * files are not the originals already, or else the one that is; with NULL the one that booted last
 * of any release and is not. Instead of a release it may be the ID of a set. NULL, and err: ENOENT
 * where there is none, EBADMSG where the files of the one that is meant are not there, ENOMEM.
 */
const struct kg_set *kg_restore_choose(const struct kg_system *system, const struct kg_sets *sets,
				       const char *release, struct kg_error *err);

/*
 * Plans that the set's files lie where they are booted by default; nothing where each release has a
 * directory and an entry of its own, where kg_restore_plan_default() does it. Where there is no
 * room for that beside what lies there, and the set boots from its kept files meanwhile, what lies
 * there goes first. 0, or -1: ENOSPC where there is too little even so, or as kg_plan_copy().
 */
int kg_restore_plan(const struct kg_system *system, const struct kg_set *set, struct kg_plan *plan,
		    struct kg_error *err);

/*
 * Before kg_restore_plan() is carried out: adds a sentence to hints for each target that will start
 * the set's kernel with an image of the one of another release that lies there now. 0, or -1 with
 * ENOMEM.
 */
int kg_restore_tell_mixed(const struct kg_system *system, const struct kg_set *set,
			  struct kg_strings *hints, struct kg_error *err);

/*
 * Plans that the boot target is the default that starts the set, kernel and images, where its files
 * have been put; where each release has a directory of its own, those there, or those that
 * kg_keep_plan() has placed. Where there is none, or its loader cannot be told, that is a sentence
 * in notes. 0, or -1: ENOENT where there is none for a set with a directory of its own, or as
 * kg_default_plan().
 */
int kg_restore_plan_default(const struct kg_system *system, const struct kg_set *set,
			    struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err);

/* Whether a boot target that starts the set so is the default. */
bool kg_restore_is_default(const struct kg_system *system, const struct kg_set *set);

/*
 * Stores what lies where the set's files are to lie as a set of its own, which has not booted, so
 * that it can be restored again; nothing where that is not whole, or stored. Where there is no room
 * for it, and it does not run, that is a sentence in notes. *stored gets the ID of a set that may
 * go again, because it does not run, for free() to release, or NULL. 0, or -1 as kg_set_store().
 */
int kg_restore_store_current(const struct kg_system *system, const struct kg_sets *sets,
			     const struct kg_set *set, char **stored, struct kg_strings *notes,
			     struct kg_error *err);

/*
 * Removes that set again, for it takes the room of what is restored, with a sentence in notes. 0,
 * or -1.
 */
int kg_restore_forget_current(const struct kg_system *system, const char *stored,
			      struct kg_strings *notes, struct kg_error *err);

/*
 * Makes the empty directory /usr/lib/modules/RELEASE for each kept tree whose release has none,
 * for kg_keep_mount() at the next boot, and removes those that no set needs. 0, or -1.
 */
int kg_keep_mount_points(const struct kg_system *system, const struct kg_sets *sets,
			 struct kg_error *err);

/*
 * Makes the kept module tree of the running release appear where the kernel looks for it, by a
 * bind mount, unless a tree is there; what an interrupted transaction has left of one counts as
 * none. Only of the machine that this runs on: elsewhere nothing is done. *mounted says whether it
 * was, or with dry_run would be; sets that are damaged are named in notes. 0, or -1 with what
 * mount(2) says, or mkdir(2) of the directory to mount it on.
 */
int kg_keep_mount(const struct kg_system *system, bool dry_run, bool *mounted,
		  struct kg_strings *notes, struct kg_error *err);

/*
 * Takes the kept module tree of the running release from its place again: pacman is about to put
 * files there, which would else become part of what is kept. Nothing where none is mounted, or
 * elsewhere. 0, or -1 with what umount2(2) says.
 */
int kg_keep_unmount(const struct kg_system *system, struct kg_error *err);

#endif
