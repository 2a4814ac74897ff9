// SPDX-License-Identifier: GPL-2.0-or-later
/* Archives and their members. What an image is made of is in test_initramfs.c. */
#include "cpio_fixture.h"

static struct kg_buffer archive;

static int empty_archive(void **state)
{
	(void)state;
	kg_buffer_free(&archive);
	return 0;
}

static void assert_walk(const char *members, const char *segments)
{
	struct cpio_record record = {0};
	struct kg_error err;

	assert_ok(cpio_walk(kg_buffer_span(&archive), &record, &err), err);
	assert_string_equal(cpio_text(&record.members), members);
	if (segments)
		assert_string_equal(cpio_text(&record.segments), segments);
	cpio_record_free(&record);
}

/* Damage, and what has been visited before it. */
static void assert_damage(const char *message, const char *members)
{
	struct cpio_record record = {0};
	struct kg_error err;

	assert_failure(cpio_walk(kg_buffer_span(&archive), &record, &err), err, EBADMSG, message);
	assert_string_equal(cpio_text(&record.members), members);
	assert_string_equal(cpio_text(&record.segments), "");
	cpio_record_free(&record);
}

static void members_in_their_order(void **state)
{
	const struct cpio_member directory = {.name = "usr", .mode = 040755, .nlink = 2};
	const struct cpio_member link = {
		.name = "usr/sbin", .mode = 0120777, .content = kg_span_of_string("bin")};
	const struct cpio_member device = {.name = "dev/console", .mode = 020600};

	(void)state;
	cpio_add(&archive, &directory);
	cpio_file(&archive, "usr/one", "x");
	cpio_file(&archive, "usr/empty", "");
	cpio_add(&archive, &link);
	cpio_add(&archive, &device);
	cpio_file(&archive, "a", "four");
	cpio_trailer(&archive);
	assert_walk("0 usr 40755 0\n0 usr/one 100644 1\n0 usr/empty 100644 0\n"
		    "0 usr/sbin 120777 3\n0 dev/console 20600 0\n0 a 100644 4\n",
		    unit_text("0 %zu none %zu 6\n", archive.size, archive.size));
}

static void content_that_is_asked_for(void **state)
{
	struct cpio_record record = {.want = ".ko"};
	struct kg_error err;

	(void)state;
	cpio_file(&archive, "a.ko", "content of a");
	cpio_file(&archive, "b.txt", "content of b");
	cpio_file(&archive, "c.ko", "");
	cpio_file(&archive, "d.ko", "x");
	cpio_trailer(&archive);
	assert_ok(cpio_walk(kg_buffer_span(&archive), &record, &err), err);
	assert_string_equal(cpio_text(&record.contents), "content of a||x|");
	cpio_record_free(&record);
}

static void every_field(void **state)
{
	const uint32_t fields[13] = {0xfedcba98, 0100755,    11, 12, 0x80000001, 13, 3,
				     0x12345678, 0x9abcdef0, 14, 15, 2,          16};
	struct cpio_record record = {0};
	struct kg_error err;

	(void)state;
	cpio_put_header(&archive, "070701", fields);
	cpio_put(&archive,
		 "x\0"
		 "abc\0",
		 6);
	assert_ok(cpio_walk(kg_buffer_span(&archive), &record, &err), err);
	assert_string_equal(cpio_text(&record.members), "0 x 100755 3\n");
	assert_int_equal(record.last.ino, 0xfedcba98);
	assert_int_equal(record.last.mode, 0100755);
	assert_int_equal(record.last.nlink, 0x80000001);
	assert_int_equal(record.last.dev_major, 0x12345678);
	assert_int_equal(record.last.dev_minor, 0x9abcdef0);
	assert_int_equal(record.last.size, 3);
	assert_int_equal(record.last.segment, 0);
	cpio_record_free(&record);
}

