// SPDX-License-Identifier: GPL-2.0-or-later
#include "inflate.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* What is read at a time where the size is not known. */
#define READ_SIZE ((size_t)65536)

struct kg_inflater {
	struct kg_inflate_input input;
	const struct kg_decoder *decoder;
	void *state;
	bool finished;
};

static const struct kg_decoder *const decoders[] = {
	[KG_COMPRESSION_NONE] = &kg_decoder_archive, [KG_COMPRESSION_GZIP] = &kg_decoder_gzip,
	[KG_COMPRESSION_BZIP2] = &kg_decoder_bzip2,  [KG_COMPRESSION_LZMA] = &kg_decoder_lzma,
	[KG_COMPRESSION_XZ] = &kg_decoder_lzma,      [KG_COMPRESSION_LZO] = &kg_decoder_lzo,
	[KG_COMPRESSION_LZ4] = &kg_decoder_archive,  [KG_COMPRESSION_ZSTD] = &kg_decoder_zstd,
};

int kg_inflate_pull(struct kg_inflate_input *input, size_t *size, struct kg_error *err)
{
	size_t wanted = sizeof(input->chunk);

	if (wanted > input->end - input->offset)
		wanted = (size_t)(input->end - input->offset);
	if (kg_source_read(&input->source, input->offset, input->chunk, wanted, err) < 0)
		return -1;
	input->offset += wanted;
	*size = wanted;
	return 0;
}

int kg_inflate_damaged(enum kg_compression compression, const char *reason, struct kg_error *err)
{
	return kg_fail(err, EBADMSG, "the %s data is damaged or cut off (%s)",
		       kg_compression_name(compression), reason ? reason : "no reason given");
}

/*
 * libarchive goes on to whatever follows what these formats call their end, and calls it
 * damage: the end is found by the headers of their blocks.
 */
static int bound(const struct kg_source *source, uint64_t offset, enum kg_compression compression,
		 uint64_t *length, struct kg_error *err)
{
	uint64_t found = *length;

	if (compression == KG_COMPRESSION_ZSTD &&
	    kg_zstd_frames_length(source, offset, &found, err) < 0)
		return -1;
	if (compression == KG_COMPRESSION_LZ4 &&
	    kg_lz4_length(source, offset, *length, &found, err) < 0)
		return -1;
	*length = found < *length ? found : *length;
	return 0;
}

struct kg_inflater *kg_inflater_new(const struct kg_source *source, uint64_t offset,
				    uint64_t length, enum kg_compression compression,
				    struct kg_error *err)
{
	struct kg_inflater *inflater;

	if (offset > source->size || length > source->size - offset) {
		kg_fail(err, EBADMSG, "the %s data is cut off", kg_compression_name(compression));
		return NULL;
	}
	if (bound(source, offset, compression, &length, err) < 0)
		return NULL;
	inflater = calloc(1, sizeof(*inflater));
	if (!inflater) {
		kg_fail_memory(err);
		return NULL;
	}
	inflater->input.source = *source;
	inflater->input.offset = offset;
	inflater->input.end = offset + length;
	inflater->decoder = decoders[compression];
	inflater->state = inflater->decoder->new(&inflater->input, compression, err);
	if (!inflater->state) {
		free(inflater);
		return NULL;
	}
	return inflater;
}

int kg_inflater_read(struct kg_inflater *inflater, void *data, size_t size, size_t *count,
		     struct kg_error *err)
{
	*count = 0;
	if (inflater->finished || size == 0)
		return 0;
	if (inflater->decoder->read(inflater->state, data, size, count, err) < 0)
		return -1;
	inflater->finished = *count == 0;
	return 0;
}

uint64_t kg_inflater_consumed(const struct kg_inflater *inflater)
{
	return inflater->decoder->consumed(inflater->state);
}

void kg_inflater_free(struct kg_inflater *inflater)
{
	if (!inflater)
		return;
	inflater->decoder->free(inflater->state);
	free(inflater);
}

/*
 * Unpacks what says its size to memory of that size. False where that cannot be done: unpacked
 * piece by piece it also shows why.
 */
static bool inflate_whole(struct kg_span in, enum kg_compression compression, size_t expected,
			  size_t limit, struct kg_buffer *out)
{
	struct kg_source source = kg_source_of_span(&in);
	uint64_t length = in.size;
	struct kg_error ignored;
	size_t count;

	if (compression != KG_COMPRESSION_ZSTD ||
	    bound(&source, 0, compression, &length, &ignored) < 0 ||
	    !kg_span_sub(in, 0, length, &in))
		return false;
	if (expected == 0)
		expected = kg_zstd_content_size(in);
	if (expected == 0 || expected > limit || kg_buffer_reserve(out, expected, &ignored) < 0 ||
	    !kg_zstd_inflate_whole(in, out->data + out->size, expected, &count))
		return false;
	out->size += count;
	return true;
}

static int inflate_all(struct kg_inflater *inflater, size_t limit, struct kg_buffer *out,
		       struct kg_error *err)
{
	size_t total = 0;
	size_t count = 0;

	for (;;) {
		if (kg_buffer_reserve(out, READ_SIZE, err) < 0 ||
		    kg_inflater_read(inflater, out->data + out->size, out->capacity - out->size,
				     &count, err) < 0)
			return -1;
		if (count == 0)
			return 0;
		if (count > limit - total)
			return kg_fail(err, EFBIG, "unpacks to more than %zu bytes", limit);
		total += count;
		out->size += count;
	}
}

int kg_decompress_expected(struct kg_span in, enum kg_compression compression, size_t expected,
			   size_t limit, struct kg_buffer *out, struct kg_error *err)
{
	struct kg_source source = kg_source_of_span(&in);
	struct kg_inflater *inflater;
	struct kg_error ignored;
	size_t before = out->size;
	int result;

	if (inflate_whole(in, compression, expected, limit, out))
		return 0;
	/* With what is asked for at the end. Without such room the buffer grows as it is filled. */
	if (expected > 0 && expected <= limit && expected <= SIZE_MAX - READ_SIZE)
		(void)kg_buffer_reserve(out, expected + READ_SIZE, &ignored);
	inflater = kg_inflater_new(&source, 0, in.size, compression, err);
	if (!inflater)
		return -1;
	result = inflate_all(inflater, limit, out, err);
	if (result < 0)
		out->size = before;
	kg_inflater_free(inflater);
	return result;
}

int kg_decompress(struct kg_span in, enum kg_compression compression, size_t limit,
		  struct kg_buffer *out, struct kg_error *err)
{
	return kg_decompress_expected(in, compression, 0, limit, out, err);
}
