// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/compression.h"

struct kg_inflater {
	struct archive *archive;
	struct kg_source source;
	uint64_t offset;  /* of the next byte that libarchive pulls */
	uint64_t end;     /* of the range */
	bool finished;    /* libarchive has reported the end */
	bool read_failed; /* read_error holds the reason */
	struct kg_error read_error;
	enum kg_compression compression;
	unsigned char chunk[65536];
};

static const int filters[] = {
	[KG_COMPRESSION_NONE] = ARCHIVE_FILTER_NONE,   [KG_COMPRESSION_GZIP] = ARCHIVE_FILTER_GZIP,
	[KG_COMPRESSION_BZIP2] = ARCHIVE_FILTER_BZIP2, [KG_COMPRESSION_LZMA] = ARCHIVE_FILTER_LZMA,
	[KG_COMPRESSION_XZ] = ARCHIVE_FILTER_XZ,       [KG_COMPRESSION_LZO] = ARCHIVE_FILTER_LZOP,
	[KG_COMPRESSION_LZ4] = ARCHIVE_FILTER_LZ4,     [KG_COMPRESSION_ZSTD] = ARCHIVE_FILTER_ZSTD,
};

static la_ssize_t pull(struct archive *archive, void *context, const void **data)
{
	struct kg_inflater *inflater = context;
	size_t size = sizeof(inflater->chunk);

	if (size > inflater->end - inflater->offset)
		size = (size_t)(inflater->end - inflater->offset);
	if (kg_source_read(&inflater->source, inflater->offset, inflater->chunk, size,
			   &inflater->read_error) < 0) {
		inflater->read_failed = true;
		archive_set_error(archive, inflater->read_error.code, "%s",
				  inflater->read_error.message);
		return -1;
	}
	inflater->offset += size;
	*data = inflater->chunk;
	return (la_ssize_t)size;
}

static int fail(const struct kg_inflater *inflater, struct kg_error *err)
{
	const char *reason = archive_error_string(inflater->archive);

	if (inflater->read_failed) {
		*err = inflater->read_error;
		return -1;
	}
	return kg_fail(err, EBADMSG, "the %s data is damaged or cut off (%s)",
		       kg_compression_name(inflater->compression),
		       reason ? reason : "no reason given");
}

/*
 * The one filter is named instead of letting libarchive bid: bidding would also
 * undo a second compression inside the first, which the kernel does not. A
 * filter that would run an external program is refused.
 */
static int set_up(struct kg_inflater *inflater, struct kg_error *err)
{
	struct archive *archive = inflater->archive;
	struct archive_entry *entry;
	int result;

	if (archive_read_support_format_raw(archive) != ARCHIVE_OK ||
	    archive_read_support_format_empty(archive) != ARCHIVE_OK)
		return kg_fail_memory(err);
	if (inflater->compression != KG_COMPRESSION_NONE &&
	    archive_read_append_filter(archive, filters[inflater->compression]) != ARCHIVE_OK)
		return kg_fail(err, ENOTSUP, "this system's libarchive cannot decompress %s",
			       kg_compression_name(inflater->compression));
	if (archive_read_open(archive, inflater, NULL, pull, NULL) != ARCHIVE_OK ||
	    archive_error_string(archive))
		return fail(inflater, err);
	result = archive_read_next_header(archive, &entry);
	if (result != ARCHIVE_OK && result != ARCHIVE_EOF)
		return fail(inflater, err);
	inflater->finished = result == ARCHIVE_EOF;
	/*
	 * Damage in the first block looks empty to libarchive, often without a reason,
	 * as does what has no header of the format. Nothing wanted unpacks to nothing.
	 */
	if (inflater->finished && inflater->compression != KG_COMPRESSION_NONE)
		return fail(inflater, err);
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
	/* libarchive would go on to whatever follows a frame and call it damage. */
	if (compression == KG_COMPRESSION_ZSTD) {
		uint64_t frames;

		if (kg_zstd_frames_length(source, offset, &frames, err) < 0)
			return NULL;
		length = frames < length ? frames : length;
	}
	inflater = calloc(1, sizeof(*inflater));
	if (!inflater) {
		kg_fail_memory(err);
		return NULL;
	}
	inflater->source = *source;
	inflater->offset = offset;
	inflater->end = offset + length;
	inflater->compression = compression;
	inflater->archive = archive_read_new();
	if (!inflater->archive) {
		kg_fail_memory(err);
		free(inflater);
		return NULL;
	}
	if (set_up(inflater, err) < 0) {
		kg_inflater_free(inflater);
		return NULL;
	}
	return inflater;
}

int kg_inflater_read(struct kg_inflater *inflater, void *data, size_t size, size_t *count,
		     struct kg_error *err)
{
	la_ssize_t result = 0;

	if (!inflater->finished && size > 0) {
		result = archive_read_data(inflater->archive, data, size);
		if (result < 0)
			return fail(inflater, err);
		inflater->finished = result == 0;
	}
	*count = (size_t)result;
	return 0;
}

uint64_t kg_inflater_consumed(const struct kg_inflater *inflater)
{
	la_int64_t bytes = archive_filter_bytes(inflater->archive, -1);

	return bytes < 0 ? 0 : (uint64_t)bytes;
}

void kg_inflater_free(struct kg_inflater *inflater)
{
	if (!inflater)
		return;
	archive_read_free(inflater->archive);
	free(inflater);
}

static int inflate_all(struct kg_inflater *inflater, size_t limit, struct kg_buffer *out,
		       struct kg_error *err)
{
	size_t total = 0;
	size_t count = 0;

	for (;;) {
		if (kg_buffer_reserve(out, 65536, err) < 0 ||
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

int kg_decompress(struct kg_span in, enum kg_compression compression, size_t limit,
		  struct kg_buffer *out, struct kg_error *err)
{
	struct kg_source source = kg_source_of_span(&in);
	struct kg_inflater *inflater = kg_inflater_new(&source, 0, in.size, compression, err);
	size_t before = out->size;
	int result;

	if (!inflater)
		return -1;
	result = inflate_all(inflater, limit, out, err);
	if (result < 0)
		out->size = before;
	kg_inflater_free(inflater);
	return result;
}
