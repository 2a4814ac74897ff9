// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"
#include "unit.h"

static void append_keeps_what_is_there(void **state)
{
	struct kg_buffer buffer = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		unsigned char piece[3] = {(unsigned char)i, (unsigned char)(i >> 8), 0xaa};

		assert_ok(kg_buffer_append(&buffer, piece, 3, &err), err);
	}
	assert_int_equal(buffer.size, 3000);
	assert_true(buffer.capacity >= buffer.size);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(buffer.data[3 * i], i & 0xff);
		assert_int_equal(buffer.data[3 * i + 1], i >> 8);
		assert_int_equal(buffer.data[3 * i + 2], 0xaa);
	}
	assert_ptr_equal(kg_buffer_span(&buffer).data, buffer.data);
	assert_int_equal(kg_buffer_span(&buffer).size, 3000);
	kg_buffer_free(&buffer);
}

static void append_of_nothing(void **state)
{
	struct kg_buffer buffer = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_buffer_append(&buffer, NULL, 0, &err), err);
	assert_null(buffer.data);
	assert_int_equal(buffer.size, 0);
}

static void reserve_makes_room_only(void **state)
{
	struct kg_buffer buffer = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_buffer_append(&buffer, "abc", 3, &err), err);
	assert_ok(kg_buffer_reserve(&buffer, 100000, &err), err);
	assert_int_equal(buffer.size, 3);
	assert_true(buffer.capacity >= 100003);
	assert_memory_equal(buffer.data, "abc", 3);
	memset(buffer.data + 3, 'x', 100000);
	kg_buffer_free(&buffer);
}

static void reserve_of_too_much(void **state)
{
	struct kg_buffer buffer = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_buffer_append(&buffer, "abc", 3, &err), err);
	assert_failure(kg_buffer_reserve(&buffer, SIZE_MAX, &err), err, ENOMEM, "out of memory");
	assert_failure(kg_buffer_reserve(&buffer, SIZE_MAX - 2, &err), err, ENOMEM,
		       "out of memory");
	assert_int_equal(buffer.size, 3);
	assert_memory_equal(buffer.data, "abc", 3);
	kg_buffer_free(&buffer);
}

static void large_ones_are_like_others(void **state)
{
	static const size_t large = ((size_t)8 << 20) + 5;
	struct kg_buffer buffer = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_failure(kg_buffer_reserve(&buffer, SIZE_MAX, &err), err, ENOMEM, "out of memory");
	assert_null(buffer.data);
	assert_ok(kg_buffer_reserve(&buffer, large, &err), err);
	assert_int_equal(buffer.size, 0);
	assert_true(buffer.capacity >= large);
	memset(buffer.data, 'x', buffer.capacity);
	buffer.size = buffer.capacity;
	assert_ok(kg_buffer_append(&buffer, "abc", 3, &err), err);
	assert_true(buffer.capacity >= buffer.size);
	kg_buffer_shrink(&buffer);
	assert_int_equal(buffer.capacity, buffer.size);
	assert_true(buffer.size >= large + 3);
	for (size_t i = 0; i < buffer.size - 3; i++)
		assert_int_equal(buffer.data[i], 'x');
	assert_memory_equal(buffer.data + buffer.size - 3, "abc", 3);
	kg_buffer_free(&buffer);
}

static void shrink_gives_back(void **state)
{
	struct kg_buffer buffer = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_buffer_append(&buffer, "abc", 3, &err), err);
	kg_buffer_shrink(&buffer);
	assert_int_equal(buffer.capacity, 3);
	assert_int_equal(buffer.size, 3);
	assert_memory_equal(buffer.data, "abc", 3);
	assert_ok(kg_buffer_append(&buffer, "def", 3, &err), err);
	assert_memory_equal(buffer.data, "abcdef", 6);
	buffer.size = 0;
	kg_buffer_shrink(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.capacity, 0);
}

static void free_leaves_an_empty_one(void **state)
{
	struct kg_buffer buffer = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_buffer_append(&buffer, "abc", 3, &err), err);
	kg_buffer_free(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.size, 0);
	assert_int_equal(buffer.capacity, 0);
	kg_buffer_free(&buffer);
}

static void array_grows(void **state)
{
	uint64_t *items = NULL;
	size_t capacity = 0;
	struct kg_error err = unit_no_error();

	(void)state;
	for (size_t count = 0; count < 1000; count++) {
		assert_ok(kg_array_reserve(&items, &capacity, count, sizeof(*items), &err), err);
		assert_true(capacity > count);
		items[count] = count * count;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i * i);
	free(items);
}

static void array_too_large_stays(void **state)
{
	char *items = NULL;
	size_t capacity = 0;
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_array_reserve(&items, &capacity, 0, 1, &err), err);
	items[0] = 'x';
	assert_failure(kg_array_reserve(&items, &capacity, capacity, SIZE_MAX / 2, &err), err,
		       ENOMEM, "out of memory");
	assert_int_equal(capacity, 8);
	assert_int_equal(items[0], 'x');
	free(items);
}

