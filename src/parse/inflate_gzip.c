// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <zlib.h>

#include "inflate.h"

struct gzip_state {
	z_stream stream;
	struct kg_inflate_input *input;
	bool finished; /* the member's end has been met */
};

enum {
	/* 32 KiB of window, and a gzip header and trailer, which zlib checks. */
	window_bits = 15 + 16,
	fixed_header_size = 10,
	flags_offset = 3,
	/* FTEXT and FNAME of RFC 1952: __gunzip() of lib/decompress_inflate.c skips no others. */
	known_flags = 0x01 | 0x08,
};

static void free_gzip(void *context)
{
	struct gzip_state *state = context;

	(void)inflateEnd(&state->stream);
	free(state);
}

static int begin(struct gzip_state *state, struct kg_error *err)
{
	const unsigned char *header = state->input->chunk;
	size_t size;

	if (kg_inflate_pull(state->input, &size, err) < 0)
		return -1;
	if (size < fixed_header_size || header[flags_offset] & ~known_flags)
		return kg_inflate_damaged(KG_COMPRESSION_GZIP,
					  "no header that the kernel reads", err);
	state->stream.next_in = state->input->chunk;
	state->stream.avail_in = (uInt)size;
	return 0;
}

static void *new_gzip(struct kg_inflate_input *input, enum kg_compression compression,
		      struct kg_error *err)
{
	struct gzip_state *state = calloc(1, sizeof(*state));

	(void)compression;
	if (!state || inflateInit2(&state->stream, window_bits) != Z_OK) {
		free(state);
		kg_fail_memory(err);
		return NULL;
	}
	state->input = input;
	if (begin(state, err) < 0) {
		free_gzip(state);
		return NULL;
	}
	return state;
}

/* One step. *ended where the member does. */
static int step(struct gzip_state *state, bool *ended, struct kg_error *err)
{
	z_stream *stream = &state->stream;
	size_t size;
	int result;

	if (stream->avail_in == 0) {
		if (kg_inflate_pull(state->input, &size, err) < 0)
			return -1;
		if (size == 0)
			return kg_inflate_damaged(KG_COMPRESSION_GZIP, "it ends early", err);
		stream->next_in = state->input->chunk;
		stream->avail_in = (uInt)size;
	}
	result = inflate(stream, Z_NO_FLUSH);
	*ended = result == Z_STREAM_END;
	if (result == Z_MEM_ERROR)
		return kg_fail_memory(err);
	/* That there was nothing to do is cured by the next bytes. */
	if (result == Z_BUF_ERROR && stream->avail_in == 0)
		return 0;
	if (result != Z_OK && result != Z_STREAM_END)
		return kg_inflate_damaged(KG_COMPRESSION_GZIP, stream->msg, err);
	return 0;
}

static int read_gzip(void *context, void *data, size_t size, size_t *count, struct kg_error *err)
{
	struct gzip_state *state = context;
	uInt wanted = size > 1 << 30 ? 1 << 30 : (uInt)size;

	state->stream.next_out = data;
	state->stream.avail_out = wanted;
	while (!state->finished && state->stream.avail_out == wanted) {
		if (step(state, &state->finished, err) < 0)
			return -1;
	}
	*count = wanted - state->stream.avail_out;
	/* Nothing wanted unpacks to nothing. */
	if (state->stream.total_out == 0)
		return kg_inflate_damaged(KG_COMPRESSION_GZIP, "it unpacks to nothing", err);
	return 0;
}

static uint64_t gzip_consumed(const void *context)
{
	const struct gzip_state *state = context;

	return state->stream.total_in;
}

const struct kg_decoder kg_decoder_gzip = {
	.new = new_gzip,
	.read = read_gzip,
	.consumed = gzip_consumed,
	.free = free_gzip,
};
