/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_BYTE_STREAM_H
#define KERNEL_GUARD_PARSE_BYTE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"

/* Bytes that are read once, from front to back, with one byte of look-ahead. */
struct kg_byte_stream {
	void *context;
	/* Copies up to size bytes, sets *count; 0 is the end. 0, or -1 with err. */
	int (*read)(void *context, void *data, size_t size, size_t *count, struct kg_error *err);
	uint64_t position; /* bytes taken so far */
	size_t start;      /* of the bytes that are buffered and not taken */
	size_t end;
	unsigned char buffer[65536];
};

enum { kg_byte_stream_end = 256 };

/*
 * Sets *byte to the next byte, which stays, or to kg_byte_stream_end. 0, or -1
 * with the reader's error.
 */
int kg_byte_stream_peek(struct kg_byte_stream *stream, int *byte, struct kg_error *err);

/*
 * Takes up to size bytes to data (NULL: throws them away) and sets *count, which is
 * less than size only at the end. 0, or -1 with the reader's error.
 */
int kg_byte_stream_take(struct kg_byte_stream *stream, void *data, uint64_t size, uint64_t *count,
			struct kg_error *err);

/* Takes the NUL bytes that come next, as many as there are. 0, or -1 with the reader's error. */
int kg_byte_stream_skip_zeros(struct kg_byte_stream *stream, struct kg_error *err);

#endif
