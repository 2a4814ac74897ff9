// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "inflate.h"
#include "lzo1x.h"

/* lzop's form as unlzo() of lib/decompress_unlzo.c (Linux 6.12) reads it. */
enum {
	max_block = 256 << 10,
	version_with_level = 0x0940,
	flag_adler32 = 0x0001, /* the checksum behind the sizes is that of the unpacked block */
	flag_filter = 0x0800,
};

struct lzo_state {
	struct kg_inflate_input *input;
	size_t start; /* of what is pulled and not taken, in the input's chunk */
	size_t end;
	uint64_t used; /* bytes taken */
	uint32_t flags;
	size_t block_size;
	size_t block_read;
	bool finished;
	bool any;
	unsigned char packed[max_block];
	unsigned char block[max_block];
};

static int damaged(const char *reason, struct kg_error *err)
{
	return kg_inflate_damaged(KG_COMPRESSION_LZO, reason, err);
}

static int take(struct lzo_state *state, void *data, size_t size, struct kg_error *err)
{
	unsigned char *target = data;

	while (size > 0) {
		size_t step;

		if (state->start == state->end) {
			state->start = 0;
			if (kg_inflate_pull(state->input, &state->end, err) < 0)
				return -1;
			if (state->end == 0)
				return damaged("it ends early", err);
		}
		step = state->end - state->start < size ? state->end - state->start : size;
		if (target) {
			memcpy(target, state->input->chunk + state->start, step);
			target += step;
		}
		state->start += step;
		state->used += step;
		size -= step;
	}
	return 0;
}

static int take_number(struct lzo_state *state, size_t size, uint32_t *value,
		       struct kg_error *err)
{
	unsigned char bytes[4];

	if (take(state, bytes, size, err) < 0)
		return -1;
	*value = 0;
	for (size_t i = 0; i < size; i++)
		*value = *value << 8 | bytes[i];
	return 0;
}

static int take_header(struct lzo_state *state, struct kg_error *err)
{
	static const unsigned char expected[] = {0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n'};
	unsigned char magic[sizeof(expected)];
	uint32_t version;
	uint32_t length;

	if (take(state, magic, sizeof(magic), err) < 0)
		return -1;
	if (memcmp(magic, expected, sizeof(magic)) != 0)
		return damaged("no magic number", err);
	/* Behind the version: those of the library and needed to unpack, method, level. */
	if (take_number(state, 2, &version, err) < 0 ||
	    take(state, NULL, version >= version_with_level ? 6 : 5, err) < 0 ||
	    take_number(state, 4, &state->flags, err) < 0 ||
	    take(state, NULL, state->flags & flag_filter ? 4 : 0, err) < 0 ||
	    take(state, NULL, version >= version_with_level ? 12 : 8, err) < 0 ||
	    take_number(state, 1, &length, err) < 0)
		return -1;
	return take(state, NULL, length + 4, err);
}

static int check_sum(const struct lzo_state *state, uint32_t sum, struct kg_error *err)
{
	uLong found = adler32(1, state->block, (uInt)state->block_size);

	return state->flags & flag_adler32 && found != sum ? damaged("a wrong checksum", err) : 0;
}

/* The next block; at the last one the state is finished. */
static int take_block(struct lzo_state *state, struct kg_error *err)
{
	uint32_t size;
	uint32_t packed_size;
	uint32_t sum;

	if (take_number(state, 4, &size, err) < 0)
		return -1;
	state->finished = size == 0;
	if (state->finished)
		return state->any ? 0 : damaged("it unpacks to nothing", err);
	if (take_number(state, 4, &packed_size, err) < 0 || take_number(state, 4, &sum, err) < 0)
		return -1;
	if (size > max_block || packed_size == 0 || packed_size > size)
		return damaged("a wrong size of a block", err);
	if (take(state, state->packed, packed_size, err) < 0)
		return -1;
	/* What would have grown is stored as it is. */
	if (packed_size == size)
		memcpy(state->block, state->packed, size);
	else if (!kg_lzo1x_unpack(kg_span_of(state->packed, packed_size), state->block, size))
		return damaged("a wrong block", err);
	state->block_size = size;
	state->block_read = 0;
	state->any = true;
	return check_sum(state, sum, err);
}

static void *new_lzo(struct kg_inflate_input *input, enum kg_compression compression,
		     struct kg_error *err)
{
	struct lzo_state *state = calloc(1, sizeof(*state));

	(void)compression;
	if (!state) {
		kg_fail_memory(err);
		return NULL;
	}
	state->input = input;
	if (take_header(state, err) < 0) {
		free(state);
		return NULL;
	}
	return state;
}

static int read_lzo(void *context, void *data, size_t size, size_t *count, struct kg_error *err)
{
	struct lzo_state *state = context;
	size_t left;

	if (state->block_read == state->block_size && !state->finished &&
	    take_block(state, err) < 0)
		return -1;
	if (state->finished)
		return 0;
	left = state->block_size - state->block_read;
	*count = size < left ? size : left;
	memcpy(data, state->block + state->block_read, *count);
	state->block_read += *count;
	return 0;
}

static uint64_t lzo_consumed(const void *context)
{
	const struct lzo_state *state = context;

	return state->used;
}

const struct kg_decoder kg_decoder_lzo = {
	.new = new_lzo,
	.read = read_lzo,
	.consumed = lzo_consumed,
	.free = free,
};
