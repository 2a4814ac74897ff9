/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CORE_SOURCE_H
#define KERNEL_GUARD_CORE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/*
 * Bytes that are pulled, so that a parser can walk a large file without
 * holding it and without knowing where it comes from.
 */
struct kg_source {
	uint64_t size; /* bytes in total */
	/*
	 * Copies size bytes from offset to data. The range lies inside the
	 * source: kg_source_read() has checked it. 0, or -1 with err.
	 */
	int (*read)(void *context, uint64_t offset, void *data, size_t size, struct kg_error *err);
	void *context;
};

/* A source over borrowed bytes: *span must outlive the source. */
struct kg_source kg_source_of_span(const struct kg_span *span);

/*
 * Copies size bytes from offset to data. 0, or -1: EBADMSG where the range is
 * not wholly inside, else what the source says.
 */
int kg_source_read(const struct kg_source *source, uint64_t offset, void *data, size_t size,
		   struct kg_error *err);

/* A range of another source, which must outlive it. */
struct kg_source_range {
	const struct kg_source *whole;
	uint64_t offset;
};

/*
 * A source over size bytes at range->offset of range->whole, which must lie inside:
 * kg_source_read() says EBADMSG where they do not. *range must outlive the source.
 */
struct kg_source kg_source_of_range(const struct kg_source_range *range, uint64_t size);

#endif
