// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/core/source.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int read_span(void *context, uint64_t offset, void *data, size_t size, struct kg_error *err)
{
	const struct kg_span *span = context;

	(void)err;
	memcpy(data, span->data + offset, size);
	return 0;
}

struct kg_source kg_source_of_span(const struct kg_span *span)
{
	return (struct kg_source){
		.size = span->size,
		.read = read_span,
		.context = (void *)(uintptr_t)span,
	};
}

static int read_range(void *context, uint64_t offset, void *data, size_t size,
		      struct kg_error *err)
{
	const struct kg_source_range *range = context;

	/* A sum that overflows is behind the end of the whole as well. */
	if (__builtin_add_overflow(range->offset, offset, &offset))
		offset = UINT64_MAX;
	return kg_source_read(range->whole, offset, data, size, err);
}

struct kg_source kg_source_of_range(const struct kg_source_range *range, uint64_t size)
{
	return (struct kg_source){
		.size = size,
		.read = read_range,
		.context = (void *)(uintptr_t)range,
	};
}

int kg_source_read(const struct kg_source *source, uint64_t offset, void *data, size_t size,
		   struct kg_error *err)
{
	if (offset > source->size || size > source->size - offset)
		return kg_fail(err, EBADMSG,
			       "ends at byte %" PRIu64 ", %zu bytes were expected at byte %" PRIu64,
			       source->size, size, offset);
	return size ? source->read(source->context, offset, data, size, err) : 0;
}
