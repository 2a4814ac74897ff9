/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CORE_BUFFER_H
#define KERNEL_GUARD_CORE_BUFFER_H

#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/* Owned bytes that grow. A zeroed buffer is a valid empty one. */
struct kg_buffer {
	unsigned char *data;
	size_t size;     /* bytes in use */
	size_t capacity; /* bytes allocated */
};

/* Makes room for size more bytes. 0, or -1 with ENOMEM. */
int kg_buffer_reserve(struct kg_buffer *buffer, size_t size, struct kg_error *err);

/* Copies size bytes to the end. 0, or -1 with ENOMEM. */
int kg_buffer_append(struct kg_buffer *buffer, const void *data, size_t size, struct kg_error *err);

/* Gives back what was allocated and not used. Cannot fail. */
void kg_buffer_shrink(struct kg_buffer *buffer);

/* The bytes in use, valid until the buffer grows, shrinks or is freed. */
struct kg_span kg_buffer_span(const struct kg_buffer *buffer);

/* Frees the bytes and leaves a valid empty buffer. */
void kg_buffer_free(struct kg_buffer *buffer);

/*
 * Makes room for one more item of item_size bytes in a growing array: *items
 * holds count items and has room for *capacity. 0, or -1 with ENOMEM and the
 * array as it was. The caller frees *items with free().
 */
int kg_array_reserve(void *items, size_t *capacity, size_t count, size_t item_size,
		     struct kg_error *err);

#endif
