// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>

#include "kernel-guard/parse/compression.h"
#include "window.h"

enum {
	block_type_rle = 1,
	block_type_reserved = 3,
	checksum_flag = 1 << 2,
	single_segment_flag = 1 << 5,
};

static const uint32_t frame_magic = 0xfd2fb528;
static const uint32_t skippable_magic = 0x184d2a50;
static const uint32_t skippable_mask = 0xfffffff0;

static int cut_off(uint64_t offset, struct kg_error *err)
{
	return kg_fail(err, EBADMSG, "the zstd data is cut off near byte %" PRIu64, offset);
}

/* Bytes of the frame header behind its descriptor (RFC 8878, 3.1.1.1). */
static uint64_t header_size(uint32_t descriptor)
{
	static const uint64_t dictionary_sizes[] = {0, 1, 2, 4};
	static const uint64_t content_sizes[] = {0, 2, 4, 8};
	bool single_segment = (descriptor & single_segment_flag) != 0;
	uint64_t content_size = content_sizes[descriptor >> 6];

	if (single_segment && content_size == 0)
		content_size = 1;
	return (single_segment ? 0 : 1) + dictionary_sizes[descriptor & 3] + content_size;
}

static int read_number(struct kg_window *window, uint64_t offset, size_t size, uint32_t *value,
		       struct kg_error *err)
{
	uint64_t end = window->source->size;

	if (offset > end || size > end - offset)
		return cut_off(offset, err);
	return kg_window_number(window, offset, size, value, err);
}

static int skip_blocks(struct kg_window *window, uint64_t *offset, struct kg_error *err)
{
	uint32_t block = 0;

	do {
		uint32_t type;

		if (read_number(window, *offset, 3, &block, err) < 0)
			return -1;
		type = (block >> 1) & 3;
		if (type == block_type_reserved)
			return kg_fail(err, EBADMSG, "the zstd data is damaged at byte %" PRIu64,
				       *offset);
		*offset += 3 + (type == block_type_rle ? 1 : block >> 3);
	} while (!(block & 1));
	return 0;
}

/* Moves *offset behind the frame there. */
static int skip_frame(struct kg_window *window, uint32_t magic, uint64_t *offset,
		      struct kg_error *err)
{
	uint32_t value = 0;

	if ((magic & skippable_mask) == skippable_magic) {
		if (read_number(window, *offset + 4, 4, &value, err) < 0)
			return -1;
		*offset += 8 + (uint64_t)value;
	} else {
		if (read_number(window, *offset + 4, 1, &value, err) < 0)
			return -1;
		*offset += 5 + header_size(value);
		if (skip_blocks(window, offset, err) < 0)
			return -1;
		*offset += value & checksum_flag ? 4 : 0;
	}
	return *offset > window->source->size ? cut_off(window->source->size, err) : 0;
}

int kg_zstd_frame_length(const struct kg_source *source, uint64_t offset, uint64_t *length,
			 struct kg_error *err)
{
	struct kg_window window = {.source = source};
	uint64_t position = offset;
	uint32_t magic = 0;

	if (read_number(&window, offset, 4, &magic, err) < 0)
		return -1;
	if (magic != frame_magic)
		return kg_fail(err, EBADMSG, "no zstd frame begins at byte %" PRIu64, offset);
	if (skip_frame(&window, magic, &position, err) < 0)
		return -1;
	*length = position - offset;
	return 0;
}

int kg_zstd_frames_length(const struct kg_source *source, uint64_t offset, uint64_t *length,
			  struct kg_error *err)
{
	struct kg_window window = {.source = source};
	uint64_t position = offset;
	uint32_t magic = 0;

	for (;;) {
		/* What is too short for another frame is not one. */
		if (position != offset && source->size - position < 4)
			break;
		if (read_number(&window, position, 4, &magic, err) < 0)
			return -1;
		if (magic != frame_magic && (magic & skippable_mask) != skippable_magic)
			break;
		if (skip_frame(&window, magic, &position, err) < 0)
			return -1;
	}
	if (position == offset)
		return kg_fail(err, EBADMSG, "no zstd frame begins at byte %" PRIu64, offset);
	*length = position - offset;
	return 0;
}
