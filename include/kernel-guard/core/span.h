/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CORE_SPAN_H
#define KERNEL_GUARD_CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. Never freed, never written; size is in bytes. */
struct kg_span {
	const unsigned char *data;
	size_t size;
};

/* A span over size bytes at data; the caller keeps the memory alive. */
struct kg_span kg_span_of(const void *data, size_t size);

/* A span over the bytes of a C string, without its NUL. */
struct kg_span kg_span_of_string(const char *text);

/*
 * Narrows span to length bytes at offset. Returns false, with *out untouched,
 * where that is not wholly inside.
 */
bool kg_span_sub(struct kg_span span, uint64_t offset, uint64_t length, struct kg_span *out);

/*
 * Little-endian integers at offset. Return false, with *out untouched, where
 * they are not wholly inside.
 */
bool kg_span_u8(struct kg_span span, uint64_t offset, uint8_t *out);
bool kg_span_le16(struct kg_span span, uint64_t offset, uint16_t *out);
bool kg_span_le32(struct kg_span span, uint64_t offset, uint32_t *out);
bool kg_span_le64(struct kg_span span, uint64_t offset, uint64_t *out);

/*
 * The NUL-terminated string at offset, or NULL where no NUL follows inside the
 * span. The result points into the span.
 */
const char *kg_span_string(struct kg_span span, uint64_t offset);

/*
 * The same, where the string has at most limit bytes without its NUL: looking for the end
 * of each of many names must not take time that grows with their product.
 */
const char *kg_span_name(struct kg_span span, uint64_t offset, size_t limit);

/* Whether the span begins with the size bytes at prefix. */
bool kg_span_starts_with(struct kg_span span, const void *prefix, size_t size);

/* Whether a byte is a blank inside a line: space, tab, or the carriage return at its end. */
bool kg_is_blank(unsigned char byte);

/* The span without the blanks at both ends. */
struct kg_span kg_span_trimmed(struct kg_span span);

/*
 * Takes the next line off the front of *rest, without its newline; *line points
 * into the same bytes. Returns false when nothing is left.
 */
bool kg_span_next_line(struct kg_span *rest, struct kg_span *line);

#endif
