// SPDX-License-Identifier: GPL-2.0-or-later
/* What an image is made of: segments, compressed or not. Members are in test_cpio.c. */
#include "cpio_fixture.h"

static const struct {
	const char *name;
	const char *command;
} formats[] = {
	{"gzip", "gzip -nc"},          {"bzip2", "bzip2 -c"}, {"lzma", "xz --format=lzma -c"},
	{"xz", "xz --check=crc32 -c"}, {"lz4", "lz4 -lqc"},   {"zstd", "zstd -qc"},
	{"lzo", "lzop -c"},
};

enum { format_count = sizeof(formats) / sizeof(formats[0]) };

static struct kg_buffer image;

static int empty_image(void **state)
{
	(void)state;
	kg_buffer_free(&image);
	return 0;
}

static void put(struct kg_span bytes)
{
	cpio_put(&image, bytes.data, bytes.size);
}

static void assert_walk(const char *members, const char *segments)
{
	struct cpio_record record = {0};
	struct kg_error err;

	assert_ok(cpio_walk(kg_buffer_span(&image), &record, &err), err);
	if (members)
		assert_string_equal(cpio_text(&record.members), members);
	if (segments)
		assert_string_equal(cpio_text(&record.segments), segments);
	cpio_record_free(&record);
}

static void assert_damage(const char *message, const char *members, const char *segments)
{
	struct cpio_record record = {0};
	struct kg_error err;

	assert_failure(cpio_walk(kg_buffer_span(&image), &record, &err), err, EBADMSG, message);
	if (members)
		assert_string_equal(cpio_text(&record.members), members);
	assert_string_equal(cpio_text(&record.segments), segments);
	cpio_record_free(&record);
}

static void compressed_alone(void **state)
{
	struct kg_span plain = cpio_archive("init", "#!/bin/sh\n");

	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, plain);

		image.size = 0;
		put(packed);
		assert_walk("0 init 100644 10\n", unit_text("0 %zu %s %zu 1\n", packed.size,
							    formats[i].name, plain.size));
	}
}

static void compressed_behind_uncompressed(void **state)
{
	struct kg_span early = cpio_archive("kernel/x86/microcode/AuthenticAMD.bin", "microcode");
	struct kg_span plain = cpio_archive("init", "#!/bin/sh\n");

	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, plain);
		size_t offset;

		image.size = 0;
		put(early);
		cpio_align(&image, 512);
		offset = image.size;
		put(packed);
		assert_walk("0 kernel/x86/microcode/AuthenticAMD.bin 100644 9\n"
			    "1 init 100644 10\n",
			    unit_text("0 %zu none %zu 1\n%zu %zu %s %zu 1\n", early.size,
				      early.size, offset, packed.size, formats[i].name,
				      plain.size));
	}
}

static void compressed_without_a_trailer_before_it(void **state)
{
	struct kg_span packed = unit_filter("zstd -qc", cpio_archive("b", ""));

	(void)state;
	cpio_file(&image, "a", "");
	assert_int_equal(image.size, 112);
	put(packed);
	assert_walk("0 a 100644 0\n1 b 100644 0\n",
		    unit_text("0 112 none 112 1\n112 %zu zstd 236 1\n", packed.size));
}

static void uncompressed_behind_compressed(void **state)
{
	static const size_t stopping[] = {0, 1, 2, 5};
	struct kg_span plain = cpio_archive("init", "#!/bin/sh\n");
	struct kg_span last = cpio_archive("last", "");

	(void)state;
	for (size_t i = 0; i < sizeof(stopping) / sizeof(stopping[0]); i++) {
		struct kg_span packed = unit_filter(formats[stopping[i]].command, plain);
		const char *first = unit_text("0 %zu %s %zu 1\n", packed.size,
					      formats[stopping[i]].name, plain.size);
		size_t offset;

		image.size = 0;
		put(packed);
		cpio_put_zeros(&image, 1);
		cpio_align(&image, 4);
		offset = image.size;
		put(last);
		assert_walk(
			"0 init 100644 10\n1 last 100644 0\n",
			unit_text("%s%zu %zu none %zu 1\n", first, offset, last.size, last.size));
		/* A "0" is no archive's where it is not aligned. */
		image.size = offset;
		cpio_put_zeros(&image, 3);
		put(last);
		assert_damage(unit_text("neither a cpio archive nor a known compression begins at "
					"byte %zu",
					offset + 3),
			      "0 init 100644 10\n", first);
	}
}

