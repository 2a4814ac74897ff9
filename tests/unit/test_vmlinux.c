// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>

#include "assembled.h"
#include "kernel-guard/parse/bzimage.h"
#include "kernel-guard/parse/vmlinux.h"
#include "symvers_oracle.h"

enum { unpack_limit = 512 << 20 };

/* Kernel images are read and unpacked once. */
static struct kernel {
	struct kg_span file;
	struct kg_bzimage image;
	struct kg_span vmlinux;
	const char *release;
} kernels[unit_series_count];

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kernel *kernel = &kernels[i];
		struct kg_buffer vmlinux = {0};
		struct kg_error err = unit_no_error();

		kernel->release = unit_release(unit_series[i]);
		kernel->file =
			unit_read_file(unit_text("%s/vmlinuz", unit_module_tree(unit_series[i])));
		assert_ok(kg_bzimage_parse(kernel->file, &kernel->image, &err), err);
		assert_ok(kg_bzimage_unpack(&kernel->image, unpack_limit, &vmlinux, &err), err);
		kg_buffer_shrink(&vmlinux);
		unit_keep(vmlinux.data);
		kernel->vmlinux = kg_buffer_span(&vmlinux);
	}
	return 0;
}

static uint32_t le32_at(struct kg_span bytes, size_t offset)
{
	uint32_t value;

	assert_true(kg_span_le32(bytes, offset, &value));
	return value;
}

/* Behind its last byte the image holds nothing but a signature. */
static size_t end_of_image(struct kg_span file)
{
	return (size_t)(file.data[0x1f1] + 1) * 512 + (size_t)le32_at(file, 0x1f4) * 16;
}

static void headers_of_real_kernels(void **state)
{
	static const enum kg_compression compressions[] = {KG_COMPRESSION_XZ, KG_COMPRESSION_ZSTD};

	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kernel *kernel = &kernels[i];

		assert_string_equal(kernel->image.release, kernel->release);
		assert_int_equal(kernel->image.compression, compressions[i]);
		assert_int_equal(kernel->image.payload.size, le32_at(kernel->file, 0x24c));
		/* All but gzip are followed by the size of what is packed. */
		assert_int_equal(kernel->vmlinux.size,
				 le32_at(kernel->image.payload, kernel->image.payload.size - 4));
		assert_memory_equal(kernel->vmlinux.data, ELFMAG, SELFMAG);
	}
}

static void exports_equal_module_symvers(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct oracle oracle = oracle_read(unit_series[i]);
		struct kg_vmlinux vmlinux;
		struct kg_error err = unit_no_error();
		size_t differences;
		size_t count;

		assert_ok(kg_vmlinux_parse(kernels[i].vmlinux, kernels[i].release, &vmlinux, &err),
			  err);
		differences =
			oracle_differences(&oracle, "vmlinux", &vmlinux.exports, true, &count);
		printf("# Linux %s: %zu exported symbols, %zu differences\n", unit_series[i],
		       vmlinux.exports.count, differences);
		assert_int_equal(differences, 0);
		assert_true(count > 9000);
		assert_true(vmlinux.modversions);
		assert_int_equal(vmlinux.machine, EM_X86_64);
		kg_vmlinux_free(&vmlinux);
		assert_null(vmlinux.exports.items);
		assert_null(vmlinux.vermagic);
	}
}

static void vermagic_equals_that_of_modules(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const char *expected = unit_output_text(
			unit_text("modinfo -F vermagic %s",
				  unit_cache("modules/%s/healthy/kg_gpl.ko", unit_series[i])));
		struct kg_vmlinux vmlinux;
		struct kg_error err = unit_no_error();

		assert_ok(kg_vmlinux_parse(kernels[i].vmlinux, kernels[i].release, &vmlinux, &err),
			  err);
		assert_string_equal(vmlinux.vermagic, expected);
		assert_string_equal(
			vmlinux.vermagic,
			unit_text("%s SMP preempt mod_unload modversions ", kernels[i].release));
		kg_vmlinux_free(&vmlinux);
		/* That of another release is not there. */
		assert_ok(kg_vmlinux_parse(kernels[i].vmlinux, "6.6.6-arch1-1", &vmlinux, &err),
			  err);
		assert_null(vmlinux.vermagic);
		kg_vmlinux_free(&vmlinux);
		assert_ok(kg_vmlinux_parse(kernels[i].vmlinux, "", &vmlinux, &err), err);
		assert_null(vmlinux.vermagic);
		kg_vmlinux_free(&vmlinux);
	}
}

