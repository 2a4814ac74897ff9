// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/initramfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "kernel-guard/parse/cpio.h"

/* Of an xz stream's header; the type of its check lies there (The .xz File Format, 2.1.1.2). */
enum { xz_check_offset = 7, xz_check_crc32 = 1 };

static const uint64_t max_unpacked = UINT64_C(16) << 30;

/* A reader of the image itself. */
struct plain_reader {
	const struct kg_source *source;
	uint64_t offset;
};

static int read_plain(void *context, void *data, size_t size, size_t *count, struct kg_error *err)
{
	struct plain_reader *reader = context;

	if (size > reader->source->size - reader->offset)
		size = (size_t)(reader->source->size - reader->offset);
	if (kg_source_read(reader->source, reader->offset, data, size, err) < 0)
		return -1;
	reader->offset += size;
	*count = size;
	return 0;
}

/* A reader of what a compressed segment unpacks to. */
struct inflating_reader {
	struct kg_inflater *inflater;
	uint64_t total;
};

static int read_inflated(void *context, void *data, size_t size, size_t *count,
			 struct kg_error *err)
{
	struct inflating_reader *reader = context;

	if (kg_inflater_read(reader->inflater, data, size, count, err) < 0)
		return -1;
	reader->total += *count;
	if (reader->total > max_unpacked)
		return kg_fail(err, EFBIG, "unpacks to more than %" PRIu64 " bytes", max_unpacked);
	return 0;
}

static int walk_plain(const struct kg_source *source, struct kg_byte_stream *stream,
		      struct kg_cpio_walk *walk, struct kg_initramfs_segment *segment,
		      struct kg_error *err)
{
	struct plain_reader reader = {.source = source, .offset = segment->offset};
	enum kg_cpio_stop stop;

	*stream = (struct kg_byte_stream){.context = &reader, .read = read_plain};
	stream->position = segment->offset;
	if (kg_cpio_walk_archive(walk, stream, &stop, err) < 0)
		return -1;
	segment->size = stream->position - segment->offset;
	segment->unpacked_size = segment->size;
	return 0;
}

static int walk_archives(struct kg_byte_stream *stream, struct kg_cpio_walk *walk,
			 struct kg_error *err)
{
	enum kg_cpio_stop stop;

	do {
		if (kg_cpio_walk_archive(walk, stream, &stop, err) < 0)
			return -1;
	} while (stop == KG_CPIO_TRAILER);
	if (stop == KG_CPIO_FOREIGN)
		return kg_fail(err, EBADMSG, "junk at byte %" PRIu64 " of the unpacked archive",
			       stream->position);
	/* The kernel still waits for it there, and says "junk" of what is missing. */
	if (walk->cut)
		return kg_fail(err, EBADMSG, "the unpacked archive ends at byte %" PRIu64
					     " inside the padding of a member",
			       stream->position);
	return 0;
}

/*
 * How much of the image is one part: unzstd() takes one frame, and unxz() (lib/decompress_unxz.c,
 * Linux 6.12) knows no check but CRC32.
 */
static int measure_part(const struct kg_source *source, const struct kg_initramfs_segment *segment,
			uint64_t *length, struct kg_error *err)
{
	unsigned char flags;

	*length = source->size - segment->offset;
	if (segment->compression == KG_COMPRESSION_ZSTD)
		return kg_zstd_frame_length(source, segment->offset, length, err);
	if (segment->compression != KG_COMPRESSION_XZ || *length <= xz_check_offset)
		return 0;
	if (kg_source_read(source, segment->offset + xz_check_offset, &flags, 1, err) < 0)
		return -1;
	return flags > xz_check_crc32
		       ? kg_fail(err, EBADMSG,
				 "it has a check (type %d) that the kernel does not know: only "
				 "that of xz --check=crc32", flags)
		       : 0;
}

static int walk_compressed(const struct kg_source *source, struct kg_byte_stream *stream,
			   struct kg_cpio_walk *walk, struct kg_initramfs_segment *segment,
			   struct kg_error *err)
{
	struct inflating_reader reader = {0};
	uint64_t length;
	int result = measure_part(source, segment, &length, err);