static void compressed_behind_compressed(void **state)
{
	struct kg_span gzip = unit_filter("gzip -nc", cpio_archive("a", ""));
	struct kg_span zstd = unit_filter("zstd -qc", cpio_archive("b", ""));
	struct kg_span bzip2 = unit_filter("bzip2 -c", cpio_archive("c", ""));
	size_t second;
	size_t third;

	(void)state;
	put(gzip);
	cpio_put_zeros(&image, 5);
	second = image.size;
	put(zstd);
	third = image.size;
	put(bzip2);
	cpio_put_zeros(&image, 5000);
	assert_walk("0 a 100644 0\n1 b 100644 0\n2 c 100644 0\n",
		    unit_text("0 %zu gzip 236 1\n%zu %zu zstd 236 1\n%zu %zu bzip2 236 1\n",
			      gzip.size, second, zstd.size, third, bzip2.size));
}

static void several_archives_in_one_compression(void **state)
{
	struct kg_buffer plain = {0};
	struct kg_span packed;

	(void)state;
	cpio_file(&plain, "a", "12");
	cpio_trailer(&plain);
	cpio_align(&plain, 512);
	cpio_file(&plain, "b", "");
	cpio_trailer(&plain);
	cpio_put_zeros(&plain, 3);
	packed = unit_filter("gzip -nc", kg_buffer_span(&plain));
	put(packed);
	assert_walk("0 a 100644 2\n0 b 100644 0\n",
		    unit_text("0 %zu gzip %zu 2\n", packed.size, plain.size));
	kg_buffer_free(&plain);
}

static void several_zstd_frames(void **state)
{
	struct kg_span plain = cpio_archive("a", "123456");
	struct kg_span first = unit_filter("zstd -qc", kg_span_of(plain.data, 50));
	struct kg_span second =
		unit_filter("zstd -qc", kg_span_of(plain.data + 50, plain.size - 50));

	(void)state;
	put(first);
	put(second);
	assert_damage("zstd segment at byte 0: the cpio archive ends at byte 50 inside a header",
		      "", "");
}

/* Each decompressor of the kernel stops where its first stream ends; the next is another part. */
static void one_compression_behind_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span plain = cpio_archive("a", "1");
		struct kg_span packed = unit_filter(formats[i].command, plain);
		struct kg_span half = unit_filter(formats[i].command, kg_span_of(plain.data, 50));
		struct kg_span rest = unit_filter(formats[i].command,
						  kg_span_of(plain.data + 50, plain.size - 50));
		bool lz4 = strcmp(formats[i].name, "lz4") == 0;

		image.size = 0;
		put(packed);
		put(packed);
		/* Two of lz4's are one: unlz4() goes on at the next magic number. */
		assert_walk(NULL, lz4 ? unit_text("0 %zu lz4 %zu 2\n", 2 * packed.size,
						  2 * plain.size)
				      : unit_text("0 %zu %s %zu 1\n%zu %zu %s %zu 1\n",
						  packed.size, formats[i].name, plain.size,
						  packed.size, packed.size, formats[i].name,
						  plain.size));
		image.size = 0;
		put(half);
		put(rest);
		if (lz4)
			assert_walk("0 a 100644 1\n", NULL);
		else
			assert_damage(unit_text("%s segment at byte 0: the cpio archive ends at "
						"byte 50 inside a header",
						formats[i].name),
				      "", "");
	}
}

static void every_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < format_count * format_count; i++) {
		size_t one = i / format_count;
		size_t other = i % format_count;
		struct kg_span plain = cpio_archive("a", "1");
		struct kg_span first = unit_filter(formats[one].command, plain);
		struct kg_span second = unit_filter(formats[other].command, plain);
		size_t at;

		if (one == other)
			continue;
		image.size = 0;
		put(first);
		/* What follows lz4 at once is taken for a block. */
		if (strcmp(formats[one].name, "lz4") == 0) {
			put(second);
			assert_damage(NULL, "", "");
			image.size = first.size;
			cpio_put_zeros(&image, 4);
		}
		at = image.size;
		put(second);
		assert_walk("0 a 100644 1\n1 a 100644 1\n",
			    unit_text("0 %zu %s %zu 1\n%zu %zu %s %zu 1\n", first.size,
				      formats[one].name, plain.size, at, second.size,
				      formats[other].name, plain.size));
	}
}