static void digits_of_both_cases(void **state)
{
	struct cpio_record record = {0};
	struct kg_error err;

	(void)state;
	cpio_file(&archive, "x", "");
	memcpy(archive.data + 6, "aBcDeF09", 8);
	assert_ok(cpio_walk(kg_buffer_span(&archive), &record, &err), err);
	assert_int_equal(record.last.ino, 0xabcdef09);
	cpio_record_free(&record);
}

static void format_with_checksums(void **state)
{
	const struct cpio_member member = {
		.magic = "070702", .name = "x", .content = kg_span_of_string("y"), .checksum = 'y'};
	/* Of what is no regular file none is taken. */
	const struct cpio_member link = {.magic = "070702",
					 .name = "l",
					 .content = kg_span_of_string("x"),
					 .mode = 0120777,
					 .checksum = 5};

	(void)state;
	cpio_add(&archive, &member);
	cpio_add(&archive, &link);
	cpio_file(&archive, "newc", "");
	assert_walk("0 x 100644 1\n0 l 120777 1\n0 newc 100644 0\n", NULL);
}

/* do_copy() in init/initramfs.c: "bad data checksum". */
static void wrong_checksums(void **state)
{
	struct cpio_member member = {
		.magic = "070702", .name = "x", .content = kg_span_of_string("yz"), .checksum = 'y'};
	const struct cpio_member empty = {.magic = "070702", .name = "e", .checksum = 1};
	struct cpio_record record = {.want = "x"};
	struct kg_error err;

	(void)state;
	cpio_add(&archive, &member);
	assert_damage("x, which ends at byte 114, has a wrong checksum", "0 x 100644 2\n");
	/* Also where the content is asked for. */
	assert_failure(cpio_walk(kg_buffer_span(&archive), &record, &err), err, EBADMSG,
		       "x, which ends at byte 114, has a wrong checksum");
	cpio_record_free(&record);
	/* The other format has a field and no meaning for it. */
	archive.size = 0;
	member.magic = "070701";
	cpio_add(&archive, &member);
	assert_walk("0 x 100644 2\n", NULL);
	archive.size = 0;
	cpio_add(&archive, &empty);
	assert_damage("e, which ends at byte 112, has a wrong checksum", "0 e 100644 0\n");
	archive.size = 0;
	member.magic = "070702";
	member.checksum = 'y' + 'z';
	cpio_add(&archive, &member);
	assert_walk("0 x 100644 2\n", NULL);
}

/* do_header(): what has a body and is neither file nor link, and links over PATH_MAX. */
static void members_that_are_passed_over(void **state)
{
	static char target[4098];
	const struct cpio_member directory = {
		.name = "d", .content = kg_span_of_string("x"), .mode = 040755};
	struct cpio_member link = {.name = "l", .mode = 0120777};

	(void)state;
	memset(target, 't', 4097);
	link.content = kg_span_of(target, 4097);
	cpio_add(&archive, &directory);
	cpio_add(&archive, &link);
	link.content.size = 4096;
	cpio_add(&archive, &link);
	assert_walk("0 l 120777 4096\n", NULL);
}

