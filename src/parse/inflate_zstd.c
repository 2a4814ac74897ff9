// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <zstd.h>

#include "inflate.h"

struct zstd_state {
	ZSTD_DStream *stream;
	struct kg_inflate_input *input;
	ZSTD_inBuffer chunk;
	uint64_t used;     /* of the chunks before this one */
	uint64_t unpacked; /* bytes */
	bool inside;       /* a frame has begun and not ended */
	bool finished;     /* the range's end has been met */
};

static void free_zstd(void *context)
{
	struct zstd_state *state = context;

	(void)ZSTD_freeDStream(state->stream);
	free(state);
}

/* The library's own limit for a window, 128 MiB, is that of lib/decompress_unzstd.c. */
static void *new_zstd(struct kg_inflate_input *input, enum kg_compression compression,
		      struct kg_error *err)
{
	struct zstd_state *state = calloc(1, sizeof(*state));

	(void)compression;
	if (!state || !(state->stream = ZSTD_createDStream())) {
		free(state);
		kg_fail_memory(err);
		return NULL;
	}
	state->input = input;
	return state;
}

static int refill(struct zstd_state *state, struct kg_error *err)
{
	state->used += state->chunk.size;
	state->chunk = (ZSTD_inBuffer){.src = state->input->chunk};
	if (kg_inflate_pull(state->input, &state->chunk.size, err) < 0)
		return -1;
	state->finished = state->chunk.size == 0;
	if (state->finished && state->inside)
		return kg_inflate_damaged(KG_COMPRESSION_ZSTD, "it ends early", err);
	return 0;
}

/* One step; where nothing came of it, more input is needed. */
static int step(struct zstd_state *state, ZSTD_outBuffer *out, struct kg_error *err)
{
	size_t used = state->chunk.pos;
	size_t unpacked = out->pos;
	size_t result = ZSTD_decompressStream(state->stream, out, &state->chunk);

	if (ZSTD_isError(result))
		return kg_inflate_damaged(KG_COMPRESSION_ZSTD, ZSTD_getErrorName(result), err);
	if (state->chunk.pos != used || out->pos != unpacked) {
		state->inside = result != 0;
		return 0;
	}
	return state->chunk.pos == state->chunk.size ? refill(state, err) : 0;
}

static int read_zstd(void *context, void *data, size_t size, size_t *count, struct kg_error *err)
{
	struct zstd_state *state = context;
	ZSTD_outBuffer out = {.dst = data, .size = size};

	while (!state->finished && out.pos < size) {
		if (step(state, &out, err) < 0)
			return -1;
	}
	state->unpacked += out.pos;
	*count = out.pos;
	/* Nothing wanted unpacks to nothing. */
	if (state->unpacked == 0)
		return kg_inflate_damaged(KG_COMPRESSION_ZSTD, "it unpacks to nothing", err);
	return 0;
}

static uint64_t zstd_consumed(const void *context)
{
	const struct zstd_state *state = context;

	return state->used + state->chunk.pos;
}

const struct kg_decoder kg_decoder_zstd = {
	.new = new_zstd,
	.read = read_zstd,
	.consumed = zstd_consumed,
	.free = free_zstd,
};

bool kg_zstd_inflate_whole(struct kg_span in, void *data, size_t size, size_t *count)
{
	size_t result = ZSTD_decompress(data, size, in.data, in.size);

	*count = ZSTD_isError(result) ? 0 : result;
	return *count > 0;
}

size_t kg_zstd_content_size(struct kg_span in)
{
	unsigned long long size = ZSTD_getFrameContentSize(in.data, in.size);

	return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ||
			       size > SIZE_MAX
		       ? 0
		       : (size_t)size;
}