static void assert_no_image(struct kg_span bytes, int code, const char *message)
{
	struct kg_bzimage image = {.release = "untouched"};
	struct kg_error err = unit_no_error();

	assert_failure(kg_bzimage_parse(bytes, &image, &err), err, code, message);
	assert_string_equal(image.release, "untouched");
}

static void truncated_images_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_span file = kernels[i].file;
		size_t end = end_of_image(file);
		struct kg_bzimage image;
		struct kg_error err;

		assert_true(end <= file.size);
		assert_ok(kg_bzimage_parse(kg_span_of(file.data, end), &image, &err), err);
		for (size_t size = 0; size < end; size += size < 2048 ? 1 : 99991) {
			struct kg_span cut = unit_copy(kg_span_of(file.data, size));

			assert_no_image(cut, EBADMSG, NULL);
			unit_free(cut);
		}
		assert_no_image(kg_span_of(file.data, end - 1), EBADMSG,
				unit_text("is a kernel image that is cut off: %zu bytes of %zu",
					  end - 1, end));
	}
	assert_no_image(kg_span_of("", 0), EBADMSG, "is empty");
}

static struct kg_span patched(struct kg_span file, size_t offset, const void *data, size_t size)
{
	struct kg_span copy = unit_copy(file);

	memcpy(unit_writable(copy) + offset, data, size);
	return copy;
}

static void assert_unpack_fails(struct kg_span file, int code, size_t limit)
{
	struct kg_bzimage image;
	struct kg_buffer out = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_bzimage_parse(file, &image, &err), err);
	assert_failure(kg_bzimage_unpack(&image, limit, &out, &err), err, code, NULL);
	assert_memory_equal(err.message, "its payload cannot be unpacked: ", 32);
	assert_int_equal(out.size, 0);
	kg_buffer_free(&out);
	unit_free(file);
}

static void damaged_payloads_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_span file = kernels[i].file;
		size_t payload = (size_t)(kernels[i].image.payload.data - file.data);
		size_t length = kernels[i].image.payload.size;
		const unsigned char zeros[64] = {0};
		uint32_t shorter = (uint32_t)length / 2;

		assert_unpack_fails(patched(file, payload + length / 3, zeros, sizeof(zeros)),
				    EBADMSG, unpack_limit);
		assert_unpack_fails(patched(file, payload + 4, zeros, sizeof(zeros)), EBADMSG,
				    unpack_limit);
		assert_unpack_fails(patched(file, 0x24c, &shorter, 4), EBADMSG, unpack_limit);
		for (uint32_t tiny = 0; tiny < 12; tiny++) {
			struct kg_span cut = patched(file, 0x24c, &tiny, 4);
			struct kg_bzimage image;
			struct kg_buffer out = {0};
			struct kg_error err = unit_no_error();

			assert_ok(kg_bzimage_parse(cut, &image, &err), err);
			/* Without a magic number the few bytes are taken as they are. */
			if (image.compression != KG_COMPRESSION_NONE)
				assert_failure(kg_bzimage_unpack(&image, 99, &out, &err), err,
					       EBADMSG, NULL);
			kg_buffer_free(&out);
			unit_free(cut);
		}
		assert_unpack_fails(unit_copy(file), EFBIG, kernels[i].vmlinux.size - 1);
	}
}

