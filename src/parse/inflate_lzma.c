// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "inflate.h"

struct lzma_state {
	lzma_stream stream;
	struct kg_inflate_input *input;
	enum kg_compression compression;
	bool finished; /* the stream's end has been met */
};

/* A dictionary is at most 1.5 GiB; what xz(1) writes takes 64 MiB and little more. */
static const uint64_t memory_limit = UINT64_C(1) << 30;

static void free_lzma(void *context)
{
	struct lzma_state *state = context;

	lzma_end(&state->stream);
	free(state);
}

static void *new_lzma(struct kg_inflate_input *input, enum kg_compression compression,
		      struct kg_error *err)
{
	struct lzma_state *state = calloc(1, sizeof(*state));
	const lzma_stream initial = LZMA_STREAM_INIT;
	lzma_ret result = LZMA_MEM_ERROR;

	if (state) {
		state->stream = initial;
		/* Without LZMA_CONCATENATED: a second stream is another part, as to the kernel. */
		result = compression == KG_COMPRESSION_XZ
				 ? lzma_stream_decoder(&state->stream, memory_limit, 0)
				 : lzma_alone_decoder(&state->stream, memory_limit);
	}
	if (result != LZMA_OK) {
		free(state);
		kg_fail_memory(err);
		return NULL;
	}
	state->input = input;
	state->compression = compression;
	return state;
}

static int fail(const struct lzma_state *state, lzma_ret result, struct kg_error *err)
{
	const char *reason = "a wrong block";

	if (result == LZMA_MEM_ERROR)
		return kg_fail_memory(err);
	if (result == LZMA_MEMLIMIT_ERROR)
		return kg_fail(err, EFBIG, "the %s data needs more than %llu bytes of memory",
			       kg_compression_name(state->compression),
			       (unsigned long long)memory_limit);
	if (result == LZMA_FORMAT_ERROR)
		reason = "no magic number";
	if (result == LZMA_OPTIONS_ERROR)
		reason = "unknown settings";
	return kg_inflate_damaged(state->compression, reason, err);
}

static int step(struct lzma_state *state, struct kg_error *err)
{
	lzma_stream *stream = &state->stream;
	lzma_ret result;

	if (stream->avail_in == 0) {
		if (kg_inflate_pull(state->input, &stream->avail_in, err) < 0)
			return -1;
		if (stream->avail_in == 0)
			return kg_inflate_damaged(state->compression, "it ends early", err);
		stream->next_in = state->input->chunk;
	}
	result = lzma_code(stream, LZMA_RUN);
	state->finished = result == LZMA_STREAM_END;
	/* That there was nothing to do is cured by the next bytes. */
	if (result == LZMA_BUF_ERROR && stream->avail_in == 0)
		return 0;
	if (result != LZMA_OK && result != LZMA_STREAM_END)
		return fail(state, result, err);
	return 0;
}

static int read_lzma(void *context, void *data, size_t size, size_t *count, struct kg_error *err)
{
	struct lzma_state *state = context;

	state->stream.next_out = data;
	state->stream.avail_out = size;
	while (!state->finished && state->stream.avail_out == size) {
		if (step(state, err) < 0)
			return -1;
	}
	*count = size - state->stream.avail_out;
	if (state->stream.total_out == 0)
		return kg_inflate_damaged(state->compression, "it unpacks to nothing", err);
	return 0;
}

static uint64_t lzma_consumed(const void *context)
{
	const struct lzma_state *state = context;

	return state->stream.total_in;
}

const struct kg_decoder kg_decoder_lzma = {
	.new = new_lzma,
	.read = read_lzma,
	.consumed = lzma_consumed,
	.free = free_lzma,
};
