// SPDX-License-Identifier: GPL-2.0-or-later
#include "compressed.h"

static const struct format {
	enum kg_compression compression;
	const char *name;
	const char *command;
	bool stops;   /* what follows is not looked at, and consumed is exact */
	bool checked; /* damage in the middle is noticed by a checksum */
} formats[] = {
	{KG_COMPRESSION_GZIP, "gzip", "gzip -nc", true, true},
	{KG_COMPRESSION_BZIP2, "bzip2", "bzip2 -c", true, true},
	{KG_COMPRESSION_LZMA, "lzma", "xz --format=lzma -c", true, false},
	{KG_COMPRESSION_XZ, "xz", "xz --check=crc32 -c", true, true},
	{KG_COMPRESSION_LZ4, "lz4", "lz4 -lqc", false, false},
	{KG_COMPRESSION_ZSTD, "zstd", "zstd -qc", true, true},
	{KG_COMPRESSION_LZO, "lzo", "lzop -c", true, true},
};

enum { format_count = sizeof(formats) / sizeof(formats[0]) };

static void magic_numbers(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		enum kg_compression compression;
	} cases[] = {
		{"\x1f\x8b\x08\x00", 4, KG_COMPRESSION_GZIP},
		{"\x1f\x9e\x08\x00", 4, KG_COMPRESSION_GZIP},
		{"BZh9", 4, KG_COMPRESSION_BZIP2},
		{"\x5d\x00\x00\x80", 4, KG_COMPRESSION_LZMA},
		{"\xfd\x37zX", 4, KG_COMPRESSION_XZ},
		{"\x89LZO", 4, KG_COMPRESSION_LZO},
		{"\x02\x21\x4c\x18", 4, KG_COMPRESSION_LZ4},
		{"\x28\xb5\x2f\xfd", 4, KG_COMPRESSION_ZSTD},
		{"\x1f\x8b", 2, KG_COMPRESSION_GZIP},
		{"\x1f", 1, KG_COMPRESSION_NONE},
		{"", 0, KG_COMPRESSION_NONE},
		{"0707", 4, KG_COMPRESSION_NONE},
		{"\x7f"
		 "ELF",
		 4, KG_COMPRESSION_NONE},
		{"\x1f\x8c\x08\x00", 4, KG_COMPRESSION_NONE},
		{"\x04\x22\x4d\x18", 4, KG_COMPRESSION_NONE}, /* lz4's frames */
		{"\x50\x2a\x4d\x18", 4, KG_COMPRESSION_NONE}, /* a skippable frame */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_span exact = unit_copy(kg_span_of(cases[i].bytes, cases[i].size));

		assert_int_equal(kg_compression_sniff(exact), cases[i].compression);
		unit_free(exact);
	}
	for (size_t i = 0; i < format_count; i++)
		assert_string_equal(kg_compression_name(formats[i].compression), formats[i].name);
	assert_string_equal(kg_compression_name(KG_COMPRESSION_NONE), "none");
	assert_string_equal(kg_compression_name(KG_COMPRESSION_LZO), "lzo");
}

static void every_format_is_unpacked(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, sample());

		assert_true(packed.size < sample_size / 2);
		assert_int_equal(kg_compression_sniff(packed), formats[i].compression);
		assert_unpacks(packed, formats[i].compression, sample());
	}
}

static void nothing_is_no_content(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count; i++)
		assert_damaged(unit_filter(formats[i].command, kg_span_of("", 0)),
			       formats[i].compression);
	assert_unpacks(kg_span_of("", 0), KG_COMPRESSION_NONE, kg_span_of("", 0));
	assert_unpacks(sample(), KG_COMPRESSION_NONE, sample());
}