static void xz_with_checks_that_the_kernel_lacks(void **state)
{
	static const struct {
		const char *command;
		int type;
	} checks[] = {{"xz --check=crc64 -c", 4}, {"xz --check=sha256 -c", 10}};
	struct kg_span plain = cpio_archive("a", "1");

	(void)state;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		image.size = 0;
		put(unit_filter(checks[i].command, plain));
		assert_damage(unit_text("xz segment at byte 0: it has a check (type %d) that the "
					"kernel does not know: only that of xz --check=crc32",
					checks[i].type),
			      "", "");
	}
	image.size = 0;
	put(unit_filter("xz --check=none -c", plain));
	assert_walk("0 a 100644 1\n", NULL);
}

/* The kernel undoes one compression. */
static void compressed_twice(void **state)
{
	struct kg_span once = unit_filter("gzip -nc", cpio_archive("a", ""));

	(void)state;
	put(unit_filter("gzip -nc", once));
	assert_damage("gzip segment at byte 0: junk at byte 0 of the unpacked archive", "", "");
}

static void zeros_first(void **state)
{
	struct kg_span packed = unit_filter("zstd -qc", cpio_archive("a", ""));

	(void)state;
	cpio_put_zeros(&image, 8191);
	put(packed);
	assert_walk("0 a 100644 0\n", unit_text("8191 %zu zstd 236 1\n", packed.size));
}

static void nothing_in_it(void **state)
{
	(void)state;
	assert_damage("is empty", "", "");
	cpio_put_zeros(&image, 1);
	assert_damage("holds nothing but NUL bytes", "", "");
	cpio_put_zeros(&image, 100000);
	assert_damage("holds nothing but NUL bytes", "", "");
}

static void junk_alone(void **state)
{
	static const char message[] =
		"neither a cpio archive nor a known compression begins at byte 0";
	static const char *const junk[] = {"j", "junk", "MZ", "1070701", "\x1f", "<!DOCTYPE html>"};

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		image.size = 0;
		put(kg_span_of_string(junk[i]));
		assert_damage(message, "", "");
	}
}

static void junk_behind_an_archive(void **state)
{
	struct kg_span plain = cpio_archive("a", "");
	struct kg_span packed = unit_filter("zstd -qc", plain);

	(void)state;
	put(packed);
	put(kg_span_of_string("junk"));
	assert_damage(unit_text("neither a cpio archive nor a known compression begins at byte "
				"%zu",
				packed.size),
		      "0 a 100644 0\n", unit_text("0 %zu zstd 236 1\n", packed.size));
	image.size = 0;
	put(plain);
	put(kg_span_of_string("junk"));
	assert_damage("neither a cpio archive nor a known compression begins at byte 236",
		      "0 a 100644 0\n", "0 236 none 236 1\n");
	image.size = 0;
	cpio_file(&image, "a", "");
	put(kg_span_of_string("junk"));
	assert_damage("neither a cpio archive nor a known compression begins at byte 112",
		      "0 a 100644 0\n", "0 112 none 112 1\n");
}

static void junk_in_a_compressed_archive(void **state)
{
	struct kg_buffer plain = {0};

	(void)state;
	cpio_file(&plain, "a", "");
	cpio_put(&plain, "junk", 4);
	put(unit_filter("gzip -nc", kg_buffer_span(&plain)));
	assert_damage("gzip segment at byte 0: junk at byte 112 of the unpacked archive",
		      "0 a 100644 0\n", "");
	kg_buffer_free(&plain);
}

/* do_reset() in init/initramfs.c: "broken padding". */
static void padding_behind_an_uncompressed_archive(void **state)
{
	struct kg_span packed = unit_filter("zstd -qc", cpio_archive("b", ""));

	(void)state;
	for (size_t zeros = 0; zeros < 8; zeros++) {
		for (int trailer = 0; trailer < 2; trailer++) {
			size_t end;

			image.size = 0;
			cpio_file(&image, "a", "");
			if (trailer)
				cpio_trailer(&image);
			end = image.size;
			cpio_put_zeros(&image, zeros);
			put(packed);
			if (zeros % 4 == 0)
				assert_walk("0 a 100644 0\n1 b 100644 0\n",
					    unit_text("0 %zu none %zu 1\n%zu %zu zstd 236 1\n",
						      trailer ? end : end + zeros,
						      trailer ? end : end + zeros, end + zeros,
						      packed.size));
			else
				assert_damage(unit_text("broken padding at byte %zu", end + zeros),
					      "0 a 100644 0\n",
					      trailer ? "0 236 none 236 1\n" : "");
		}
	}
}

