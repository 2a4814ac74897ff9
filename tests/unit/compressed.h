/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_COMPRESSED_H
#define KERNEL_GUARD_TESTS_UNIT_COMPRESSED_H

#include "fixture.h"
#include "kernel-guard/parse/compression.h"

enum { sample_size = 300000 };

/* Text and noise in turns, so that every format stores some and packs some. */
static inline struct kg_span sample(void)
{
	static unsigned char data[sample_size];
	uint64_t seed = 1;

	for (size_t i = 0; i < sample_size; i++)
		data[i] = i / 1000 % 3 ? (unsigned char)"kernel guard"[i % 12]
				       : (unsigned char)unit_random(&seed);
	return kg_span_of(data, sample_size);
}

static inline struct kg_span joined(struct kg_span first, struct kg_span second)
{
	unsigned char *all = unit_keep(malloc(first.size + second.size + 1));

	memcpy(all, first.data, first.size);
	memcpy(all + first.size, second.data, second.size);
	return kg_span_of(all, first.size + second.size);
}

static inline void assert_unpacks(struct kg_span packed, enum kg_compression compression,
				  struct kg_span expected)
{
	struct kg_span exact = unit_copy(packed);
	struct kg_buffer out = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_decompress(exact, compression, expected.size, &out, &err), err);
	assert_int_equal(out.size, expected.size);
	if (expected.size)
		assert_memory_equal(out.data, expected.data, expected.size);
	kg_buffer_free(&out);
	unit_free(exact);
}

static inline void assert_damaged(struct kg_span packed, enum kg_compression compression)
{
	struct kg_span exact = unit_copy(packed);
	struct kg_buffer out = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_buffer_append(&out, "head", 4, &err), err);
	assert_failure(kg_decompress(exact, compression, 1 << 30, &out, &err), err, EBADMSG, NULL);
	assert_int_equal(out.size, 4);
	kg_buffer_free(&out);
	unit_free(exact);
}

/* All of the content; *consumed is what was used of it. */
static inline size_t inflate(struct kg_span packed, enum kg_compression compression,
			     uint64_t *consumed)
{
	struct kg_span exact = unit_copy(packed);
	struct kg_source source = kg_source_of_span(&exact);
	struct kg_error err = unit_no_error();
	struct kg_inflater *inflater = kg_inflater_new(&source, 0, exact.size, compression, &err);
	unsigned char data[7777];
	size_t total = 0;
	size_t count;

	if (!inflater)
		unit_fail("%s", err.message);
	do {
		assert_ok(kg_inflater_read(inflater, data, sizeof(data), &count, &err), err);
		assert_true(count <= sizeof(data));
		assert_memory_equal(data, sample().data + total, count);
		total += count;
	} while (count > 0);
	/* The end stays the end. */
	assert_ok(kg_inflater_read(inflater, data, sizeof(data), &count, &err), err);
	assert_int_equal(count, 0);
	*consumed = kg_inflater_consumed(inflater);
	kg_inflater_free(inflater);
	unit_free(exact);
	return total;
}

#endif