/* Every level of lzop, and content of many shapes: all instructions of LZO1X occur. */
static void lzo_of_all_levels(void **state)
{
	static unsigned char shaped[700000];
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(shaped); i++) {
		size_t back = 1 + unit_random(&seed) % 60000;

		shaped[i] = i < back || unit_random(&seed) % 40 == 0
				    ? (unsigned char)unit_random(&seed)
				    : shaped[i - back];
		for (size_t run = unit_random(&seed) % 70; run > 0 && i + 1 < sizeof(shaped); run--, i++)
			shaped[i + 1] = i < back ? (unsigned char)run : shaped[i - back];
	}
	memset(shaped + 300000, 0, 100000);
	for (int level = 1; level <= 9; level += level == 1 ? 2 : 1) {
		const char *command = unit_text("lzop -%d -c", level);

		assert_unpacks(unit_filter(command, kg_span_of(shaped, sizeof(shaped))),
			       KG_COMPRESSION_LZO, kg_span_of(shaped, sizeof(shaped)));
		for (size_t size = 1; size < 40; size++)
			assert_unpacks(unit_filter(command, kg_span_of(shaped + 500, size)),
				       KG_COMPRESSION_LZO, kg_span_of(shaped + 500, size));
	}
}

/* Each byte of a small file changed: damage, or what was packed; never more than there is. */
static void lzo_with_changed_bytes(void **state)
{
	struct kg_span content = kg_span_of_string("kernel guard kernel guard guard guard guard kernel");
	struct kg_span packed = unit_filter("lzop -9 -c", content);

	(void)state;
	for (size_t at = 0; at < packed.size * 8; at++) {
		struct kg_span broken = unit_copy(packed);
		struct kg_buffer out = {0};
		struct kg_error err = unit_no_error();

		unit_writable(broken)[at / 8] ^= (unsigned char)(1U << at % 8);
		if (kg_decompress(broken, KG_COMPRESSION_LZO, 1 << 20, &out, &err) < 0)
			assert_int_equal(err.code, EBADMSG);
		else
			assert_memory_equal(out.data, content.data, content.size);
		kg_buffer_free(&out);
		unit_free(broken);
	}
}

static void what_follows_is_left_alone(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} junk[] = {
		{"", 0},
		{"x", 1},
		{"\0\0\0", 3},
		{"junk", 4},
		{"0707010000", 10},
		{"\x1f", 1},
		{"\x5d\x00\x00", 3},
		{"\0\0\0\0\0\0\0\0", 8},
		{"\xfd\x37zXZ\0", 6},
		{"\x28\xb5", 2},
		{"\x28\xb5\x2f", 3},
		{"\x02\x21\x4c\x18", 4},
	};

	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, sample());

		for (size_t j = 0; formats[i].stops && j < sizeof(junk) / sizeof(junk[0]); j++) {
			uint64_t consumed;
			struct kg_span followed =
				joined(packed, kg_span_of(junk[j].bytes, junk[j].size));

			assert_int_equal(inflate(followed, formats[i].compression, &consumed),
					 sample_size);
			assert_int_equal(consumed, packed.size);
		}
	}
}

static void another_format_follows(void **state)
{
	struct kg_span gzip = unit_filter("gzip -nc", sample());
	struct kg_span zstd = unit_filter("zstd -qc", sample());
	uint64_t consumed;

	(void)state;
	assert_int_equal(inflate(joined(gzip, zstd), KG_COMPRESSION_GZIP, &consumed), sample_size);
	assert_int_equal(consumed, gzip.size);
	assert_int_equal(inflate(joined(zstd, gzip), KG_COMPRESSION_ZSTD, &consumed), sample_size);
	assert_int_equal(consumed, zstd.size);
}

/* __gunzip() skips a file name, and nothing else that a header may have. */
static void gzip_as_the_kernel_reads_it(void **state)
{
	static const unsigned char extra[] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, 2, 0, 'a', 'b'};
	struct kg_span packed = unit_filter("gzip -nc", sample());
	struct kg_span named = joined(kg_span_of("\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0", 15),
				      kg_span_of(packed.data + 10, packed.size - 10));
	uint64_t consumed;

	(void)state;
	assert_int_equal(inflate(named, KG_COMPRESSION_GZIP, &consumed), sample_size);
	assert_int_equal(consumed, named.size);
	assert_damaged(joined(kg_span_of(extra, sizeof(extra)),
			      kg_span_of(packed.data + 10, packed.size - 10)),
		       KG_COMPRESSION_GZIP);
}

