/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_BOOT_LOADER_H
#define KERNEL_GUARD_BOOT_LOADER_H

#include <stdbool.h>

#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/core/buffer.h"

/* A file of a boot loader's configuration as it is to be. */
struct kg_entry_file {
	char *path;  /* below the root */
	bool remove; /* it is not to be there */
	struct kg_buffer content;
};

/* A zeroed list is a valid empty one. */
struct kg_entry_files {
	struct kg_entry_file *items;
	size_t count;
	size_t capacity;
};

/*
 * Adds a file with this content, whose bytes are taken over also on failure, or, with NULL,
 * that is not to be there. 0, or -1 with ENOMEM.
 */
int kg_entry_files_add(struct kg_entry_files *files, const char *path, struct kg_buffer *content,
		       struct kg_error *err);

/* Releases them and leaves a zeroed list. */
void kg_entry_files_free(struct kg_entry_files *files);

/* A boot loader. Each is one file in src/boot, and its entries are read by src/system. */
struct kg_boot_loader {
	enum kg_target_loader loader;
	/* What the paths of its configuration have in them, and at their end. */
	const char *configuration;
	const char *suffix;
	/*
	 * Adds the files that give each fallback of this loader's targets its entry, and those
	 * that kernel-guard wrote before and that stand for no fallback, to be removed. What
	 * cannot be done, and what could not be read, is a sentence in notes. Nothing is written
	 * here. 0, or -1 with ENOMEM.
	 */
	int (*plan)(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		    struct kg_entry_files *files, struct kg_strings *notes,
		    struct kg_error *err);
	/*
	 * Whether the loader, which lists what lies beside the target's kernel by itself, would
	 * start a copy of it at path when nobody chooses. NULL where it lists nothing.
	 */
	bool (*lists_by_default)(const struct kg_system *system, const struct kg_target *target,
				 const char *path);
	/*
	 * Adds the file that makes the target's entry the default, unless it is; what was chosen
	 * before stays in it, and plan() brings that back when it means another kernel. A setting
	 * that comes before that file, and what changes it, is a sentence in notes. NULL where that
	 * cannot be done. 0, or -1: ENOMEM, or why the file cannot be read.
	 */
	int (*make_default)(const struct kg_system *system, const struct kg_target *target,
			    struct kg_entry_files *files, struct kg_strings *notes,
			    struct kg_error *err);
	/* Whether the target's entry was written by kernel-guard. */
	bool (*owns)(const struct kg_target *target);
	bool clones_unified; /* plan() gives kept unified images an entry, where they need one */
};

/* The loaders, one after the other; NULL behind the last. */
const struct kg_boot_loader *kg_boot_loader(size_t index);

/*
 * Adds to notes why files of the loader's configuration could not be read. 0, or -1 with ENOMEM.
 */
int kg_note_unreadable(const struct kg_system *system, const struct kg_boot_loader *loader,
		       struct kg_strings *notes, struct kg_error *err);

/*
 * Whether no file of any loader's configuration, or of this one's, was unreadable: else what is
 * started by no entry may be started by one that is not known.
 */
bool kg_loaders_are_read(const struct kg_system *system);
bool kg_loader_is_read(const struct kg_system *system, enum kg_target_loader which);

/* Whether the target's loader would start a copy of its kernel at path when nobody chooses. */
bool kg_lists_by_default(const struct kg_system *system, const struct kg_target *target,
			 const char *path);

/* As make_default() of the target's loader; ENOTSUP where that has none. */
int kg_make_default(const struct kg_system *system, const struct kg_target *target,
		    struct kg_entry_files *files, struct kg_strings *notes, struct kg_error *err);

/*
 * Whether the kept files of this kernel are to lie apart: where a loader may start the machine that
 * scans for kernels by itself, and would start a kept one by default (ZFSBootMenu takes the last
 * of /boot by its version) or with an image of another one (rEFInd). That is so where a trace of
 * such a loader is found, and where no entry starts the kernel, for then it is not known what does;
 * but where a configuration could not be read, they stay where they lie.
 */
bool kg_keeps_apart(const struct kg_system *system, const char *kernel);

/* Whether the target is an entry of a boot loader, and not only a name that one may start. */
bool kg_is_entry(const struct kg_target *target);

/*
 * Whether kept files of this target's kernel get an entry of their own. A unified image in
 * EFI/Linux is one where systemd-boot lists it; GRUB's are cloned of kernels with images only.
 */
bool kg_gets_entry(const struct kg_target *target);

/* Whether an entry of a boot loader starts the kernel at this path. */
bool kg_is_started(const struct kg_system *system, const char *kernel);

/* Whether kernel-guard has written the entry of this target. */
bool kg_is_own_entry(const struct kg_target *target);

#endif
