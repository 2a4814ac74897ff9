/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_CPIO_H
#define KERNEL_GUARD_PARSE_CPIO_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/parse/byte_stream.h"
#include "kernel-guard/parse/initramfs.h"

/* Where the members of one archive after the other are counted and reported. */
struct kg_cpio_walk {
	const struct kg_initramfs_visitor *visitor;
	size_t segment;   /* index for the members */
	uint64_t members; /* so far, against kg_initramfs_max_members */
	bool cut;         /* the stream has ended inside the padding of the last member */
};

/* Why kg_cpio_walk_archive() came back. */
enum kg_cpio_stop {
	KG_CPIO_TRAILER, /* the archive's trailer has been taken */
	KG_CPIO_END,     /* the stream has ended */
	KG_CPIO_FOREIGN, /* the next byte begins no cpio header and is no NUL */
};

/*
 * Walks cpio members (newc and crc formats, buffer-format.rst) and the NUL bytes
 * between them from the stream's position to a trailer, to the end of the stream,
 * or to the first byte that can begin no header, as init/initramfs.c's states
 * Reset and Start do. 0 with *stop, or -1 as kg_initramfs_walk().
 */
int kg_cpio_walk_archive(struct kg_cpio_walk *walk, struct kg_byte_stream *stream,
			 enum kg_cpio_stop *stop, struct kg_error *err);

#endif