static void lz4_up_to_a_size_of_zero(void **state)
{
	struct kg_span packed = unit_filter("lz4 -lqc", sample());
	struct kg_span junk = kg_span_of("junk", 4);
	uint64_t consumed;

	(void)state;
	assert_int_equal(inflate(joined(packed, joined(kg_span_of("\0\0\0\0", 4), junk)),
				 KG_COMPRESSION_LZ4, &consumed),
			 sample_size);
	assert_int_equal(consumed, packed.size);
	for (size_t size = 1; size < 4; size++) {
		assert_int_equal(inflate(joined(packed, kg_span_of(junk.data, size)),
					 KG_COMPRESSION_LZ4, &consumed),
				 sample_size);
		assert_int_equal(consumed, packed.size);
	}
	assert_damaged(joined(packed, junk), KG_COMPRESSION_LZ4);
}

static void truncation_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, sample());

		for (size_t size = 0; size < packed.size;
		     size += size < 64 || packed.size - size <= 64 ? 1 : 1499) {
			/* The next step would jump over the end. */
			if (packed.size - size > 64 && packed.size - size < 1600)
				size = packed.size - 64;
			assert_damaged(kg_span_of(packed.data, size), formats[i].compression);
		}
	}
}

/* Small content is in the first block that libarchive reads, where failures differ. */
static void truncation_of_little_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed =
			unit_filter(formats[i].command, kg_span_of("kernel guard\n", 13));

		for (size_t size = 0; size < packed.size; size++)
			assert_damaged(kg_span_of(packed.data, size), formats[i].compression);
	}
}

static void other_data_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, sample());
		struct kg_span broken = unit_copy(packed);

		memset(unit_writable(broken), 0xff, 4);
		assert_damaged(broken, formats[i].compression);
		unit_free(broken);
		assert_damaged(kg_span_of("kernel guard, kernel guard", 26),
			       formats[i].compression);
	}
}

static void damage_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, sample());

		for (size_t at = packed.size / 2; formats[i].checked && at < packed.size / 2 + 8;
		     at++) {
			struct kg_span broken = unit_copy(packed);

			unit_writable(broken)[at] ^= 0x10;
			assert_damaged(broken, formats[i].compression);
			unit_free(broken);
		}
	}
}

static void bombs_are_limited(void **state)
{
	static unsigned char zeros[12 << 20];
	struct kg_error err = unit_no_error();

	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed =
			unit_filter(formats[i].command, kg_span_of(zeros, sizeof(zeros)));
		struct kg_buffer out = {0};

		assert_true(packed.size < sizeof(zeros) / 100);
		assert_ok(kg_buffer_append(&out, "head", 4, &err), err);
		assert_failure(kg_decompress(packed, formats[i].compression, 1 << 20, &out, &err),
			       err, EFBIG, "unpacks to more than 1048576 bytes");
		assert_int_equal(out.size, 4);
		assert_true(out.capacity < 8 << 20);
		assert_failure(kg_decompress(packed, formats[i].compression, sizeof(zeros) - 1,
					     &out, &err),
			       err, EFBIG, NULL);
		assert_ok(kg_decompress(packed, formats[i].compression, sizeof(zeros), &out, &err),
			  err);
		assert_int_equal(out.size, 4 + sizeof(zeros));
		assert_memory_equal(out.data, "head", 4);
		assert_memory_equal(out.data + 4, zeros, sizeof(zeros));
		kg_buffer_free(&out);
	}
}

