// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/byte_stream.h"

#include <string.h>

static int fill(struct kg_byte_stream *stream, struct kg_error *err)
{
	size_t count;

	if (stream->start < stream->end)
		return 0;
	if (stream->read(stream->context, stream->buffer, sizeof(stream->buffer), &count, err) < 0)
		return -1;
	stream->start = 0;
	stream->end = count;
	return 0;
}

int kg_byte_stream_peek(struct kg_byte_stream *stream, int *byte, struct kg_error *err)
{
	if (fill(stream, err) < 0)
		return -1;
	*byte = stream->start < stream->end ? stream->buffer[stream->start] : kg_byte_stream_end;
	return 0;
}

int kg_byte_stream_take(struct kg_byte_stream *stream, void *data, uint64_t size, uint64_t *count,
			struct kg_error *err)
{
	uint64_t total = 0;

	while (total < size) {
		size_t step;

		if (fill(stream, err) < 0)
			return -1;
		step = stream->end - stream->start;
		if (step == 0)
			break;
		if (step > size - total)
			step = (size_t)(size - total);
		if (data)
			memcpy((char *)data + total, stream->buffer + stream->start, step);
		stream->start += step;
		stream->position += step;
		total += step;
	}
	*count = total;
	return 0;
}

int kg_byte_stream_skip_zeros(struct kg_byte_stream *stream, struct kg_error *err)
{
	for (;;) {
		size_t start;

		if (fill(stream, err) < 0)
			return -1;
		start = stream->start;
		while (stream->start < stream->end && stream->buffer[stream->start] == 0)
			stream->start++;
		stream->position += stream->start - start;
		if (stream->start < stream->end || stream->end == 0)
			return 0;
	}
}
