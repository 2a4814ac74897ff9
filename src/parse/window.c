// SPDX-License-Identifier: GPL-2.0-or-later
#include "window.h"

#include <errno.h>
#include <inttypes.h>

static int fill(struct kg_window *window, uint64_t offset, size_t size, struct kg_error *err)
{
	uint64_t left = window->source->size;

	if (offset > left || size > left - offset)
		return kg_fail(err, EBADMSG, "is cut off near byte %" PRIu64, offset);
	left -= offset;
	window->start = offset;
	window->size = left < sizeof(window->bytes) ? (size_t)left : sizeof(window->bytes);
	if (kg_source_read(window->source, offset, window->bytes, window->size, err) < 0) {
		window->size = 0;
		return -1;
	}
	return 0;
}

int kg_window_number(struct kg_window *window, uint64_t offset, size_t size, uint32_t *value,
		     struct kg_error *err)
{
	const unsigned char *bytes;

	if ((offset < window->start || offset - window->start > window->size ||
	     size > window->size - (size_t)(offset - window->start)) &&
	    fill(window, offset, size, err) < 0)
		return -1;
	bytes = window->bytes + (size_t)(offset - window->start);
	*value = 0;
	for (size_t i = 0; i < size; i++)
		*value |= (uint32_t)bytes[i] << (8 * i);
	return 0;
}