static void names_without_their_root(void **state)
{
	static const char *const names[] = {"/init", "./init",  "././/usr//lib", ".",
					    "..",    ".hidden", "...",           "usr/./x"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cpio_file(&archive, names[i], "");
	assert_walk("0 init 100644 0\n0 init 100644 0\n0 usr//lib 100644 0\n0 . 100644 0\n"
		    "0 .. 100644 0\n0 .hidden 100644 0\n0 ... 100644 0\n0 usr/./x 100644 0\n",
		    NULL);
}

static void links_share_an_inode(void **state)
{
	const struct cpio_member first = {.name = "a", .nlink = 2, .ino = 7, .dev_minor = 3};
	const struct cpio_member second = {.name = "b",
					   .nlink = 2,
					   .ino = 7,
					   .dev_minor = 3,
					   .content = kg_span_of_string("data")};
	struct cpio_record record = {0};
	struct kg_error err;

	(void)state;
	cpio_add(&archive, &first);
	cpio_add(&archive, &second);
	cpio_trailer(&archive);
	assert_ok(cpio_walk(kg_buffer_span(&archive), &record, &err), err);
	assert_string_equal(cpio_text(&record.members), "0 a 100644 0\n0 b 100644 4\n");
	assert_int_equal(record.last.nlink, 2);
	assert_int_equal(record.last.ino, 7);
	assert_int_equal(record.last.dev_minor, 3);
	cpio_record_free(&record);
}

static void without_a_trailer(void **state)
{
	(void)state;
	cpio_file(&archive, "a", "12345");
	assert_walk("0 a 100644 5\n", unit_text("0 %zu none %zu 1\n", archive.size, archive.size));
}

static void without_the_last_padding(void **state)
{
	const struct cpio_member member = {
		.name = "a", .content = kg_span_of_string("12345"), .unpadded = true};

	(void)state;
	cpio_add(&archive, &member);
	assert_int_equal(archive.size % 4, 1);
	assert_walk("0 a 100644 5\n", unit_text("0 %zu none %zu 1\n", archive.size, archive.size));
	cpio_put_zeros(&archive, 2);
	assert_walk("0 a 100644 5\n", unit_text("0 %zu none %zu 1\n", archive.size, archive.size));
}

static void zeros_between_members(void **state)
{
	(void)state;
	cpio_put_zeros(&archive, 8);
	cpio_file(&archive, "a", "1");
	cpio_put_zeros(&archive, 70000);
	cpio_file(&archive, "b", "");
	cpio_put_zeros(&archive, 3);
	assert_walk("0 a 100644 1\n0 b 100644 0\n",
		    unit_text("8 %zu none %zu 2\n", archive.size - 8, archive.size - 8));
}

static void several_archives(void **state)
{
	size_t second;
	size_t end;

	(void)state;
	cpio_file(&archive, "a", "1");
	cpio_trailer(&archive);
	end = archive.size;
	cpio_align(&archive, 512);
	second = archive.size;
	cpio_file(&archive, "b", "22");
	cpio_file(&archive, "c", "");
	cpio_trailer(&archive);
	assert_walk("0 a 100644 1\n1 b 100644 2\n1 c 100644 0\n",
		    unit_text("0 %zu none %zu 1\n%zu %zu none %zu 2\n", end, end, second,
			      archive.size - second, archive.size - second));
}

static void a_trailer_with_a_body(void **state)
{
	const struct cpio_member trailer = {.name = "TRAILER!!!",
					    .content = kg_span_of_string("odd")};

	(void)state;
	cpio_file(&archive, "a", "");
	cpio_add(&archive, &trailer);
	cpio_file(&archive, "TRAILER!!!x", "");
	assert_walk("0 a 100644 0\n1 TRAILER!!!x 100644 0\n", NULL);
}

/* The kernel passes over members whose names it does not take. */
static void names_of_no_length(void **state)
{
	const uint32_t no_name[13] = {1, 0100644, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0};
	const uint32_t long_name[13] = {1, 0100644, 0, 0, 1, 0, 6, 0, 0, 0, 0, 4097, 0};
	const uint32_t longest_name[13] = {1, 0100644, 0, 0, 1, 0, 1, 0, 0, 0, 0, 4096, 0};
	const char *kept;
	char name[4098];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[4096] = '\0';
	cpio_put_header(&archive, "070701", no_name);
	cpio_align(&archive, 4);
	cpio_put(&archive, "ignore\0\0", 8);
	cpio_put_header(&archive, "070701", long_name);
	cpio_put(&archive, name, 4097);
	cpio_align(&archive, 4);
	cpio_put(&archive, "ignore\0\0", 8);
	name[4095] = '\0';
	kept = unit_text("0 %s 100644 1\n", name);
	cpio_put_header(&archive, "070701", longest_name);
	cpio_put(&archive, name, 4096);
	cpio_align(&archive, 4);
	cpio_put(&archive, "x\0\0\0", 4);
	cpio_file(&archive, "last", "");
	assert_walk(unit_text("%s0 last 100644 0\n", kept), NULL);
	/* Without a NUL at its end: "malformed archive". */
	name[4095] = 'n';
	archive.size = 0;
	cpio_put_header(&archive, "070701", longest_name);
	cpio_put(&archive, name, 4096);
	cpio_align(&archive, 4);
	assert_damage("a member's name that ends before byte 4208 has no NUL", "");
}

static void name_ends_at_its_first_nul(void **state)
{
	const uint32_t fields[13] = {1, 0100644, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0};

	(void)state;
	cpio_put_header(&archive, "070701", fields);
	cpio_put(&archive, "ab\0cdefgh", 10);
	cpio_align(&archive, 4);
	assert_walk("0 ab 100644 0\n", NULL);
}

static void the_old_format(void **state)
{
	const struct cpio_member member = {.magic = "070707", .name = "x"};

	(void)state;
	cpio_file(&archive, "a", "");
	cpio_add(&archive, &member);
	assert_damage("the cpio archive at byte 112 has the old format, which the kernel refuses "
		      "(use -H newc)",
		      "0 a 100644 0\n");
}

static void no_magic(void **state)
{
	const struct cpio_member member = {.magic = "070703", .name = "x"};

	(void)state;
	cpio_add(&archive, &member);
	assert_damage("no cpio header at byte 0", "");
}

static void fields_that_are_no_numbers(void **state)
{
	static const char *const broken[] = {"0000000g",  "0x000001", "-0000001", "        ",
					     "0000000\0", "+0000001", "0000000:", "0000000@",
					     "0000000`",  "0000000G", "0000000/"};

	(void)state;
	cpio_file(&archive, "first", "");
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		for (size_t field = 0; field < 13; field += 6) {
			archive.size = 116;
			cpio_file(&archive, "x", "");
			memcpy(archive.data + 116 + 6 + 8 * field, broken[i], 8);
			assert_damage("damaged cpio header at byte 116", "0 first 100644 0\n");
		}
	}
}

