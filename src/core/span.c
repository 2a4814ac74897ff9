// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/core/span.h"

#include <string.h>

struct kg_span kg_span_of(const void *data, size_t size)
{
	return (struct kg_span){.data = data, .size = size};
}

struct kg_span kg_span_of_string(const char *text)
{
	return kg_span_of(text, strlen(text));
}

bool kg_span_sub(struct kg_span span, uint64_t offset, uint64_t length, struct kg_span *out)
{
	if (offset > span.size || length > span.size - offset)
		return false;
	*out = kg_span_of(span.data ? span.data + offset : NULL, (size_t)length);
	return true;
}

static bool little_endian(struct kg_span span, uint64_t offset, size_t size, uint64_t *out)
{
	struct kg_span field;

	if (!kg_span_sub(span, offset, size, &field))
		return false;
	*out = 0;
	for (size_t i = 0; i < size; i++)
		*out |= (uint64_t)field.data[i] << (8 * i);
	return true;
}

bool kg_span_u8(struct kg_span span, uint64_t offset, uint8_t *out)
{
	uint64_t value;

	if (!little_endian(span, offset, 1, &value))
		return false;
	*out = (uint8_t)value;
	return true;
}

bool kg_span_le16(struct kg_span span, uint64_t offset, uint16_t *out)
{
	uint64_t value;

	if (!little_endian(span, offset, 2, &value))
		return false;
	*out = (uint16_t)value;
	return true;
}

bool kg_span_le32(struct kg_span span, uint64_t offset, uint32_t *out)
{
	uint64_t value;

	if (!little_endian(span, offset, 4, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

bool kg_span_le64(struct kg_span span, uint64_t offset, uint64_t *out)
{
	return little_endian(span, offset, 8, out);
}

const char *kg_span_string(struct kg_span span, uint64_t offset)
{
	const char *text;

	if (offset >= span.size)
		return NULL;
	text = (const char *)span.data + offset;
	return memchr(text, '\0', span.size - (size_t)offset) ? text : NULL;
}

const char *kg_span_name(struct kg_span span, uint64_t offset, size_t limit)
{
	struct kg_span rest;

	if (offset >= span.size || !kg_span_sub(span, offset, span.size - offset, &rest))
		return NULL;
	if (rest.size > limit + 1)
		rest.size = limit + 1;
	return kg_span_string(rest, 0);
}

bool kg_span_starts_with(struct kg_span span, const void *prefix, size_t size)
{
	return size <= span.size && (size == 0 || memcmp(span.data, prefix, size) == 0);
}

bool kg_is_blank(unsigned char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

struct kg_span kg_span_trimmed(struct kg_span span)
{
	while (span.size > 0 && kg_is_blank(span.data[0]))
		span = kg_span_of(span.data + 1, span.size - 1);
	while (span.size > 0 && kg_is_blank(span.data[span.size - 1]))
		span.size--;
	return span;
}

bool kg_span_next_line(struct kg_span *rest, struct kg_span *line)
{
	const unsigned char *end;
	size_t length;
	size_t taken;

	if (rest->size == 0)
		return false;
	end = memchr(rest->data, '\n', rest->size);
	length = end ? (size_t)(end - rest->data) : rest->size;
	taken = end ? length + 1 : length;
	*line = kg_span_of(rest->data, length);
	*rest = kg_span_of(rest->data + taken, rest->size - taken);
	return true;
}