static void padding_in_a_compressed_archive(void **state)
{
	struct kg_buffer plain = {0};
	const struct cpio_member member = {
		.name = "a", .content = kg_span_of_string("12345"), .unpadded = true};

	(void)state;
	cpio_add(&plain, &member);
	put(unit_filter("gzip -nc", kg_buffer_span(&plain)));
	/* The kernel still waits for it at the end of the compressed data. */
	assert_damage("gzip segment at byte 0: the unpacked archive ends at byte 117 inside the "
		      "padding of a member",
		      "0 a 100644 5\n", "");
	cpio_put_zeros(&plain, 3);
	image.size = 0;
	put(unit_filter("gzip -nc", kg_buffer_span(&plain)));
	assert_walk("0 a 100644 5\n", unit_text("0 %zu gzip 120 1\n", image.size));
	cpio_put_zeros(&plain, 1);
	cpio_file(&plain, "b", "");
	image.size = 0;
	put(unit_filter("gzip -nc", kg_buffer_span(&plain)));
	assert_damage("gzip segment at byte 0: broken padding at byte 121", "0 a 100644 5\n", "");
	kg_buffer_free(&plain);
}

static void members_beyond_the_compressed_data(void **state)
{
	struct kg_buffer plain = {0};

	(void)state;
	cpio_file(&plain, "a", "");
	cpio_file(&plain, "b", "12345678");
	plain.size -= 4;
	put(unit_filter("xz --check=crc32 -c", kg_buffer_span(&plain)));
	assert_damage("xz segment at byte 0: the cpio archive ends at byte 228 inside b",
		      "0 a 100644 0\n0 b 100644 8\n", "");
	kg_buffer_free(&plain);
}

static void truncated_compression(void **state)
{
	struct kg_span early = cpio_archive("early", "");
	struct kg_buffer plain = {0};

	(void)state;
	for (uint64_t i = 0, seed = 3; i < 3000; i++)
		cpio_file(&plain, unit_text("file-%llu", (unsigned long long)unit_random(&seed)),
			  unit_text("%llu", (unsigned long long)unit_random(&seed)));
	cpio_trailer(&plain);
	for (size_t i = 0; i < format_count; i++) {
		struct kg_span packed = unit_filter(formats[i].command, kg_buffer_span(&plain));
		size_t whole;

		image.size = 0;
		put(early);
		put(packed);
		whole = image.size;
		/* Of less than the magic number no more can be said than that it is none. */
		for (size_t left = 2; left < packed.size;
		     left += left < 40 || packed.size - left <= 40   ? 1
			     : packed.size - left < packed.size / 20 ? packed.size - left - 40
								     : packed.size / 20) {
			image.size = early.size + left;
			assert_damage(NULL, NULL,
				      unit_text("0 %zu none %zu 1\n", early.size, early.size));
		}
		image.size = whole;
		assert_walk(NULL, unit_text("0 %zu none %zu 1\n%zu %zu %s %zu 3000\n", early.size,
					    early.size, early.size, packed.size, formats[i].name,
					    plain.size));
	}
	kg_buffer_free(&plain);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, empty_image, empty_image)
	const struct CMUnitTest tests[] = {
		TEST(compressed_alone),
		TEST(compressed_behind_uncompressed),
		TEST(compressed_without_a_trailer_before_it),
		TEST(uncompressed_behind_compressed),
		TEST(compressed_behind_compressed),
		TEST(several_archives_in_one_compression),
		TEST(several_zstd_frames),
		TEST(one_compression_behind_itself),
		TEST(every_order),
		TEST(xz_with_checks_that_the_kernel_lacks),
		TEST(compressed_twice),
		TEST(zeros_first),
		TEST(nothing_in_it),
		TEST(junk_alone),
		TEST(junk_behind_an_archive),
		TEST(junk_in_a_compressed_archive),
		TEST(padding_behind_an_uncompressed_archive),
		TEST(padding_in_a_compressed_archive),
		TEST(members_beyond_the_compressed_data),
		TEST(truncated_compression),
	};

	return UNIT_RUN(tests);
}
