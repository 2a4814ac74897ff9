// SPDX-License-Identifier: GPL-2.0-or-later
/* EFI programs and their sections, on headers made here; real ones are in tests/cli/initramfs.t. */
#include "fixture.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/pe.h"

/* A section as its header tells of it; raw_size 0 takes size rounded up to 512. */
struct section {
	const char *name;
	const char *content;
	uint32_t size; /* VirtualSize; 0: that of the content */
	uint32_t raw_size;
	uint32_t raw_offset; /* 0: where the content is put */
};

enum { pe_offset = 0x80, optional_size = 0xf0, first_section = pe_offset + 24 + optional_size };

static unsigned char file[1 << 16];

static void put(size_t offset, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		file[offset + i] = (unsigned char)(value >> (8 * i));
}

/* Writes the program; its size. */
static size_t make(const struct section *sections, size_t count)
{
	size_t end = 4096;

	memset(file, 0, sizeof(file));
	memcpy(file, "MZ", 2);
	put(0x3c, 4, pe_offset);
	memcpy(file + pe_offset, "PE\0\0", 4);
	put(pe_offset + 4, 2, 0x8664);
	put(pe_offset + 6, 2, count);
	put(pe_offset + 20, 2, optional_size);
	put(pe_offset + 24, 2, 0x20b);
	for (size_t i = 0; i < count; i++) {
		const struct section *section = &sections[i];
		size_t at = first_section + 40 * i;
		size_t length = section->content ? strlen(section->content) : 0;
		size_t size = section->size ? section->size : length;
		size_t raw = section->raw_size ? section->raw_size : (size + 511) / 512 * 512;

		memcpy(file + at, section->name, strnlen(section->name, 8));
		put(at + 8, 4, size);
		put(at + 16, 4, raw);
		put(at + 20, 4, section->raw_offset ? section->raw_offset : end);
		if (section->content)
			memcpy(file + end, section->content, length);
		end += (raw + 511) / 512 * 512;
	}
	return end;
}

static int parse(size_t size, struct kg_pe *pe, struct kg_error *err)
{
	struct kg_span exact = unit_copy(kg_span_of(file, size));
	struct kg_source source = kg_source_of_span(&exact);
	int result;

	*err = unit_no_error();
	result = kg_pe_parse(&source, pe, err);
	unit_free(exact);
	return result;
}

static void assert_damage(size_t size, const char *message)
{
	struct kg_pe pe = {0};
	struct kg_error err;

	assert_failure(parse(size, &pe, &err), err, EBADMSG, message);
	assert_null(pe.sections);
}

/* "offset+size" of the section that a profile has, or "-". */
static const char *place(const struct kg_pe *pe, size_t profile, const char *name)
{
	const struct kg_pe_section *section = kg_pe_section(pe, profile, name);

	return section ? unit_text("%llu+%llu", (unsigned long long)section->offset,
				   (unsigned long long)section->size)
		       : "-";
}

static void sections_of_a_unified_image(void **state)
{
	static const struct section sections[] = {
		{.name = ".text", .content = "code"},
		{.name = ".linux", .content = "kernel"},
		{.name = ".cmdline", .content = "root=/dev/vda"},
		{.name = ".zeros", .content = "12", .size = 4000, .raw_size = 512},
	};
	struct kg_error err;
	struct kg_pe pe;

	(void)state;
	assert_ok(parse(make(sections, 4), &pe, &err), err);
	assert_int_equal(pe.machine, 0x8664);
	assert_int_equal(pe.section_count, 4);
	assert_int_equal(kg_pe_profile_count(&pe), 1);
	/* VirtualSize, not the size that is rounded up. */
	assert_string_equal(place(&pe, 0, ".linux"), "4608+6");
	/* A name of eight bytes has no NUL. */
	assert_string_equal(place(&pe, 0, ".cmdline"), "5120+13");
	/* What lies in memory alone is zeros. */
	assert_string_equal(place(&pe, 0, ".zeros"), "5632+512");
	assert_string_equal(place(&pe, 0, ".initrd"), "-");
	assert_string_equal(place(&pe, 1, ".linux"), "4608+6");
	kg_pe_free(&pe);
	kg_pe_free(&pe);
}

static void profiles(void **state)
{
	static const struct section sections[] = {
		{.name = ".linux", .content = "base"},    {.name = ".cmdline", .content = "b"},
		{.name = ".cmdline", .content = "bb"},    {.name = ".profile", .content = "ID=a"},
		{.name = ".initrd", .content = "a"},      {.name = ".profile", .content = "ID=b"},
		{.name = ".cmdline", .content = "other"}, {.name = ".initrd", .content = "bbbb"},
	};
	struct kg_error err;
	struct kg_pe pe;

	(void)state;
	assert_ok(parse(make(sections, 8), &pe, &err), err);
	assert_int_equal(kg_pe_profile_count(&pe), 2);
	assert_string_equal(place(&pe, 0, ".linux"), "4096+4");
	assert_string_equal(place(&pe, 0, ".cmdline"), "4608+1");
	assert_string_equal(place(&pe, 0, ".initrd"), "6144+1");
	assert_string_equal(place(&pe, 1, ".linux"), "4096+4");
	assert_string_equal(place(&pe, 1, ".cmdline"), "7168+5");
	assert_string_equal(place(&pe, 1, ".initrd"), "7680+4");
	assert_string_equal(place(&pe, 1, ".profile"), "6656+4");
	kg_pe_free(&pe);
}

