// SPDX-License-Identifier: GPL-2.0-or-later
/* Made headers; those of real kernels are in test_vmlinux.c. */
#include "fixture.h"
#include "kernel-guard/parse/bzimage.h"

static void assert_no_image(struct kg_span bytes, int code, const char *message)
{
	struct kg_bzimage image = {.release = "untouched"};
	struct kg_error err = unit_no_error();

	assert_failure(kg_bzimage_parse(bytes, &image, &err), err, code, message);
	assert_string_equal(image.release, "untouched");
}

/* A header that says what it is told, with a payload of ten bytes. */
static struct kg_span small_image(const char *version, unsigned char setup_sects)
{
	enum { size = 16384 };
	unsigned char *file = unit_keep(calloc(1, size));
	size_t base = (size_t)(setup_sects ? setup_sects + 1 : 5) * 512;

	file[0x1f1] = setup_sects;
	file[0x1f4] = 2; /* paragraphs */
	memcpy(file + 0x202, "HdrS\x0f\x02", 6);
	memcpy(file + 0x20e, "\x40\x02", 2); /* the version string is at 0x240 + 0x200 */
	file[0x248] = 3;
	file[0x24c] = 10;
	if (version)
		memcpy(file + 0x440, version, strlen(version));
	else
		memset(file + 0x440, 'x', size - 0x440);
	memcpy(file + base + 3, "0123456789", 10);
	return kg_span_of(file, size);
}

static void release_is_the_first_word(void **state)
{
	static const char *const damaged[] = {"",       " 6.1.0",        "6.1/0 x", "../../x",
					      "6.1\t0", "6.1\xc3\xa9 x", "\x1b[0m"};
	char longest[257];
	struct kg_bzimage image;
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_bzimage_parse(small_image("6.1.0-x (a@b) #1 SMP", 4), &image, &err), err);
	assert_string_equal(image.release, "6.1.0-x");
	assert_ok(kg_bzimage_parse(small_image("6.1.0-x", 4), &image, &err), err);
	assert_string_equal(image.release, "6.1.0-x");
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		assert_no_image(small_image(damaged[i], 4), EBADMSG,
				"is a kernel image with a damaged version string");
	assert_no_image(small_image(NULL, 4), EBADMSG,
			"is a kernel image with a damaged version string");
	memset(longest, 'x', 256);
	longest[256] = '\0';
	assert_no_image(small_image(longest, 15), EBADMSG,
			"is a kernel image with a damaged version string");
	longest[255] = '\0';
	assert_ok(kg_bzimage_parse(small_image(longest, 15), &image, &err), err);
	assert_string_equal(image.release, longest);
}

static void payload_is_where_the_header_says(void **state)
{
	static const unsigned char setup_sects[] = {0, 4, 9};
	struct kg_buffer out = {0};
	struct kg_bzimage image;
	struct kg_error err = unit_no_error();

	(void)state;
	for (size_t i = 0; i < sizeof(setup_sects); i++) {
		struct kg_span file = small_image("6.1.0", setup_sects[i]);

		assert_ok(kg_bzimage_parse(file, &image, &err), err);
		assert_int_equal(image.payload.size, 10);
		assert_memory_equal(image.payload.data, "0123456789", 10);
		assert_int_equal(image.compression, KG_COMPRESSION_NONE);
	}
	assert_ok(kg_bzimage_unpack(&image, 10, &out, &err), err);
	assert_int_equal(out.size, 10);
	assert_memory_equal(out.data, "0123456789", 10);
	assert_failure(kg_bzimage_unpack(&image, 9, &out, &err), err, EFBIG, NULL);
	kg_buffer_free(&out);
}

static void gzip_has_no_size_behind_it(void **state)
{
	struct kg_span packed = unit_filter("gzip -n", kg_span_of_string("a kernel"));
	struct kg_span file = unit_copy(small_image("6.1.0", 4));
	struct kg_buffer out = {0};
	struct kg_bzimage image;
	struct kg_error err = unit_no_error();

	(void)state;
	unit_writable(file)[0x24c] = (unsigned char)packed.size;
	unit_writable(file)[0x1f4] = 16;
	memcpy(unit_writable(file) + 5 * 512 + 3, packed.data, packed.size);
	assert_ok(kg_bzimage_parse(file, &image, &err), err);
	assert_ok(kg_bzimage_unpack(&image, 100, &out, &err), err);
	assert_int_equal(out.size, 8);
	assert_memory_equal(out.data, "a kernel", 8);
	kg_buffer_free(&out);
	unit_free(file);
}

static void other_kinds_are_named(void **state)
{
	static unsigned char file[8192];

	(void)state;
	assert_no_image(kg_span_of(file, sizeof(file)), EBADMSG, "is no kernel image");
	assert_no_image(kg_span_of(file, 100), EBADMSG,
			"is no kernel image: it has only 100 bytes");
	memcpy(file, "MZ", 2);
	assert_no_image(kg_span_of(file, sizeof(file)), ENOTSUP,
			"is an EFI program and no kernel: it has no section .linux");
	memcpy(file + 0x38, "ARM\x64", 4);
	assert_no_image(kg_span_of(file, sizeof(file)), ENOTSUP,
			"is an arm64 image, which is not read yet");
	memcpy(file + 4, "zimg", 4);
	assert_no_image(kg_span_of(file, sizeof(file)), ENOTSUP,
			"is an EFI zboot image, which is not read yet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(release_is_the_first_word),
		cmocka_unit_test(payload_is_where_the_header_says),
		cmocka_unit_test(gzip_has_no_size_behind_it),
		cmocka_unit_test(other_kinds_are_named),
	};

	return UNIT_RUN(tests);
}
