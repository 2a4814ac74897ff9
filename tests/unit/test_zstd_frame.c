// SPDX-License-Identifier: GPL-2.0-or-later
#include "compressed.h"

static uint64_t frames_length(struct kg_span bytes, uint64_t offset)
{
	struct kg_source source = kg_source_of_span(&bytes);
	struct kg_error err = unit_no_error();
	uint64_t length = 0;

	assert_ok(kg_zstd_frames_length(&source, offset, &length, &err), err);
	return length;
}

static void assert_no_frames(struct kg_span bytes, uint64_t offset, const char *message)
{
	struct kg_span exact = unit_copy(bytes);
	struct kg_source source = kg_source_of_span(&exact);
	struct kg_error err = unit_no_error();
	uint64_t length = 42;

	assert_failure(kg_zstd_frames_length(&source, offset, &length, &err), err, EBADMSG,
		       message);
	assert_int_equal(length, 42);
	unit_free(exact);
}

/* The sizes at which the frame header changes its form (RFC 8878, 3.1.1.1.4). */
static void frames_of_all_forms(void **state)
{
	static const size_t sizes[] = {1, 255, 256, 257, 65791, 65792, 131072, sample_size};
	static const char *const options[] = {"", "--no-check", "--no-content-size", "-19"};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t j = 0; j < sizeof(options) / sizeof(options[0]); j++) {
			struct kg_span content = kg_span_of(sample().data, sizes[i]);
			const char *path = unit_text("%s/content", unit_directory());
			struct kg_span packed;

			/* From a file, whose size zstd knows. */
			unit_write_file(path, content);
			packed = unit_output(unit_text("zstd -qc %s %s", options[j], path));
			assert_int_equal(frames_length(packed, 0), packed.size);
			assert_unpacks(packed, KG_COMPRESSION_ZSTD, content);
		}
	}
}

static void a_frame_with_an_eight_byte_size(void **state)
{
	/* Single segment, 8 bytes of content size, one raw block and one of a repeated byte. */
	static const unsigned char frame[] = {
		0x28, 0xb5, 0x2f, 0xfd,   0xe0, 8, 0,   0,   0,   0,
		0,    0,    0,    3 << 3, 0,    0, 'a', 'b', 'c', (5 << 3) | (1 << 1) | 1,
		0,    0,    'z',
	};

	(void)state;
	assert_int_equal(frames_length(kg_span_of(frame, sizeof(frame)), 0), sizeof(frame));
	assert_unpacks(kg_span_of(frame, sizeof(frame)), KG_COMPRESSION_ZSTD,
		       kg_span_of("abczzzzz", 8));
	for (size_t size = 0; size < sizeof(frame); size++)
		assert_damaged(kg_span_of(frame, size), KG_COMPRESSION_ZSTD);
}

static void several_frames(void **state)
{
	struct kg_span first = unit_filter("zstd -qc", kg_span_of(sample().data, 1000));
	struct kg_span second = unit_filter("zstd -qc --no-check",
					    kg_span_of(sample().data + 1000, sample_size - 1000));
	struct kg_span skippable = kg_span_of("\x5f\x2a\x4d\x18\x05\0\0\0hello", 13);
	struct kg_span all = joined(joined(first, skippable), second);
	struct kg_span followed = joined(all, kg_span_of("after", 5));
	struct kg_span offset = joined(kg_span_of("before", 6), followed);
	uint64_t consumed;

	(void)state;
	assert_int_equal(frames_length(all, 0), all.size);
	assert_int_equal(frames_length(offset, 6), all.size);
	assert_int_equal(frames_length(offset, 6 + first.size), skippable.size + second.size);
	assert_int_equal(inflate(followed, KG_COMPRESSION_ZSTD, &consumed), sample_size);
	assert_int_equal(consumed, all.size);
	for (size_t cut = 1; cut < second.size; cut += cut < 64 ? 1 : 997)
		assert_damaged(kg_span_of(all.data, all.size - cut), KG_COMPRESSION_ZSTD);
}

static void what_is_no_frame(void **state)
{
	struct kg_span frame = unit_filter("zstd -qc", sample());

	(void)state;
	assert_no_frames(kg_span_of("junk", 4), 0, "no zstd frame begins at byte 0");
	assert_no_frames(frame, 1, "no zstd frame begins at byte 1");
	assert_no_frames(kg_span_of("", 0), 0, "the zstd data is cut off near byte 0");
	assert_no_frames(frame, frame.size, NULL);
	assert_no_frames(frame, frame.size + 1, NULL);
	assert_no_frames(frame, UINT64_MAX, NULL);
	assert_no_frames(kg_span_of("\x28\xb5\x2f\xfd\x20\x01\x07\0\0", 9), 0,
			 "the zstd data is damaged at byte 6");
	assert_no_frames(kg_span_of("\x50\x2a\x4d\x18\xff\xff\xff\xff", 8), 0,
			 "the zstd data is cut off near byte 8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_all_forms),
		cmocka_unit_test(a_frame_with_an_eight_byte_size),
		cmocka_unit_test(several_frames),
		cmocka_unit_test(what_is_no_frame),
	};

	return UNIT_RUN(tests);
}