	if (result == 0)
		reader.inflater = kg_inflater_new(source, segment->offset, length,
						  segment->compression, err);
	if (!reader.inflater)
		return kg_prefix(err, "%s segment at byte %" PRIu64,
				 kg_compression_name(segment->compression), segment->offset);
	*stream = (struct kg_byte_stream){.context = &reader, .read = read_inflated};
	result = walk_archives(stream, walk, err);
	if (result < 0)
		kg_prefix(err, "%s segment at byte %" PRIu64,
			  kg_compression_name(segment->compression), segment->offset);
	segment->size = kg_inflater_consumed(reader.inflater);
	segment->unpacked_size = stream->position;
	kg_inflater_free(reader.inflater);
	return result;
}

/* Moves *offset over NUL bytes and reads what begins there; head->size 0 at the end. */
static int find_segment(const struct kg_source *source, uint64_t *offset, unsigned char *magic,
			size_t *magic_size, struct kg_error *err)
{
	unsigned char chunk[4096];

	for (*magic_size = 0; *offset < source->size;) {
		size_t size = sizeof(chunk);
		size_t zeros = 0;

		if (size > source->size - *offset)
			size = (size_t)(source->size - *offset);
		if (kg_source_read(source, *offset, chunk, size, err) < 0)
			return -1;
		while (zeros < size && chunk[zeros] == 0)
			zeros++;
		*offset += zeros;
		if (zeros < size)
			break;
	}
	if (*offset < source->size) {
		*magic_size = kg_compression_magic_size;
		if (*magic_size > source->size - *offset)
			*magic_size = (size_t)(source->size - *offset);
	}
	return kg_source_read(source, *offset, magic, *magic_size, err);
}

static int walk_segment(const struct kg_source *source, struct kg_byte_stream *stream,
			struct kg_cpio_walk *walk, struct kg_span magic, bool after_plain,
			struct kg_initramfs_segment *segment, struct kg_error *err)
{
	uint64_t before = walk->members;
	int result;

	segment->compression = kg_compression_sniff(magic);
	/* Behind an uncompressed archive all begins at a multiple of four (do_reset). */
	if (after_plain && segment->offset % 4 != 0)
		result = kg_fail(err, EBADMSG, "broken padding at byte %" PRIu64, segment->offset);
	else if (magic.data[0] == '0' && segment->offset % 4 == 0)
		result = walk_plain(source, stream, walk, segment, err);
	else if (segment->compression == KG_COMPRESSION_NONE)
		result = kg_fail(err, EBADMSG,
				 "neither a cpio archive nor a known compression begins at byte "
				 "%" PRIu64, segment->offset);
	else
		result = walk_compressed(source, stream, walk, segment, err);
	segment->member_count = walk->members - before;
	/* A compressed part that took nothing would be met again for ever. */
	if (result == 0 && segment->size == 0)
		result = kg_fail(err, EBADMSG, "an empty segment at byte %" PRIu64,
				 segment->offset);
	return result;
}

int kg_initramfs_walk(const struct kg_source *source, const struct kg_initramfs_visitor *visitor,
		      struct kg_error *err)
{
	struct kg_cpio_walk walk = {.visitor = visitor};
	struct kg_byte_stream *stream;
	uint64_t offset = 0;
	bool after_plain = false;
	int result = 0;

	if (source->size == 0)
		return kg_fail(err, EBADMSG, "is empty");
	stream = malloc(sizeof(*stream));
	if (!stream)
		return kg_fail_memory(err);
	while (result == 0) {
		unsigned char magic[kg_compression_magic_size];
		struct kg_initramfs_segment segment = {0};
		size_t magic_size;

		result = find_segment(source, &offset, magic, &magic_size, err);
		if (result < 0 || magic_size == 0)
			break;
		segment.offset = offset;
		result = walk_segment(source, stream, &walk, kg_span_of(magic, magic_size),
				      after_plain, &segment, err);
		after_plain = segment.compression == KG_COMPRESSION_NONE;
		if (result == 0)
			result = visitor->segment(visitor->context, &segment, err);
		offset += segment.size;
		walk.segment++;
	}
	free(stream);
	/* NUL bytes alone unpack to nothing, and the kernel does not complain. */
	if (result == 0 && walk.segment == 0)
		result = kg_fail(err, EBADMSG, "holds nothing but NUL bytes");
	return result;
}
