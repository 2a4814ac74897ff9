/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_WINDOW_H
#define KERNEL_GUARD_SRC_PARSE_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/source.h"

/*
 * A part of a source that is held, so that many small fields do not become many reads. size 0 is
 * an empty one.
 */
struct kg_window {
	const struct kg_source *source;
	uint64_t start;
	size_t size;
	unsigned char bytes[16384];
};

/*
 * Sets *value to the little-endian number of size bytes, at most 4, at offset of the source. 0, or
 * -1: EBADMSG where they are not wholly inside, or the source's error.
 */
int kg_window_number(struct kg_window *window, uint64_t offset, size_t size, uint32_t *value,
		     struct kg_error *err);

#endif