static void cut_anywhere(void **state)
{
	size_t whole;

	(void)state;
	cpio_file(&archive, "a", "12345678");
	whole = archive.size;
	for (archive.size = 1; archive.size < 110; archive.size++)
		assert_damage(unit_text("the cpio archive ends at byte %zu inside a header",
					archive.size),
			      "");
	for (; archive.size < 112; archive.size++)
		assert_damage(unit_text("the cpio archive ends at byte %zu inside a member's name",
					archive.size),
			      "");
	for (; archive.size < whole; archive.size++)
		assert_damage(unit_text("the cpio archive ends at byte %zu inside a", archive.size),
			      "0 a 100644 8\n");
	assert_walk("0 a 100644 8\n", NULL);
}

static void larger_than_the_file(void **state)
{
	struct cpio_record record = {.want = "x"};
	struct kg_error err;

	(void)state;
	cpio_file(&archive, "x", "1234");
	memcpy(archive.data + 6 + 8 * 6, "FFFFFFFF", 8);
	assert_damage("the cpio archive ends at byte 116 inside x", "0 x 100644 4294967295\n");
	/* Asked for, it is more than will be held. */
	assert_failure(cpio_walk(kg_buffer_span(&archive), &record, &err), err, EFBIG,
		       "x has more than 268435456 bytes");
	cpio_record_free(&record);
	/* The largest that is, and is not there. */
	memcpy(archive.data + 6 + 8 * 6, "10000000", 8);
	assert_failure(cpio_walk(kg_buffer_span(&archive), &record, &err), err, EBADMSG,
		       "the cpio archive ends at byte 116 inside x");
	assert_string_equal(cpio_text(&record.contents), "");
	cpio_record_free(&record);
	/* A name that long is passed over, if it is there. */
	memcpy(archive.data + 6 + 8 * 6, "00000004", 8);
	memcpy(archive.data + 6 + 8 * 11, "FFFFFFFF", 8);
	assert_damage("the cpio archive ends at byte 116 inside a member", "");
}

