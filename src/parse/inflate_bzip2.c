// SPDX-License-Identifier: GPL-2.0-or-later
#include <bzlib.h>
#include <stdlib.h>

#include "inflate.h"

struct bzip2_state {
	bz_stream stream;
	struct kg_inflate_input *input;
	bool finished; /* the stream's end has been met */
	bool any;      /* something came out */
};

static void free_bzip2(void *context)
{
	struct bzip2_state *state = context;

	(void)BZ2_bzDecompressEnd(&state->stream);
	free(state);
}

static void *new_bzip2(struct kg_inflate_input *input, enum kg_compression compression,
		       struct kg_error *err)
{
	struct bzip2_state *state = calloc(1, sizeof(*state));

	(void)compression;
	if (!state || BZ2_bzDecompressInit(&state->stream, 0, 0) != BZ_OK) {
		free(state);
		kg_fail_memory(err);
		return NULL;
	}
	state->input = input;
	return state;
}

static int step(struct bzip2_state *state, struct kg_error *err)
{
	bz_stream *stream = &state->stream;
	size_t size;
	int result;

	if (stream->avail_in == 0) {
		if (kg_inflate_pull(state->input, &size, err) < 0)
			return -1;
		if (size == 0)
			return kg_inflate_damaged(KG_COMPRESSION_BZIP2, "it ends early", err);
		stream->next_in = (char *)state->input->chunk;
		stream->avail_in = (unsigned int)size;
	}
	result = BZ2_bzDecompress(stream);
	state->finished = result == BZ_STREAM_END;
	if (result == BZ_MEM_ERROR)
		return kg_fail_memory(err);
	if (result != BZ_OK && result != BZ_STREAM_END)
		return kg_inflate_damaged(KG_COMPRESSION_BZIP2,
					  result == BZ_DATA_ERROR_MAGIC ? "no magic number"
									: "a wrong block",
					  err);
	return 0;
}

static int read_bzip2(void *context, void *data, size_t size, size_t *count,
		      struct kg_error *err)
{
	struct bzip2_state *state = context;
	unsigned int wanted = size > 1 << 30 ? 1 << 30 : (unsigned int)size;

	state->stream.next_out = data;
	state->stream.avail_out = wanted;
	while (!state->finished && state->stream.avail_out == wanted) {
		if (step(state, err) < 0)
			return -1;
	}
	*count = wanted - state->stream.avail_out;
	state->any = state->any || *count > 0;
	if (!state->any)
		return kg_inflate_damaged(KG_COMPRESSION_BZIP2, "it unpacks to nothing", err);
	return 0;
}

static uint64_t bzip2_consumed(const void *context)
{
	const struct bzip2_state *state = context;

	return (uint64_t)state->stream.total_in_hi32 << 32 | state->stream.total_in_lo32;
}

const struct kg_decoder kg_decoder_bzip2 = {
	.new = new_bzip2,
	.read = read_bzip2,
	.consumed = bzip2_consumed,
	.free = free_bzip2,
};
