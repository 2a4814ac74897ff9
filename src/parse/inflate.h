/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_INFLATE_H
#define KERNEL_GUARD_SRC_PARSE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/source.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/compression.h"

/* The compressed bytes, which a decoder pulls. */
struct kg_inflate_input {
	struct kg_source source;
	uint64_t offset; /* of the next byte to be pulled */
	uint64_t end;    /* of the range */
	unsigned char chunk[65536];
};

/*
 * Pulls up to sizeof(chunk) bytes into input->chunk and sets *size; 0 is the end of the range. 0,
 * or -1 with the source's error.
 */
int kg_inflate_pull(struct kg_inflate_input *input, size_t *size, struct kg_error *err);

/* "the FORMAT data is damaged or cut off (REASON)" with EBADMSG. Returns -1. */
int kg_inflate_damaged(enum kg_compression compression, const char *reason, struct kg_error *err);

/* What decodes one format, or several. */
struct kg_decoder {
	/* The state, which free() takes; NULL and err. input outlives it. */
	void *(*new)(struct kg_inflate_input *input, enum kg_compression compression,
		     struct kg_error *err);
	/* As kg_inflater_read(); *count 0 is the end, after which it is not called again. */
	int (*read)(void *state, void *data, size_t size, size_t *count, struct kg_error *err);
	uint64_t (*consumed)(const void *state); /* compressed bytes used so far */
	void (*free)(void *state);
};

extern const struct kg_decoder kg_decoder_archive; /* none, lz4: by libarchive */
extern const struct kg_decoder kg_decoder_gzip;    /* one member, by zlib */
extern const struct kg_decoder kg_decoder_bzip2;   /* one stream, by libbz2 */
extern const struct kg_decoder kg_decoder_lzma;    /* xz, lzma: one stream, by liblzma */
extern const struct kg_decoder kg_decoder_lzo;     /* lzop's form */
extern const struct kg_decoder kg_decoder_zstd;    /* all frames, by libzstd */

/* What the first frame's header says it unpacks to, in bytes; 0 where it does not say. */
size_t kg_zstd_content_size(struct kg_span in);

/*
 * Unpacks all frames to data at once, which spares the decoder's window and the copies from
 * it, and sets *count. False where that cannot be done, because they are damaged or unpack to
 * more than size bytes, or to nothing.
 */
bool kg_zstd_inflate_whole(struct kg_span in, void *data, size_t size, size_t *count);

#endif