static void damaged_headers_are_refused(void **state)
{
	static const struct {
		size_t offset;
		const char *bytes;
		size_t size;
		int code;
		const char *message;
	} cases[] = {
		{0x202, "HdrT", 4, ENOTSUP, NULL},
		{0x206, "\x07\x02", 2, ENOTSUP, "is a kernel image older than boot protocol 2.08"},
		{0x20e, "\0\0", 2, EBADMSG, "is a kernel image without a version string"},
		{0x248, "\xff\xff\xff\xff", 4, EBADMSG, NULL},
		{0x24c, "\xff\xff\xff\xff", 4, EBADMSG, NULL},
		{0x1f4, "\xff\xff\xff\xff", 4, EBADMSG, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_span copy =
			patched(kernels[1].file, cases[i].offset, cases[i].bytes, cases[i].size);

		assert_no_image(copy, cases[i].code, cases[i].message);
		unit_free(copy);
	}
}

static void truncated_vmlinux_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_span whole = kernels[i].vmlinux;

		for (int part = 0; part < 8; part++) {
			struct kg_span cut =
				unit_copy(kg_span_of(whole.data, whole.size / 8 * (size_t)part));
			struct kg_vmlinux vmlinux = {.machine = 42};
			struct kg_error err = unit_no_error();

			assert_failure(kg_vmlinux_parse(cut, "6.1", &vmlinux, &err), err, EBADMSG,
				       NULL);
			assert_int_equal(vmlinux.machine, 42);
			unit_free(cut);
		}
	}
}

#define STRINGS                                                                                    \
	".section __ksymtab_strings,\"a\"\n"                                                       \
	"alpha: .asciz \"alpha\"\n beta: .asciz \"beta\"\n gamma: .asciz \"gamma\"\n"              \
	"none: .asciz \"\"\n ns: .asciz \"NS\"\n"

static struct kg_vmlinux parse_assembled(const char *source)
{
	struct kg_span linked = unit_copy(unit_link(source));
	struct kg_vmlinux vmlinux;
	struct kg_error err = unit_no_error();

	assert_ok(kg_vmlinux_parse(linked, "7.1.0-x", &vmlinux, &err), err);
	memset(unit_writable(linked), 'x', linked.size);
	unit_free(linked);
	return vmlinux;
}

static void assert_export(const struct kg_vmlinux *vmlinux, const char *name,
			  const char *symbol_namespace, bool gpl_only, const uint32_t *crc)
{
	const struct kg_export *found = kg_export_table_find(&vmlinux->exports, name);

	assert_non_null(found);
	assert_string_equal(found->symbol_namespace, symbol_namespace);
	assert_int_equal(found->gpl_only, gpl_only);
	assert_int_equal(found->has_crc, crc != NULL);
	assert_int_equal(found->crc, crc ? *crc : 0);
}

static void two_tables_up_to_7_0(void **state)
{
	const uint32_t crcs[] = {0x11111111, 0x22222222, 0xf3333333};
	struct kg_vmlinux vmlinux = parse_assembled(
		STRINGS ".section __ksymtab,\"a\"\n"
			".long 0, gamma - .\n.long 0\n"
			".long 0, beta - .\n.long ns - .\n"
			".section __ksymtab_gpl,\"a\"\n"
			".long 0, alpha - .\n.long none - .\n"
			".section __kcrctab,\"a\"\n.long 0x11111111, 0x22222222\n"
			".section __kcrctab_gpl,\"a\"\n.long 0xf3333333\n"
			".section .rodata\n.asciz \"7.1.0-x SMP mod_unload modversions \"\n");

	(void)state;
	assert_int_equal(vmlinux.exports.count, 3);
	assert_export(&vmlinux, "gamma", "", false, &crcs[0]);
	assert_export(&vmlinux, "beta", "NS", false, &crcs[1]);
	assert_export(&vmlinux, "alpha", "", true, &crcs[2]);
	assert_true(vmlinux.modversions);
	kg_vmlinux_free(&vmlinux);
}

static void one_table_from_7_1_on(void **state)
{
	struct kg_vmlinux vmlinux = parse_assembled(
		STRINGS ".section __ksymtab,\"a\"\n"
			".long 0, gamma - .\n.long none - .\n"
			".long 0, beta - .\n.long ns - .\n"
			".section __kflagstab,\"a\"\n.byte 0xfe, 0x03\n"
			/* Ignored beside __kflagstab. */
			".section __ksymtab_gpl,\"a\"\n.long 0, alpha - .\n.long none - .\n");

	(void)state;
	assert_int_equal(vmlinux.exports.count, 2);
	assert_export(&vmlinux, "gamma", "", false, NULL);
	assert_export(&vmlinux, "beta", "NS", true, NULL);
	assert_false(vmlinux.modversions);
	assert_null(vmlinux.vermagic);
	kg_vmlinux_free(&vmlinux);
}