static void part_of_a_source(void **state)
{
	static const size_t lengths_missing[] = {1, 4, 5, 1000};

	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, sample());
		struct kg_span all = joined(joined(kg_span_of("123", 3), packed), packed);
		struct kg_source source = kg_source_of_span(&all);
		struct kg_error err = unit_no_error();

		for (size_t j = 0; j < sizeof(lengths_missing) / sizeof(lengths_missing[0]); j++) {
			/* The rest is there, and out of bounds. */
			struct kg_inflater *inflater =
				kg_inflater_new(&source, 3, packed.size - lengths_missing[j],
						formats[i].compression, &err);
			unsigned char *data = malloc(sample_size + 1);
			size_t count = 1;
			int result = inflater ? 0 : -1;

			while (result == 0 && count > 0)
				result =
					kg_inflater_read(inflater, data, sample_size, &count, &err);
			assert_failure(result, err, EBADMSG, NULL);
			kg_inflater_free(inflater);
			free(data);
		}
		assert_no_pointer(
			kg_inflater_new(&source, 4, all.size - 3, formats[i].compression, &err),
			err, EBADMSG, unit_text("the %s data is cut off", formats[i].name));
		assert_no_pointer(
			kg_inflater_new(&source, UINT64_MAX, 2, formats[i].compression, &err), err,
			EBADMSG, NULL);
	}
}

static int read_until(void *context, uint64_t offset, void *data, size_t size, struct kg_error *err)
{
	const struct kg_span *span = context;

	if (offset + size > span->size / 2)
		return kg_fail(err, EIO, "the disk is gone");
	memcpy(data, span->data + offset, size);
	return 0;
}

static void failure_of_the_source(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, sample());
		struct kg_source source = {
			.size = packed.size, .read = read_until, .context = &packed};
		struct kg_error err = unit_no_error();
		struct kg_inflater *inflater =
			kg_inflater_new(&source, 0, packed.size, formats[i].compression, &err);
		unsigned char data[4096];
		size_t count = 1;
		int result = inflater ? 0 : -1;

		while (result == 0 && count > 0)
			result = kg_inflater_read(inflater, data, sizeof(data), &count, &err);
		assert_failure(result, err, EIO, "the disk is gone");
		kg_inflater_free(inflater);
	}
	kg_inflater_free(NULL);
}

/* What comes out does not depend on what was said to come out. */
static void a_wrong_expectation(void **state)
{
	static const size_t expected[] = {0, 1, sample_size - 1, sample_size, sample_size + 1,
					  2 * (size_t)sample_size};
	struct kg_span once = unit_filter("zstd -qc", sample());
	struct kg_span packed[] = {once, unit_filter("zstd -qc --no-content-size", sample()),
				   unit_filter("xz -c", sample())};
	struct kg_span twice = joined(once, once);

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct kg_buffer out = {0};
		struct kg_error err = unit_no_error();

		for (size_t j = 0; j < sizeof(packed) / sizeof(packed[0]); j++) {
			assert_int_equal(kg_decompress_expected(packed[j],
								kg_compression_sniff(packed[j]),
								expected[i], sample_size, &out,
								&err),
					 0);
			assert_int_equal(out.size, sample_size);
			assert_memory_equal(out.data, sample().data, sample_size);
			out.size = 0;
		}
		assert_int_equal(kg_decompress_expected(twice, KG_COMPRESSION_ZSTD, expected[i],
							2 * (size_t)sample_size, &out, &err),
				 0);
		assert_int_equal(out.size, 2 * sample_size);
		assert_failure(kg_decompress_expected(twice, KG_COMPRESSION_ZSTD, expected[i],
						      2 * (size_t)sample_size - 1, &out, &err),
			       err, EFBIG, NULL);
		kg_buffer_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(magic_numbers),
		cmocka_unit_test(every_format_is_unpacked),
		cmocka_unit_test(nothing_is_no_content),
		cmocka_unit_test(lzo_of_all_levels),
		cmocka_unit_test(lzo_with_changed_bytes),
		cmocka_unit_test(what_follows_is_left_alone),
		cmocka_unit_test(gzip_as_the_kernel_reads_it),
		cmocka_unit_test(lz4_up_to_a_size_of_zero),
		cmocka_unit_test(another_format_follows),
		cmocka_unit_test(truncation_is_noticed),
		cmocka_unit_test(truncation_of_little_is_noticed),
		cmocka_unit_test(other_data_is_refused),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(bombs_are_limited),
		cmocka_unit_test(a_wrong_expectation),
		cmocka_unit_test(part_of_a_source),
		cmocka_unit_test(failure_of_the_source),
	};

	return UNIT_RUN(tests);
}
