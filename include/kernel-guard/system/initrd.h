/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_INITRD_H
#define KERNEL_GUARD_SYSTEM_INITRD_H

#include <stdbool.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/source.h"
#include "kernel-guard/parse/initramfs.h"
#include "kernel-guard/parse/program.h"

/* A member of an initramfs image. */
struct kg_initrd_member {
	char *path;
	uint32_t mode;
	uint64_t size;
	size_t segment;
	uint32_t nlink;
	uint32_t ino;
	uint32_t dev_major;
	uint32_t dev_minor;
	char *link; /* what a symbolic link points to, else NULL */
	/*
	 * Of a module that was asked for: the file as it lies in the image, else empty. Of
	 * hard links the archive holds the content once; here each has a copy.
	 */
	struct kg_buffer content;
	/*
	 * Where contents were asked for: of a program or library, what it takes to start; NULL
	 * where that is not known. One that is damaged is KG_PROGRAM_OTHER.
	 */
	struct kg_program *program;
	char *text; /* of /etc/ld.so.conf and its parts, where contents were asked for */
};

/* What writes initramfs images leaves its own marks in them. */
enum kg_initrd_generator {
	KG_INITRD_UNKNOWN,
	KG_INITRD_MKINITCPIO,
	KG_INITRD_DRACUT,
	KG_INITRD_BOOSTER,
	KG_INITRD_INITRAMFS_TOOLS,
};

/* What an initramfs image holds. */
struct kg_initrd {
	struct kg_initramfs_segment *segments;
	size_t segment_count;
	size_t segment_capacity;
	struct kg_initrd_member *members; /* in the image's order */
	size_t member_count;
	size_t member_capacity;
	/* code 0: whole; else why the walk ended early: the lists hold what came before. */
	struct kg_error damage;
};

/*
 * Lists the image that source gives. The content of a member is kept where wants(), which
 * may be NULL for none, says so. 0, or -1 with err: ENOMEM or an I/O error. A damaged image is
 * no failure: *initrd then says so in damage. kg_initrd_free() releases it.
 */
int kg_initrd_list(const struct kg_source *source,
		   bool (*wants)(const void *context, const char *path), const void *context,
		   struct kg_initrd *initrd, struct kg_error *err);

/* As kg_initrd_list() for what kg_boot_file_open() opens at path; also ENOENT and its like. */
int kg_initrd_read(const struct kg_root *root, const char *path,
		   bool (*wants)(const void *context, const char *path), const void *context,
		   struct kg_initrd *initrd, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_initrd_free(struct kg_initrd *initrd);

/*
 * The member that is a whole file system with everything else in it (dracut's squash
 * module: squash-root.img, squashfs-root.img, erofs-root.img), or NULL. What such an
 * image holds is not to be seen from outside.
 */
const struct kg_initrd_member *kg_initrd_hidden_root(const struct kg_initrd *initrd);

/* The last member of exactly this path, which is the one that counts, or NULL. */
const struct kg_initrd_member *kg_initrd_find(const struct kg_initrd *initrd, const char *path);

/*
 * The module file of this name below any lib/modules directory, "-" and "_" being
 * one, or NULL.
 */
const struct kg_initrd_member *kg_initrd_find_module(const struct kg_initrd *initrd,
						     const char *name);

/* Which program wrote the image, by the files it leaves in it. */
enum kg_initrd_generator kg_initrd_generator_of(const struct kg_initrd *initrd);

/* "mkinitcpio", "dracut", "booster", "initramfs-tools"; NULL for KG_INITRD_UNKNOWN. */
const char *kg_initrd_generator_name(enum kg_initrd_generator generator);

/*
 * The part of a member's path that is relative to its module tree
 * ("kernel/fs/ext4/ext4.ko" of "usr/lib/modules/RELEASE/kernel/fs/ext4/ext4.ko"), or
 * NULL where the path is that of no module file.
 */
const char *kg_initrd_module_path(const char *path);

#endif
