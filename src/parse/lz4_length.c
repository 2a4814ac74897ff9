// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>

#include "kernel-guard/parse/compression.h"
#include "window.h"

static const uint32_t legacy_magic = 0x184c2102;

static int cut_off(uint64_t offset, struct kg_error *err)
{
	return kg_fail(err, EBADMSG, "the lz4 data is cut off near byte %" PRIu64, offset);
}

int kg_lz4_length(const struct kg_source *source, uint64_t offset, uint64_t limit,
		  uint64_t *length, struct kg_error *err)
{
	struct kg_window window = {.source = source};
	uint64_t end = limit > source->size - offset ? source->size : offset + limit;
	uint64_t position = offset + 4;
	uint32_t size;

	if (limit < 4)
		return cut_off(end, err);
	if (kg_window_number(&window, offset, 4, &size, err) < 0)
		return -1;
	if (size != legacy_magic)
		return kg_fail(err, EBADMSG, "no lz4 data begins at byte %" PRIu64, offset);
	while (end - position >= 4) {
		if (kg_window_number(&window, position, 4, &size, err) < 0)
			return -1;
		if (size == 0)
			break;
		position += 4;
		/* One stream behind the other is one to the kernel. */
		if (size == legacy_magic)
			continue;
		if (size > end - position)
			return cut_off(position, err);
		position += size;
	}
	*length = position - offset;
	return 0;
}
