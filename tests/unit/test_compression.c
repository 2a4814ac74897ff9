// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>

#include "compressed.h"

static const struct format {
	enum kg_compression compression;
	const char *name;
	const char *command;
	bool stops;   /* what follows is not looked at, and consumed is exact */
	bool checked; /* damage in the middle is noticed by a checksum */
} formats[] = {
	{KG_COMPRESSION_GZIP, "gzip", "gzip -nc", true, false},
	{KG_COMPRESSION_BZIP2, "bzip2", "bzip2 -c", true, true},
	{KG_COMPRESSION_LZMA, "lzma", "xz --format=lzma -c", true, false},
	{KG_COMPRESSION_XZ, "xz", "xz --check=crc32 -c", false, true},
	{KG_COMPRESSION_LZ4, "lz4", "lz4 -lqc", false, false},
	{KG_COMPRESSION_ZSTD, "zstd", "zstd -qc", true, true},
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

static uint32_t adler32(const unsigned char *data, size_t size)
{
	uint32_t a = 1;
	uint32_t b = 0;

	for (size_t i = 0; i < size; i++) {
		a = (a + data[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static void put_be32(unsigned char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* An lzop file (no lzop is needed): one block that is stored as it is. */
static struct kg_span lzop_file(struct kg_span content)
{
	static const unsigned char header[] = {
		0x89, 'L',  'Z',  'O',  0,    0x0d, 0x0a, 0x1a, 0x0a, /* magic */
		0x10, 0x30, 0x20, 0x80, 0x09, 0x40,                   /* versions */
		1,    5,                                              /* method, level */
		0,    0,    0,    0,                                  /* flags: no checksums */
		0,    0,    0x81, 0xa4, 0,    0,    0,    0,    0,    0, 0, 0, /* mode, times */
		0, /* length of the name */
	};
	unsigned char *file = unit_keep(malloc(sizeof(header) + content.size + 16));
	size_t at = sizeof(header);

	memcpy(file, header, sizeof(header));
	put_be32(file + at, adler32(header + 9, sizeof(header) - 9));
	put_be32(file + at + 4, (uint32_t)content.size);
	put_be32(file + at + 8, (uint32_t)content.size);
	memcpy(file + at + 12, content.data, content.size);
	put_be32(file + at + 12 + content.size, 0);
	return kg_span_of(file, at + 16 + content.size);
}

static void lzo_where_libarchive_has_it(void **state)
{
	struct archive *archive = archive_read_new();
	bool supported = archive_read_append_filter(archive, ARCHIVE_FILTER_LZOP) == ARCHIVE_OK;
	struct kg_span content = kg_span_of(sample().data, 5000);
	struct kg_span packed = lzop_file(content);
	struct kg_buffer out = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	archive_read_free(archive);
	assert_int_equal(kg_compression_sniff(packed), KG_COMPRESSION_LZO);
	if (supported)
		assert_unpacks(packed, KG_COMPRESSION_LZO, content);
	else
		assert_failure(kg_decompress(packed, KG_COMPRESSION_LZO, 5000, &out, &err), err,
			       ENOTSUP, "this system's libarchive cannot decompress lzo");
	assert_int_equal(out.size, 0);
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

static void xz_is_not_followed_by_anything(void **state)
{
	struct kg_span packed = unit_filter("xz --check=crc32 -c", sample());
	uint64_t consumed;

	(void)state;
	assert_int_equal(inflate(packed, KG_COMPRESSION_XZ, &consumed), sample_size);
	assert_int_equal(consumed, packed.size);
	assert_damaged(joined(packed, kg_span_of("junk", 4)), KG_COMPRESSION_XZ);
	assert_damaged(joined(packed, kg_span_of("\0\0\0", 3)), KG_COMPRESSION_XZ);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(magic_numbers),
		cmocka_unit_test(every_format_is_unpacked),
		cmocka_unit_test(nothing_is_no_content),
		cmocka_unit_test(lzo_where_libarchive_has_it),
		cmocka_unit_test(what_follows_is_left_alone),
		cmocka_unit_test(xz_is_not_followed_by_anything),
		cmocka_unit_test(another_format_follows),
		cmocka_unit_test(truncation_is_noticed),
		cmocka_unit_test(truncation_of_little_is_noticed),
		cmocka_unit_test(other_data_is_refused),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(bombs_are_limited),
		cmocka_unit_test(part_of_a_source),
		cmocka_unit_test(failure_of_the_source),
	};

	return UNIT_RUN(tests);
}
