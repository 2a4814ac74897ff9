/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_COMPRESSION_H
#define KERNEL_GUARD_PARSE_COMPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/source.h"
#include "kernel-guard/core/span.h"

/* The formats of lib/decompress.c (Linux 6.12), and none. */
enum kg_compression {
	KG_COMPRESSION_NONE,
	KG_COMPRESSION_GZIP,
	KG_COMPRESSION_BZIP2,
	KG_COMPRESSION_LZMA,
	KG_COMPRESSION_XZ,
	KG_COMPRESSION_LZO,
	KG_COMPRESSION_LZ4,
	KG_COMPRESSION_ZSTD,
};

/* Bytes of magic that kg_compression_sniff() wants to see. */
enum { kg_compression_magic_size = 4 };

/*
 * The format that the first bytes announce, by the magic numbers of
 * lib/decompress.c; KG_COMPRESSION_NONE where they announce none.
 */
enum kg_compression kg_compression_sniff(struct kg_span head);

/* "gzip", "zstd", …; "none" for KG_COMPRESSION_NONE. */
const char *kg_compression_name(enum kg_compression compression);

/* A decompression that is read bit by bit. */
struct kg_inflater;

/*
 * Begins to decompress length bytes at offset of source, which must outlive the
 * inflater. One gzip member, one bzip2, xz or lzma stream, one lzop file, all zstd frames and
 * all of an lz4 legacy file are taken; what follows them inside the range is not looked at.
 * NULL, and err: EBADMSG where the data is none of the format or of nothing, ENOTSUP where
 * this build's libarchive lacks lz4, ENOMEM. kg_inflater_free() releases it.
 */
struct kg_inflater *kg_inflater_new(const struct kg_source *source, uint64_t offset,
				    uint64_t length, enum kg_compression compression,
				    struct kg_error *err);

/*
 * Copies up to size decompressed bytes to data and sets *count; 0 is the end.
 * 0, or -1: EBADMSG where the data is damaged or truncated or unpacks to nothing, EFBIG where
 * an xz or lzma dictionary would take more than 1 GiB, ENOMEM, or the source's error.
 */
int kg_inflater_read(struct kg_inflater *inflater, void *data, size_t size, size_t *count,
		     struct kg_error *err);

/* Compressed bytes used so far: at the end, where the next part begins. */
uint64_t kg_inflater_consumed(const struct kg_inflater *inflater);

/* Releases it; NULL is fine. */
void kg_inflater_free(struct kg_inflater *inflater);

/*
 * Decompresses all of in to the end of out. 0, or -1: as kg_inflater_new() and
 * kg_inflater_read(), and EFBIG where more than limit bytes come out. Memory beyond what
 * comes out may stay with out; kg_buffer_shrink() gives it back.
 */
int kg_decompress(struct kg_span in, enum kg_compression compression, size_t limit,
		  struct kg_buffer *out, struct kg_error *err);

/*
 * kg_decompress() of what is said elsewhere to unpack to expected bytes: when it does, it is
 * faster, and nothing else.
 */
int kg_decompress_expected(struct kg_span in, enum kg_compression compression, size_t expected,
			   size_t limit, struct kg_buffer *out, struct kg_error *err);

/*
 * The length in bytes of the zstd frames (RFC 8878, 3.1) that follow each other at
 * offset of source, found by walking their block headers. 0 with *length, or -1:
 * EBADMSG where no frame begins there or one is cut off.
 */
int kg_zstd_frames_length(const struct kg_source *source, uint64_t offset, uint64_t *length,
			  struct kg_error *err);

/*
 * The length in bytes of the one zstd frame with data at offset: unzstd() of
 * lib/decompress_unzstd.c (Linux 6.12) unpacks no more. As kg_zstd_frames_length().
 */
int kg_zstd_frame_length(const struct kg_source *source, uint64_t offset, uint64_t *length,
			 struct kg_error *err);

/*
 * The length in bytes of the lz4 data in its legacy form at offset, within limit bytes, as unlz4()
 * of lib/decompress_unlz4.c (Linux 6.12) takes it: up to a size of zero, or less than four
 * bytes before the end. 0 with *length, or -1: EBADMSG where none begins there or a block
 * reaches over the end, which is also what another part is taken for that follows without NULs.
 */
int kg_lz4_length(const struct kg_source *source, uint64_t offset, uint64_t limit,
		  uint64_t *length, struct kg_error *err);

#endif
