// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "inflate.h"

struct archive_state {
	struct archive *archive;
	struct kg_inflate_input *input;
	enum kg_compression compression;
	bool finished;    /* libarchive has reported the end */
	bool read_failed; /* read_error holds the reason */
	struct kg_error read_error;
};

static la_ssize_t pull(struct archive *archive, void *context, const void **data)
{
	struct archive_state *state = context;
	size_t size;

	if (kg_inflate_pull(state->input, &size, &state->read_error) < 0) {
		state->read_failed = true;
		archive_set_error(archive, state->read_error.code, "%s",
				  state->read_error.message);
		return -1;
	}
	*data = state->input->chunk;
	return (la_ssize_t)size;
}

static int fail(const struct archive_state *state, struct kg_error *err)
{
	if (state->read_failed) {
		*err = state->read_error;
		return -1;
	}
	return kg_inflate_damaged(state->compression, archive_error_string(state->archive), err);
}

/*
 * The one filter is named instead of letting libarchive bid: bidding would also
 * undo a second compression inside the first, which the kernel does not.
 */
static int set_up(struct archive_state *state, struct kg_error *err)
{
	struct archive *archive = state->archive;
	struct archive_entry *entry;
	int result;

	if (archive_read_support_format_raw(archive) != ARCHIVE_OK ||
	    archive_read_support_format_empty(archive) != ARCHIVE_OK)
		return kg_fail_memory(err);
	if (state->compression != KG_COMPRESSION_NONE &&
	    archive_read_append_filter(archive, ARCHIVE_FILTER_LZ4) != ARCHIVE_OK)
		return kg_fail(err, ENOTSUP, "this system's libarchive cannot decompress %s",
			       kg_compression_name(state->compression));
	if (archive_read_open(archive, state, NULL, pull, NULL) != ARCHIVE_OK ||
	    archive_error_string(archive))
		return fail(state, err);
	result = archive_read_next_header(archive, &entry);
	if (result != ARCHIVE_OK && result != ARCHIVE_EOF)
		return fail(state, err);
	state->finished = result == ARCHIVE_EOF;
	/*
	 * Damage in the first block looks empty to libarchive, often without a reason,
	 * as does what has no header of the format. Nothing wanted unpacks to nothing.
	 */
	if (state->finished && state->compression != KG_COMPRESSION_NONE)
		return fail(state, err);
	return 0;
}

static void free_archive(void *context)
{
	struct archive_state *state = context;

	archive_read_free(state->archive);
	free(state);
}

static void *new_archive(struct kg_inflate_input *input, enum kg_compression compression,
			 struct kg_error *err)
{
	struct archive_state *state = calloc(1, sizeof(*state));

	if (!state || !(state->archive = archive_read_new())) {
		free(state);
		kg_fail_memory(err);
		return NULL;
	}
	state->input = input;
	state->compression = compression;
	if (set_up(state, err) < 0) {
		free_archive(state);
		return NULL;
	}
	return state;
}

static int read_archive(void *context, void *data, size_t size, size_t *count,
			struct kg_error *err)
{
	struct archive_state *state = context;
	la_ssize_t result;

	if (state->finished)
		return 0;
	result = archive_read_data(state->archive, data, size);
	if (result < 0)
		return fail(state, err);
	*count = (size_t)result;
	return 0;
}

static uint64_t archive_consumed(const void *context)
{
	const struct archive_state *state = context;
	la_int64_t bytes = archive_filter_bytes(state->archive, -1);

	return bytes < 0 ? 0 : (uint64_t)bytes;
}

const struct kg_decoder kg_decoder_archive = {
	.new = new_archive,
	.read = read_archive,
	.consumed = archive_consumed,
	.free = free_archive,
};
