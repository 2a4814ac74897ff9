// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/core/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Of x86_64, and of aarch64 with pages of 4 KiB. */
#define HUGE_PAGE ((size_t)2 << 20)
#define LARGE (4 * HUGE_PAGE)

/*
 * A kernel unpacks to some 60 MB, each page written once: of small pages the faults alone are a
 * third of the time. Where the system has no huge ones to give, this is memory like any other.
 * *capacity is at least size.
 */
static unsigned char *allocate_large(size_t size, size_t *capacity)
{
	size_t whole = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	void *data;

	if (whole < size || posix_memalign(&data, HUGE_PAGE, whole) != 0)
		return NULL;
	(void)madvise(data, whole, MADV_HUGEPAGE);
	*capacity = whole;
	return data;
}

int kg_buffer_reserve(struct kg_buffer *buffer, size_t size, struct kg_error *err)
{
	size_t needed;
	size_t capacity = buffer->capacity ? buffer->capacity : 64;
	unsigned char *data;

	if (__builtin_add_overflow(buffer->size, size, &needed))
		return kg_fail_memory(err);
	if (needed <= buffer->capacity)
		return 0;
	while (capacity < needed)
		capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
	data = !buffer->data && needed >= LARGE ? allocate_large(needed, &capacity)
						: realloc(buffer->data, capacity);
	if (!data)
		return kg_fail_memory(err);
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int kg_buffer_append(struct kg_buffer *buffer, const void *data, size_t size, struct kg_error *err)
{
	if (size == 0)
		return 0;
	if (kg_buffer_reserve(buffer, size, err) < 0)
		return -1;
	memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
	return 0;
}

void kg_buffer_shrink(struct kg_buffer *buffer)
{
	unsigned char *data;

	if (buffer->size == 0) {
		kg_buffer_free(buffer);
		return;
	}
	data = realloc(buffer->data, buffer->size);
	if (!data)
		return;
	buffer->data = data;
	buffer->capacity = buffer->size;
}

struct kg_span kg_buffer_span(const struct kg_buffer *buffer)
{
	return kg_span_of(buffer->data, buffer->size);
}

void kg_buffer_free(struct kg_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct kg_buffer){0};
}

int kg_array_reserve(void *items, size_t *capacity, size_t count, size_t item_size,
		     struct kg_error *err)
{
	size_t wanted;
	size_t bytes;
	void *memory;

	if (count < *capacity)
		return 0;
	wanted = *capacity ? *capacity * 2 : 8;
	if (__builtin_mul_overflow(wanted, item_size, &bytes))
		return kg_fail_memory(err);
	/* items is the address of a typed pointer: copied, so that no two types alias. */
	memcpy(&memory, items, sizeof(memory));
	memory = realloc(memory, bytes);
	if (!memory)
		return kg_fail_memory(err);
	memcpy(items, &memory, sizeof(memory));
	*capacity = wanted;
	return 0;
}
