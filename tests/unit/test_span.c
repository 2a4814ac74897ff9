// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/core/source.h"
#include "kernel-guard/core/span.h"
#include "unit.h"

static void sub_stays_inside(void **state)
{
	static const char bytes[] = "abcdef";
	struct kg_span all = kg_span_of(bytes, 6);
	struct kg_span part = kg_span_of_string("untouched");

	(void)state;
	assert_true(kg_span_sub(all, 2, 3, &part));
	assert_ptr_equal(part.data, bytes + 2);
	assert_int_equal(part.size, 3);
	assert_true(kg_span_sub(all, 0, 6, &part));
	assert_int_equal(part.size, 6);
	assert_true(kg_span_sub(all, 6, 0, &part));
	assert_int_equal(part.size, 0);
	assert_ptr_equal(part.data, bytes + 6);
}

static void sub_outside_is_refused(void **state)
{
	static const struct {
		uint64_t offset;
		uint64_t length;
	} cases[] = {
		{0, 7},
		{6, 1},
		{7, 0},
		{1, 6},
		{UINT64_MAX, 1},
		{1, UINT64_MAX},
		{UINT64_MAX, UINT64_MAX},
		{UINT64_MAX - 5, 6},
		{2, UINT64_MAX - 1},
	};
	struct kg_span all = kg_span_of("abcdef", 6);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_span part = kg_span_of(&cases, 42);

		assert_false(kg_span_sub(all, cases[i].offset, cases[i].length, &part));
		assert_ptr_equal(part.data, &cases);
		assert_int_equal(part.size, 42);
	}
}

static void empty_span_has_an_empty_part(void **state)
{
	struct kg_span part = kg_span_of("x", 1);

	(void)state;
	assert_true(kg_span_sub((struct kg_span){0}, 0, 0, &part));
	assert_null(part.data);
	assert_int_equal(part.size, 0);
	assert_false(kg_span_sub((struct kg_span){0}, 0, 1, &part));
	assert_true(kg_span_starts_with((struct kg_span){0}, "", 0));
	assert_false(kg_span_starts_with((struct kg_span){0}, "a", 1));
	assert_null(kg_span_string((struct kg_span){0}, 0));
}

static void integers_are_little_endian(void **state)
{
	static const unsigned char bytes[] = {0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88, 0xff};
	struct kg_span all = kg_span_of(bytes, sizeof(bytes));
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	(void)state;
	assert_true(kg_span_u8(all, 8, &u8));
	assert_int_equal(u8, 0xff);
	assert_true(kg_span_le16(all, 1, &u16));
	assert_int_equal(u16, 0x0382);
	assert_true(kg_span_le32(all, 0, &u32));
	assert_int_equal(u32, 0x84038201);
	assert_true(kg_span_le64(all, 0, &u64));
	assert_true(u64 == UINT64_C(0x8807860584038201));
	assert_true(kg_span_le64(all, 1, &u64));
	assert_true(u64 == UINT64_C(0xff88078605840382));
}

static void integers_outside_are_refused(void **state)
{
	static const unsigned char bytes[8] = {0};
	struct kg_span all = kg_span_of(bytes, sizeof(bytes));
	uint8_t u8 = 0x5a;
	uint16_t u16 = 0x5a5a;
	uint32_t u32 = 0x5a5a5a5a;
	uint64_t u64 = 0x5a5a5a5a;

	(void)state;
	assert_false(kg_span_u8(all, 8, &u8));
	assert_false(kg_span_u8(all, UINT64_MAX, &u8));
	assert_int_equal(u8, 0x5a);
	assert_false(kg_span_le16(all, 7, &u16));
	assert_int_equal(u16, 0x5a5a);
	assert_false(kg_span_le32(all, 5, &u32));
	assert_false(kg_span_le32(all, UINT64_MAX - 1, &u32));
	assert_int_equal(u32, 0x5a5a5a5a);
	assert_false(kg_span_le64(all, 1, &u64));
	assert_int_equal(u64, 0x5a5a5a5a);
}

static void string_needs_its_end(void **state)
{
	static const char bytes[] = {'a', 'b', '\0', 'c', 'd'};
	struct kg_span all = kg_span_of(bytes, sizeof(bytes));

	(void)state;
	assert_string_equal(kg_span_string(all, 0), "ab");
	assert_string_equal(kg_span_string(all, 1), "b");
	assert_string_equal(kg_span_string(all, 2), "");
	assert_null(kg_span_string(all, 3));
	assert_null(kg_span_string(all, 5));
	assert_null(kg_span_string(all, UINT64_MAX));
}