static void assert_strings(const struct kg_strings *list, const char *joined)
{
	struct kg_buffer text = {0};
	struct kg_error err;

	for (size_t i = 0; i < list->count; i++) {
		assert_ok(kg_buffer_append(&text, list->items[i], strlen(list->items[i]), &err),
			  err);
		assert_ok(kg_buffer_append(&text, "|", 1, &err), err);
	}
	assert_ok(kg_buffer_append(&text, "", 1, &err), err);
	assert_string_equal((char *)text.data, joined);
	kg_buffer_free(&text);
}

static void strings_are_copies(void **state)
{
	struct kg_strings list = {0};
	struct kg_error err = unit_no_error();
	char text[] = "first";

	(void)state;
	assert_ok(kg_strings_add(&list, text, &err), err);
	text[0] = 'F';
	assert_ok(kg_strings_add(&list, text, &err), err);
	assert_ok(kg_strings_add(&list, "", &err), err);
	assert_strings(&list, "first|First||");
	assert_true(kg_strings_contain(&list, "First"));
	assert_true(kg_strings_contain(&list, ""));
	assert_false(kg_strings_contain(&list, "firs"));
	assert_false(kg_strings_contain(&list, "first2"));
	kg_strings_free(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.items);
	kg_strings_free(&list);
	assert_false(kg_strings_contain(&list, "first"));
}

static void unique_strings(void **state)
{
	struct kg_strings list = {0};
	struct kg_strings more = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_strings_add_unique(&list, "a", &err), err);
	assert_ok(kg_strings_add_unique(&list, "b", &err), err);
	assert_ok(kg_strings_add_unique(&list, "a", &err), err);
	assert_strings(&list, "a|b|");
	assert_ok(kg_strings_add_all(&more, &list, &err), err);
	assert_ok(kg_strings_add_all(&more, &list, &err), err);
	assert_strings(&more, "a|b|a|b|");
	assert_ok(kg_strings_add_all(&more, &(struct kg_strings){0}, &err), err);
	assert_int_equal(more.count, 4);
	kg_strings_free(&list);
	kg_strings_free(&more);
}

static void sorting_is_bytewise(void **state)
{
	static const char *const words[] = {"b", "a", "\xc3\xa9", "Z", "a10", "a9", "", "_", "-"};
	struct kg_strings list = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	kg_strings_sort(&list);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_ok(kg_strings_add(&list, words[i], &err), err);
	kg_strings_sort(&list);
	assert_strings(&list, "|-|Z|_|a|a10|a9|b|\xc3\xa9|");
	kg_strings_free(&list);
}

static void words_of_a_text(void **state)
{
	struct kg_strings list = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_strings_add_words(&list, "  one\ttwo\n\r three", &err), err);
	assert_ok(kg_strings_add_words(&list, "", &err), err);
	assert_ok(kg_strings_add_words(&list, " \t\n", &err), err);
	assert_ok(kg_strings_add_words(&list, "four ", &err), err);
	assert_strings(&list, "one|two|three|four|");
	kg_strings_free(&list);
}

static void text_functions(void **state)
{
	struct kg_error err = unit_no_error();
	char *text;

	(void)state;
	text = kg_format(&err, "%s-%03d", "x", 7);
	assert_string_equal(text, "x-007");
	free(text);
	text = kg_span_copy_string(kg_span_of("abc", 2), &err);
	assert_string_equal(text, "ab");
	free(text);
	text = kg_span_copy_string(kg_span_of("a\0b", 3), &err);
	assert_memory_equal(text, "a\0b", 4);
	free(text);
	text = kg_span_copy_string((struct kg_span){0}, &err);
	assert_string_equal(text, "");
	free(text);
	text = kg_copy_string("copy", &err);
	assert_string_equal(text, "copy");
	free(text);
	assert_int_equal(err.code, -1);
}

static void endings(void **state)
{
	(void)state;
	assert_true(kg_ends_with("kg.ko.zst", ".ko.zst"));
	assert_true(kg_ends_with(".ko", ".ko"));
	assert_true(kg_ends_with("x", ""));
	assert_true(kg_ends_with("", ""));
	assert_false(kg_ends_with("ko", ".ko"));
	assert_false(kg_ends_with("a.ko.x", ".ko"));
	assert_false(kg_ends_with("", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_keeps_what_is_there),
		cmocka_unit_test(append_of_nothing),
		cmocka_unit_test(reserve_makes_room_only),
		cmocka_unit_test(reserve_of_too_much),
		cmocka_unit_test(large_ones_are_like_others),
		cmocka_unit_test(shrink_gives_back),
		cmocka_unit_test(free_leaves_an_empty_one),
		cmocka_unit_test(array_grows),
		cmocka_unit_test(array_too_large_stays),
		cmocka_unit_test(strings_are_copies),
		cmocka_unit_test(unique_strings),
		cmocka_unit_test(sorting_is_bytewise),
		cmocka_unit_test(words_of_a_text),
		cmocka_unit_test(text_functions),
		cmocka_unit_test(endings),
	};

	return UNIT_RUN(tests);
}
