/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_BZIMAGE_H
#define KERNEL_GUARD_PARSE_BZIMAGE_H

#include <stddef.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/compression.h"

/*
 * An x86 kernel image (Documentation/arch/x86/boot.rst, boot protocol 2.08 and
 * later). Points into the borrowed bytes.
 */
struct kg_bzimage {
	char release[256]; /* what uname -r will say */
	const char *version; /* "RELEASE (BUILDER@HOST) #1 SMP …", as uname -v goes on */
	struct kg_span payload;
	enum kg_compression compression; /* of the payload */
};

/*
 * Reads the header of the image. 0, or -1: EBADMSG where it is no bzImage, is cut
 * off, or its header points outside of it; ENOTSUP for a kernel image of another
 * kind (arm64, EFI zboot, a unified kernel image).
 */
int kg_bzimage_parse(struct kg_span bytes, struct kg_bzimage *image, struct kg_error *err);

/*
 * Bytes of an image by which its header, and the version string that it points to, are at an end.
 */
enum { kg_bzimage_head_size = 0x10000 + 2 * 512 };

/*
 * The same of an image of size bytes of which head is the beginning, kg_bzimage_head_size bytes or
 * all of it: without its payload and compression.
 */
int kg_bzimage_parse_head(struct kg_span head, uint64_t size, struct kg_bzimage *image,
			  struct kg_error *err);

/*
 * Unpacks the payload, an ELF vmlinux, to the end of out: at most limit bytes. 0,
 * or -1: EBADMSG, EFBIG, ENOTSUP as kg_decompress().
 */
int kg_bzimage_unpack(const struct kg_bzimage *image, size_t limit, struct kg_buffer *out,
		      struct kg_error *err);

#endif