static void name_has_a_limit(void **state)
{
	static const char bytes[] = {'a', 'b', 'c', '\0', 'd', 'e'};
	struct kg_span all = kg_span_of(bytes, sizeof(bytes));

	(void)state;
	assert_string_equal(kg_span_name(all, 0, 3), "abc");
	assert_string_equal(kg_span_name(all, 1, 2), "bc");
	assert_string_equal(kg_span_name(all, 3, 0), "");
	assert_null(kg_span_name(all, 0, 2));
	assert_null(kg_span_name(all, 4, 99));
	assert_null(kg_span_name(all, 6, 99));
	assert_null(kg_span_name(all, UINT64_MAX, 99));
	assert_string_equal(kg_span_name(all, 0, SIZE_MAX - 1), "abc");
}

static void prefix_is_compared_whole(void **state)
{
	struct kg_span all = kg_span_of("ab\0c", 4);

	(void)state;
	assert_true(kg_span_starts_with(all, "ab\0c", 4));
	assert_false(kg_span_starts_with(all, "ab\0d", 4));
	assert_false(kg_span_starts_with(all, "ab\0cd", 5));
	assert_true(kg_span_starts_with(all, "anything", 0));
}

static void assert_line(struct kg_span *rest, const char *text)
{
	struct kg_span line;

	assert_true(kg_span_next_line(rest, &line));
	assert_int_equal(line.size, strlen(text));
	assert_memory_equal(line.data, text, line.size);
}

static void lines_are_taken_one_by_one(void **state)
{
	struct kg_span rest = kg_span_of_string("one\n\ntwo\r\nthree");
	struct kg_span line;

	(void)state;
	assert_line(&rest, "one");
	assert_line(&rest, "");
	assert_line(&rest, "two\r");
	assert_line(&rest, "three");
	assert_false(kg_span_next_line(&rest, &line));
	rest = kg_span_of_string("last\n");
	assert_line(&rest, "last");
	assert_false(kg_span_next_line(&rest, &line));
	rest = (struct kg_span){0};
	assert_false(kg_span_next_line(&rest, &line));
}

static void source_of_a_span(void **state)
{
	struct kg_span span = kg_span_of("abcdef", 6);
	struct kg_source source = kg_source_of_span(&span);
	struct kg_error err = unit_no_error();
	char data[8] = "--------";

	(void)state;
	assert_int_equal(source.size, 6);
	assert_ok(kg_source_read(&source, 2, data, 4, &err), err);
	assert_memory_equal(data, "cdef----", 8);
	assert_ok(kg_source_read(&source, 6, data, 0, &err), err);
	assert_int_equal(err.code, -1);
	assert_failure(kg_source_read(&source, 3, data, 4, &err), err, EBADMSG,
		       "ends at byte 6, 4 bytes were expected at byte 3");
	assert_failure(kg_source_read(&source, 7, data, 0, &err), err, EBADMSG,
		       "ends at byte 6, 0 bytes were expected at byte 7");
	assert_failure(kg_source_read(&source, UINT64_MAX, data, 2, &err), err, EBADMSG,
		       "ends at byte 6, 2 bytes were expected at byte 18446744073709551615");
	assert_memory_equal(data, "cdef----", 8);
}

static int failing_read(void *context, uint64_t offset, void *data, size_t size,
			struct kg_error *err)
{
	(void)data;
	++*(int *)context;
	return kg_fail(err, EIO, "%zu at %llu", size, (unsigned long long)offset);
}

static void source_passes_on_its_failure(void **state)
{
	int calls = 0;
	struct kg_source source = {.size = 100, .read = failing_read, .context = &calls};
	struct kg_error err = unit_no_error();
	char data[100];

	(void)state;
	assert_failure(kg_source_read(&source, 90, data, 10, &err), err, EIO, "10 at 90");
	assert_int_equal(calls, 1);
	assert_failure(kg_source_read(&source, 90, data, 11, &err), err, EBADMSG, NULL);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sub_stays_inside),
		cmocka_unit_test(sub_outside_is_refused),
		cmocka_unit_test(empty_span_has_an_empty_part),
		cmocka_unit_test(integers_are_little_endian),
		cmocka_unit_test(integers_outside_are_refused),
		cmocka_unit_test(string_needs_its_end),
		cmocka_unit_test(name_has_a_limit),
		cmocka_unit_test(prefix_is_compared_whole),
		cmocka_unit_test(lines_are_taken_one_by_one),
		cmocka_unit_test(source_of_a_span),
		cmocka_unit_test(source_passes_on_its_failure),
	};

	return UNIT_RUN(tests);
}