static void cut_anywhere(void **state)
{
	static const struct section sections[] = {
		{.name = ".linux", .content = "kernel"},
		{.name = ".initrd", .content = "initrd"},
	};
	size_t size = make(sections, 2);

	(void)state;
	for (size_t left = 0; left < size; left++)
		assert_damage(left, NULL);
	assert_damage(0, "is no EFI program");
	assert_damage(63, "is an EFI program that is cut off: it has 63 bytes, and a header of 64 "
			  "at byte 0");
	assert_damage(first_section, unit_text("is an EFI program that is cut off: it has %d "
					       "bytes, and a header of 80 at byte %d",
					       first_section, first_section));
	assert_damage(size - 1, unit_text("is an EFI program that is cut off: it ends at byte %zu, "
					  "and section .initrd has 512 bytes at byte 4608",
					  size - 1));
}

static void headers_that_point_outside(void **state)
{
	static const uint32_t offsets[] = {0x10000, 0xfffffff0, 0xffffffff};
	struct section section = {.name = ".linux", .content = "kernel"};
	size_t size = make(&section, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		put(0x3c, 4, offsets[i]);
		assert_damage(size, NULL);
	}
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		section.raw_offset = offsets[i];
		assert_damage(make(&section, 1), NULL);
	}
	section.raw_offset = 4096;
	section.raw_size = 0xfffffe00;
	memset(file, 0, sizeof(file));
	(void)make(&(struct section){.name = ".linux", .content = "kernel"}, 1);
	put(first_section + 16, 4, section.raw_size);
	assert_damage(size, NULL);
	/* More sections than there is file, and an optional header that reaches over its end. */
	size = make(&(struct section){.name = ".linux", .content = "kernel"}, 1);
	put(pe_offset + 6, 2, 0xffff);
	assert_damage(size, NULL);
	put(pe_offset + 6, 2, 1);
	put(pe_offset + 20, 2, 0xffff);
	assert_damage(size, NULL);
}

static void other_files(void **state)
{
	struct section section = {.name = ".linux", .content = "kernel"};
	size_t size = make(&section, 1);

	(void)state;
	put(pe_offset + 24, 2, 0x107);
	assert_damage(size, "is no EFI program: no PE header at byte 128");
	put(pe_offset + 24, 2, 0x10b);
	memcpy(file + pe_offset, "NE\0\0", 4);
	assert_damage(size, "is no EFI program: no PE header at byte 128");
	memcpy(file, "ZM", 2);
	assert_damage(size, "is no EFI program");
}

/* One that is loaded from memory alone: nothing of it has to be in the file. */
static void sections_without_bytes(void **state)
{
	struct section section = {.name = ".bss", .size = 4096, .raw_offset = 0xffffff00};
	struct kg_error err;
	struct kg_pe pe;
	size_t size = make(&section, 1);

	(void)state;
	put(first_section + 16, 4, 0);
	assert_ok(parse(size, &pe, &err), err);
	assert_int_equal(kg_pe_section(&pe, 0, ".bss")->size, 0);
	kg_pe_free(&pe);
	put(pe_offset + 6, 2, 0);
	assert_ok(parse(size, &pe, &err), err);
	assert_int_equal(pe.section_count, 0);
	assert_null(kg_pe_section(&pe, 0, ".bss"));
	kg_pe_free(&pe);
}

/* The certificate table is the one directory whose address is an offset in the file. */
static void certificates(void **state)
{
	static const struct section sections[] = {{.name = ".text", .content = "x"}};
	static const struct {
		uint16_t magic;
		uint32_t directories; /* offset of their number in the optional header */
	} forms[] = {{0x20b, 108}, {0x10b, 92}};
	static const struct {
		uint64_t count, offset, size, expected;
	} cases[] = {
		{16, 0, 0, 0},       {16, 4096, 512, 512}, {5, 4096, 8, 8},
		{4, 4096, 512, 0},   {0, 4096, 512, 0},    {0xffffffff, 4096, 1, 1},
		{16, 0, 512, 0},     {16, 4096, 513, 0},   {16, 4609, 0, 0},
		{16, 4608, 1, 0},    {16, 0xffffffff, 0xffffffff, 0}, {16, 1, 0xffffffff, 0},
	};
	struct kg_error err = unit_no_error();
	struct kg_pe pe;

	(void)state;
	for (size_t form = 0; form < 2; form++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			size_t size = make(sections, 1);
			size_t at = pe_offset + 24 + forms[form].directories;

			assert_int_equal(size, 4608);
			put(pe_offset + 24, 2, forms[form].magic);
			put(at, 4, cases[i].count);
			put(at + 4 + 4 * 8, 4, cases[i].offset);
			put(at + 4 + 4 * 8 + 4, 4, cases[i].size);
			assert_ok(parse(size, &pe, &err), err);
			assert_int_equal(pe.certificates_size, cases[i].expected);
			kg_pe_free(&pe);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates),
		cmocka_unit_test(sections_of_a_unified_image),
		cmocka_unit_test(profiles),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(headers_that_point_outside),
		cmocka_unit_test(other_files),
		cmocka_unit_test(sections_without_bytes),
	};

	return UNIT_RUN(tests);
}