static void broken_padding(void **state)
{
	(void)state;
	for (size_t zeros = 1; zeros < 8; zeros++) {
		archive.size = 0;
		cpio_file(&archive, "a", "");
		cpio_put_zeros(&archive, zeros);
		cpio_file(&archive, "b", "");
		if (zeros % 4 == 0)
			assert_walk("0 a 100644 0\n0 b 100644 0\n", NULL);
		else
			assert_damage(unit_text("broken padding at byte %zu", 112 + zeros),
				      "0 a 100644 0\n");
	}
}

static void visitors_can_stop(void **state)
{
	static const char *const places[] = {"b", "content", "segment"};
	static const char *const messages[] = {"the member", "the content", "the segment"};

	(void)state;
	cpio_file(&archive, "a", "content");
	cpio_file(&archive, "b", "content");
	cpio_trailer(&archive);
	for (size_t i = 0; i < 3; i++) {
		struct cpio_record record = {.want = i == 1 ? "b" : NULL, .fail_at = places[i]};
		struct kg_error err;

		assert_failure(cpio_walk(kg_buffer_span(&archive), &record, &err), err, ECANCELED,
			       messages[i]);
		assert_string_equal(cpio_text(&record.members),
				    i == 0 ? "0 a 100644 7\n" : "0 a 100644 7\n0 b 100644 7\n");
		assert_string_equal(cpio_text(&record.contents), "");
		assert_string_equal(cpio_text(&record.segments), "");
		cpio_record_free(&record);
	}
}

static int count_member(void *context, const struct kg_cpio_member *member, bool *want_content,
			struct kg_error *err)
{
	(void)member;
	(void)want_content;
	(void)err;
	++*(size_t *)context;
	return 0;
}

static int ignore_segment(void *context, const struct kg_initramfs_segment *segment,
			  struct kg_error *err)
{
	(void)context;
	(void)segment;
	(void)err;
	return 0;
}

static void too_many_members(void **state)
{
	enum { member_size = 112 };
	size_t seen = 0;
	const struct kg_initramfs_visitor visitor = {
		.context = &seen, .segment = ignore_segment, .member = count_member};
	unsigned char *many = calloc(kg_initramfs_max_members + 1, member_size);
	struct kg_span span = kg_span_of(many, (size_t)member_size * kg_initramfs_max_members);
	struct kg_source source = kg_source_of_span(&span);
	struct kg_error err = unit_no_error();

	(void)state;
	assert_non_null(many);
	cpio_file(&archive, "x", "");
	assert_int_equal(archive.size, member_size);
	for (size_t i = 0; i <= kg_initramfs_max_members; i++)
		memcpy(many + i * member_size, archive.data, member_size);
	assert_ok(kg_initramfs_walk(&source, &visitor, &err), err);
	assert_int_equal(seen, kg_initramfs_max_members);
	span.size += member_size;
	source = kg_source_of_span(&span);
	seen = 0;
	assert_failure(kg_initramfs_walk(&source, &visitor, &err), err, EFBIG,
		       "has more than 250000 members");
	assert_int_equal(seen, kg_initramfs_max_members);
	free(many);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, empty_archive, empty_archive)
	const struct CMUnitTest tests[] = {
		TEST(members_in_their_order),
		TEST(content_that_is_asked_for),
		TEST(every_field),
		TEST(digits_of_both_cases),
		TEST(format_with_checksums),
		TEST(wrong_checksums),
		TEST(members_that_are_passed_over),
		TEST(names_without_their_root),
		TEST(links_share_an_inode),
		TEST(without_a_trailer),
		TEST(without_the_last_padding),
		TEST(zeros_between_members),
		TEST(several_archives),
		TEST(a_trailer_with_a_body),
		TEST(names_of_no_length),
		TEST(name_ends_at_its_first_nul),
		TEST(the_old_format),
		TEST(no_magic),
		TEST(fields_that_are_no_numbers),
		TEST(cut_anywhere),
		TEST(larger_than_the_file),
		TEST(broken_padding),
		TEST(visitors_can_stop),
		TEST(too_many_members),
	};

	return UNIT_RUN(tests);
}
