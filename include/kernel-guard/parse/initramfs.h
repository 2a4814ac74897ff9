/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_INITRAMFS_H
#define KERNEL_GUARD_PARSE_INITRAMFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/source.h"
#include "kernel-guard/parse/compression.h"

/*
 * One part of an initramfs image: an uncompressed cpio archive, or a compressed
 * run of them (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
struct kg_initramfs_segment {
	uint64_t offset;        /* in the file, bytes */
	uint64_t size;          /* in the file, bytes */
	uint64_t unpacked_size; /* bytes of cpio archive */
	uint64_t member_count;
	enum kg_compression compression;
};

/* One member of a cpio archive in the "newc" or "crc" format. */
struct kg_cpio_member {
	const char *path; /* as written, without a leading "/" or "./"; lives for the call */
	uint32_t mode;    /* stat(2)'s st_mode */
	uint32_t nlink;
	uint32_t ino;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint64_t size;  /* bytes of content */
	size_t segment; /* index of the segment it lies in */
};

/* Who is told of the members, in their order. Every function returns 0, or -1 to stop. */
struct kg_initramfs_visitor {
	void *context;
	int (*segment)(void *context, const struct kg_initramfs_segment *segment,
		       struct kg_error *err); /* when it has been walked to its end */
	/* *want_content asks for content(); it is false on entry. */
	int (*member)(void *context, const struct kg_cpio_member *member, bool *want_content,
		      struct kg_error *err);
	int (*content)(void *context, const struct kg_cpio_member *member, struct kg_span content,
		       struct kg_error *err);
};

/* What bounds a walk, for any image. */
enum {
	kg_initramfs_max_members = 250000,
	kg_initramfs_max_content = 256 << 20, /* bytes of one member that is asked for */
};

/*
 * Walks an initramfs image as init/initramfs.c (unpack_to_rootfs, Linux 6.12)
 * does: any sequence of NUL bytes, cpio archives at offsets divisible by four,
 * and compressed runs of cpio archives. Nothing is unpacked to disk; the image is
 * streamed. 0, or -1: EBADMSG with the offset where the kernel would stop with an
 * error or the image ends early; EFBIG over the limits above or 16 GiB unpacked;
 * ENOTSUP; or what the visitor or the source failed with. What was visited before
 * a failure is what the kernel would have unpacked before it stopped.
 */
int kg_initramfs_walk(const struct kg_source *source, const struct kg_initramfs_visitor *visitor,
		      struct kg_error *err);

#endif
