/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_CLI_INITRAMFS_H
#define KERNEL_GUARD_SRC_CLI_INITRAMFS_H

#include "kernel-guard/core/source.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/pe.h"
#include "kernel-guard/report/json.h"
#include "kernel-guard/system/initrd.h"

/* The kinds of members that are listed on their own. */
enum member_kind {
	MEMBER_MODULE,
	MEMBER_FIRMWARE,
	MEMBER_MICROCODE,
	MEMBER_OTHER,
	MEMBER_KIND_COUNT,
};

enum member_kind initramfs_member_kind(const struct kg_initrd_member *member);

/*
 * The release in a module's path, its length in *length; NULL where the path names none, as
 * booster's do not.
 */
const char *initramfs_module_release(const char *path, size_t *length);

/* "zstd" of "ext4.ko.zst"; NULL for a module that is not compressed. */
const char *initramfs_module_compression(const char *path);

/* Adds the releases whose modules the image holds. 0, or -1 with ENOMEM. */
int initramfs_releases(const struct kg_initrd *initrd, struct kg_strings *releases,
		       struct kg_error *err);

/* Writes one image to standard output, all of its members with verbose. 0, or -1 with ENOMEM. */
int initramfs_write_text(const char *path, const struct kg_initrd *initrd, bool verbose,
			 struct kg_error *err);

/* Adds one image to the array. 0, or -1 with ENOMEM. */
int initramfs_add_json(struct kg_json *json, struct json_object *images, const char *path,
		       const struct kg_initrd *initrd, struct kg_error *err);

/* What a unified kernel image, or an addon, holds beside initramfs images, for one profile. */
struct unified_image {
	char *release;    /* of .linux */
	char *cmdline;    /* all of these are NULL where there is no such section */
	char *uname;
	char *os_release;
};

/* Reads them. 0, or -1: EBADMSG, EFBIG, ENOTSUP of .linux, ENOMEM, the source's error. */
int unified_image_read(const struct kg_source *source, const struct kg_pe *pe, size_t profile,
		       struct unified_image *image, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void unified_image_free(struct unified_image *image);

void unified_image_write_text(const char *path, const struct kg_pe *pe, size_t profile,
			      const struct unified_image *image);
void unified_image_add_json(struct kg_json *json, struct json_object *array, const char *path,
			    const struct kg_pe *pe, size_t profile,
			    const struct unified_image *image);

#endif