/* Each of the strings in another segment of the file. */
static void strings_in_several_segments(void **state)
{
	struct kg_vmlinux vmlinux =
		parse_assembled(STRINGS ".section __ksymtab,\"a\"\n"
					".long 0, gamma - .\n.long in_data - .\n"
					".long 0, in_text - .\n.long 0\n"
					".text\nnop\nin_text: .asciz \"text\"\n"
					".data\nin_data: .asciz \"DATA\"\n");

	(void)state;
	assert_int_equal(vmlinux.exports.count, 2);
	assert_export(&vmlinux, "gamma", "DATA", false, NULL);
	assert_export(&vmlinux, "text", "", false, NULL);
	kg_vmlinux_free(&vmlinux);
}

static void vermagic_is_one_string_of_many(void **state)
{
	struct kg_vmlinux vmlinux =
		parse_assembled(STRINGS ".section __ksymtab,\"a\"\n.long 0, gamma - .\n.long 0\n"
					".section .rodata\n"
					".asciz \"Linux version 7.1.0-x SMP preempt\"\n"
					".asciz \"7.1.0-x\"\n"
					".asciz \"7.1.0-x-other SMP mod_unload \"\n"
					".asciz \"7.1.0-x (a@b) #1 SMP PREEMPT_DYNAMIC\"\n"
					".asciz \"17.1.0-x SMP mod_unload \"\n"
					".asciz \"7.1.0-x preempt mod_unload \"\n"
					".ascii \"7.1.0-x\"\n");

	(void)state;
	assert_string_equal(vmlinux.vermagic, "7.1.0-x preempt mod_unload ");
	kg_vmlinux_free(&vmlinux);
}

static void assert_no_vmlinux(struct kg_span bytes, int code, const char *message)
{
	struct kg_vmlinux vmlinux = {.machine = 42};
	struct kg_error err = unit_no_error();

	assert_failure(kg_vmlinux_parse(bytes, "7.1.0-x", &vmlinux, &err), err, code, message);
	assert_int_equal(vmlinux.machine, 42);
}

static void files_without_a_table(void **state)
{
	static const char outside[] = "has no export table in a known form (__ksymtab)";

	(void)state;
	assert_no_vmlinux(unit_link(STRINGS), ENOTSUP, "has no export table");
	/* Entries of three pointers, as without place-relative offsets. */
	assert_no_vmlinux(unit_link(STRINGS ".section __ksymtab,\"a\"\n.quad alpha, beta, 0\n"),
			  ENOTSUP, outside);
	assert_no_vmlinux(unit_link(".section __ksymtab,\"a\"\n.long 0, 0x7fffffff, 0\n"), ENOTSUP,
			  outside);
	assert_no_vmlinux(unit_link(STRINGS ".section __ksymtab,\"a\"\n"
					    ".long 0, alpha - .\n.long 0x7ffffffe\n"),
			  ENOTSUP, outside);
	assert_no_vmlinux(kg_span_of_string("junk"), EBADMSG, "is no ELF file");
	assert_no_vmlinux((struct kg_span){0}, EBADMSG, "is no ELF file");
	assert_no_vmlinux(kg_span_of("\177ELF", 4), EBADMSG, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_of_real_kernels),
		cmocka_unit_test(exports_equal_module_symvers),
		cmocka_unit_test(vermagic_equals_that_of_modules),
		cmocka_unit_test(truncated_images_are_refused),
		cmocka_unit_test(damaged_payloads_are_refused),
		cmocka_unit_test(damaged_headers_are_refused),
		cmocka_unit_test(truncated_vmlinux_is_refused),
		cmocka_unit_test(two_tables_up_to_7_0),
		cmocka_unit_test(one_table_from_7_1_on),
		cmocka_unit_test(strings_in_several_segments),
		cmocka_unit_test(vermagic_is_one_string_of_many),
		cmocka_unit_test(files_without_a_table),
	};

	return UNIT_RUN_IN(tests, set_up, NULL);
}
