// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every format, cut off and with single bytes changed: nothing is read behind the end,
 * and what is refused is refused with a reason. Meant for the sanitizers.
 */
#include <elf.h>

#include "assembled.h"
#include "cpio_fixture.h"
#include "parsers.h"
#include "rich_elf.h"

#ifdef __has_include
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

enum { max_copy = 256 << 10 };

/* Whether it was accepted; a failure must have a code and a message. */
static bool parses(parser *parse, struct kg_span bytes)
{
	struct kg_error err = unit_no_error();
	int result = parse(bytes, &err);

	if (result == 0)
		return true;
	assert_int_equal(result, -1);
	assert_true(err.code > 0);
	assert_non_null(memchr(err.message, '\0', sizeof(err.message)));
	assert_true(err.message[0] != '\0');
	return false;
}

struct counts {
	size_t cuts;
	size_t accepted;
	size_t longest; /* of those that were accepted */
};

/*
 * Copying a large file for every cut takes most of the time. With the sanitizer the
 * rest of it can be made as untouchable as what lies behind an allocation.
 */
static bool parses_in_place(parser *parse, struct kg_span whole, size_t size)
{
	bool accepted;

	ASAN_POISON_MEMORY_REGION(whole.data + size, whole.size - size);
	accepted = parses(parse, kg_span_of(whole.data, size));
	ASAN_UNPOISON_MEMORY_REGION(whole.data + size, whole.size - size);
	return accepted;
}

static bool parses_copy(parser *parse, struct kg_span whole, size_t size)
{
	struct kg_span exact = unit_copy(kg_span_of(whole.data, size));
	bool accepted = parses(parse, exact);

	unit_free(exact);
	return accepted;
}

static void cut_at(parser *parse, struct kg_span whole, size_t size, struct counts *counts)
{
	if (size >= whole.size)
		return;
	counts->cuts++;
	if (size > max_copy ? parses_in_place(parse, whole, size)
			    : parses_copy(parse, whole, size)) {
		counts->accepted++;
		counts->longest = size > counts->longest ? size : counts->longest;
	}
}

/* All lengths of little; of much the first, the last, and many in between. */
static struct counts cut(parser *parse, struct kg_span whole)
{
	enum { edge = 4096, little = 20000 };
	size_t between = (whole.size < 16 << 20 ? 400U : 100U) / (unit_is_full() ? 1 : 4);
	size_t step = whole.size <= max_copy ? 1 : unit_is_full() ? 31 : 255;
	struct counts counts = {0};
	uint64_t seed = whole.size;

	assert_true(parses(parse, whole));
	for (size_t size = 0; size < (whole.size < little ? whole.size : edge); size++)
		cut_at(parse, whole, size, &counts);
	for (size_t i = 0; whole.size >= little && i < between; i++)
		cut_at(parse, whole,
		       edge + (size_t)(unit_random(&seed) >> 8) % (whole.size - 2 * edge), &counts);
	for (size_t left = 1; whole.size >= little && left <= edge; left += left < 40 ? 1 : step)
		cut_at(parse, whole, whole.size - left, &counts);
	return counts;
}

static void cut_around(parser *parse, struct kg_span whole, uint64_t boundary,
		       struct counts *counts)
{
	for (size_t size = boundary ? (size_t)boundary - 1 : 0; size <= boundary + 1; size++)
		cut_at(parse, whole, size, counts);
}

/* Single bytes at every position, or at as many as there is time for. */
static size_t mutate(parser *parse, struct kg_span whole, size_t positions, const char *values,
		     size_t value_count)
{
	struct kg_span copy = unit_copy(whole);
	uint64_t seed = whole.size + 1;
	size_t accepted = 0;

	for (size_t i = 0; i < positions; i++) {
		size_t any = (size_t)(unit_random(&seed) >> 8);
		size_t at = (positions >= whole.size ? i : any) % whole.size;
		unsigned char *byte = unit_writable(copy) + at;
		unsigned char good = *byte;

		for (size_t j = 0; j < value_count; j++) {
			*byte = (unsigned char)values[j];
			accepted += parses(parse, copy);
		}
		*byte = good ^ 1;
		accepted += parses(parse, copy);
		*byte = good ^ 0x80;
		accepted += parses(parse, copy);
		*byte = good;
	}
	assert_true(parses(parse, copy));
	unit_free(copy);
	return accepted;
}

#define MUTATE(parse, whole, positions, values)                                                    \
	mutate(parse, whole, positions, values, sizeof(values) - 1)

static const char binary_values[] = "\0\xff\x7f\x01";
static const char text_values[] = "\0\xff\t \n'\"\\$`(){}[]=#;&|<~";

static struct kg_span file_of_tree(const char *path)
{
	return unit_read_file(unit_cache("tree/6.12/%s", path));
}

static void modules(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_span module =
			unit_read_file(unit_cache("modules/%s/healthy/kg_spl.ko", unit_series[i]));
		struct counts counts = cut(parse_module, module);
		Elf64_Ehdr header;

		/* The table of its sections is last. */
		memcpy(&header, module.data, sizeof(header));
		assert_int_equal(header.e_shoff + header.e_shnum * sizeof(Elf64_Shdr), module.size);
		for (unsigned int j = 0; j < header.e_shnum; j++) {
			Elf64_Shdr section;

			memcpy(&section, module.data + header.e_shoff + j * sizeof(section),
			       sizeof(section));
			cut_around(parse_module, module, section.sh_offset, &counts);
			cut_around(parse_module, module, section.sh_offset + section.sh_size,
				   &counts);
			cut_around(parse_module, module, header.e_shoff + j * sizeof(section),
				   &counts);
		}
		assert_int_equal(counts.accepted, 0);
		assert_true(MUTATE(parse_module, module, module.size, binary_values) > 0);
	}
}

/* One that has all that is read of modules, through all gates as well. */
static void loaded_modules(void **state)
{
	struct kg_span module = unit_rich_module();

	(void)state;
	assert_int_equal(cut(parse_module_of_any_kernel, module).accepted, 0);
	(void)cut(parse_load, module);
	assert_true(MUTATE(parse_module_of_any_kernel, module, module.size, binary_values) > 0);
	(void)MUTATE(parse_load, module, module.size, "\xff");
}

static void compressed_modules(void **state)
{
	static const char *const paths[] = {"kernel/lib/libcrc32c.ko.zst",
					    "kernel/lib/libcrc32c.ko.xz"};

	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_span module = unit_read_file(
			unit_text("%s/%s", unit_module_tree(unit_series[i]), paths[i]));

		assert_int_equal(cut(parse_module, module).accepted, 0);
		(void)MUTATE(parse_module, module, 700, binary_values);
	}
	assert_int_equal(cut(parse_module,
			     unit_filter("gzip -nc", unit_read_file(unit_cache(
							     "modules/6.12/healthy/kg_spl.ko"))))
				 .accepted,
			 0);
}

static void symvers(void **state)
{
	const char *path = unit_text("%s/build/Module.symvers", unit_module_tree("6.12"));
	struct kg_span lines = unit_output(unit_text("head -n 400 %s", path));
	struct kg_span whole = unit_read_file(path);
	struct counts counts = cut(parse_symvers, lines);
	size_t ends = 0;

	(void)state;
	/* A cut that cannot be told from a shorter file is one at the end of a line. */
	for (size_t i = 0; i + 1 < lines.size; i++) {
		bool whole_line = lines.data[i] == '\n';
		struct counts one = {0};

		cut_at(parse_symvers, lines, i + 1, &one);
		assert_int_equal(one.accepted, whole_line);
		ends += whole_line;
	}
	assert_int_equal(ends, 399);
	assert_true(counts.cuts > 8000);
	for (size_t i = 1; i < 40; i++)
		cut_at(parse_symvers, whole, whole.size / 40 * i, &counts);
	assert_true(MUTATE(parse_symvers, lines, 400, text_values) > 0);
}

static void kernel_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_span image =
			unit_read_file(unit_text("%s/vmlinuz", unit_module_tree(unit_series[i])));
		struct counts counts = cut(parse_bzimage, image);
		size_t base = (size_t)(image.data[0x1f1] + 1) * 512;
		struct kg_bzimage parsed;
		struct kg_span copy = unit_copy(image);
		struct kg_error err;
		uint32_t syssize;

		assert_true(kg_span_le32(image, 0x1f4, &syssize));
		assert_ok(kg_bzimage_parse(image, &parsed, &err), err);
		cut_around(parse_bzimage, image, base, &counts);
		cut_around(parse_bzimage, image, (size_t)(parsed.payload.data - image.data),
			   &counts);
		cut_around(parse_bzimage, image,
			   (size_t)(parsed.payload.data - image.data) + parsed.payload.size,
			   &counts);
		cut_around(parse_bzimage, image, base + (size_t)syssize * 16, &counts);
		/* What was accepted lacks a part of the signature only. */
		assert_true(counts.accepted == 0 || base + (size_t)syssize * 16 < image.size);
		for (size_t at = 0; at < 1024; at++) {
			unsigned char *byte = unit_writable(copy) + at;
			unsigned char good = *byte;

			for (int j = 0; j < 8; j++) {
				*byte = (unsigned char)(good ^ 1 << j);
				(void)parses(parse_bzimage, copy);
			}
			*byte = good;
		}
		unit_free(copy);
	}
}

static void vmlinux(void **state)
{
	struct kg_span linked = unit_rich_vmlinux();

	(void)state;
	assert_int_equal(cut(parse_vmlinux, linked).accepted, 0);
	(void)MUTATE(parse_vmlinux, linked, linked.size, binary_values);
}

/* What lies in a kernel's .rodata: messages of the module loader, and a configuration. */
static void strings_of_kernels(void **state)
{
	struct kg_buffer text = {0};
	struct kg_span packed = unit_filter("gzip -nc", kg_span_of_string("CONFIG_A=y\n"));
	struct kg_span bytes;

	(void)state;
#define X(name, message, meaning) cpio_put(&text, "\1" message, sizeof("\1" message));
	KG_LOADER_RULES(X)
#undef X
	cpio_put(&text, "IKCFG_ST", 8);
	cpio_put(&text, packed.data, packed.size);
	cpio_put(&text, "IKCFG_ED# CONFIG_A is not set\n", 30);
	bytes = kg_buffer_span(&text);
	(void)cut(parse_loader_rules, bytes);
	(void)cut(parse_config, bytes);
	(void)MUTATE(parse_loader_rules, bytes, bytes.size, binary_values);
	(void)MUTATE(parse_config, bytes, bytes.size, binary_values);
	kg_buffer_free(&text);
}

/* Plain and compressed parts in turns, so that all of it is looked at. */
static struct kg_span small_image(void)
{
	static const char *const commands[] = {"gzip -nc", "zstd -qc", "bzip2 -c",
					       "xz --check=crc32 -c"};
	struct kg_buffer image = {0};
	struct kg_span bytes;

	cpio_file(&image, "kernel/x86/microcode/GenuineIntel.bin", "microcode");
	cpio_file(&image, "early_cpio", "1\n");
	cpio_trailer(&image);
	cpio_align(&image, 512);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *name = unit_text("usr/lib/modules/%zu.ko", i);
		struct kg_span part = unit_filter(commands[i], cpio_archive(name, "module"));

		cpio_put(&image, part.data, part.size);
	}
	bytes = unit_copy(kg_buffer_span(&image));
	unit_keep(unit_writable(bytes));
	kg_buffer_free(&image);
	return bytes;
}

static void images(void **state)
{
	struct kg_span small = small_image();
	struct kg_span real = file_of_tree("boot/initramfs-linux.img");
	struct kg_span dracut = unit_read_file(unit_cache("images/6.12/dracut.img"));
	struct cpio_record record = {0};
	struct counts counts;
	unsigned long long early;
	unsigned long long main_part;
	struct kg_error err;

	(void)state;
	(void)cut(parse_initramfs, small);
	(void)MUTATE(parse_initramfs, small, 900, binary_values);
	assert_ok(cpio_walk(real, &record, &err), err);
	assert_int_equal(sscanf(cpio_text(&record.segments), "%*u %llu %*s %*u %*u\n%llu", &early,
				&main_part),
			 2);
	cpio_record_free(&record);
	counts = cut(parse_initramfs, real);
	cut_around(parse_initramfs, real, early, &counts);
	cut_around(parse_initramfs, real, main_part, &counts);
	/* The early part alone is an image, and so are the members it begins with. */
	assert_true(counts.accepted > 0);
	assert_true(counts.longest <= main_part);
	(void)MUTATE(parse_initramfs, real, 12, "");
	assert_int_equal(cut(parse_initramfs, dracut).accepted, 0);
}

static void configurations(void **state)
{
	struct kg_span preset = file_of_tree("etc/mkinitcpio.d/linux.preset");
	struct kg_span config = file_of_tree("etc/mkinitcpio.conf");
	struct kg_span rich = kg_span_of_string(
		"A=(a 'b c' \"$D\" {x,y}{,z} # comment\n)\nB=\"${A[@]} \\\" x\"\n"
		"if [ -e /x ]; then C+=(\"$(date)\"); fi; f() { A[1]=x; }\n"
		"cat <<-'E' >/dev/null\n\tA=1\n\tE\nexport D=$'x' E=`y` && \\\n  F=${A:-\"}\"}\n"
		"case $A in (a|b) ((G = 1)) ;; esac\nH=x\\\ny ~ '\n' ;\n");

	(void)state;
	(void)cut(parse_shell, preset);
	(void)cut(parse_shell, config);
	(void)cut(parse_shell, rich);
	(void)MUTATE(parse_shell, preset, preset.size, text_values);
	(void)MUTATE(parse_shell, config, 600, text_values);
	(void)MUTATE(parse_shell, rich, rich.size, text_values);
}

static void boot_entries(void **state)
{
	struct kg_span entry = file_of_tree("boot/loader/entries/arch.conf");
	struct kg_span loader = file_of_tree("boot/loader/loader.conf");

	(void)state;
	assert_int_equal(cut(parse_boot_entry, entry).accepted, entry.size);
	assert_int_equal(cut(parse_boot_entry, loader).accepted, loader.size);
	(void)MUTATE(parse_boot_entry, entry, entry.size, text_values);
	(void)MUTATE(parse_boot_entry, loader, loader.size, text_values);
}

static void indexes(void **state)
{
	static const char *const names[] = {"modules.dep.bin", "modules.alias.bin",
					    "modules.symbols.bin", "modules.builtin.bin",
					    "modules.builtin.alias.bin"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct kg_span index =
			unit_read_file(unit_text("%s/%s", unit_module_tree("6.12"), names[i]));

		assert_int_equal(cut(parse_index, index).accepted, 0);
		(void)MUTATE(parse_index, index, 8, binary_values);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules),        cmocka_unit_test(loaded_modules),
		cmocka_unit_test(symvers),        cmocka_unit_test(compressed_modules),
		cmocka_unit_test(kernel_images),  cmocka_unit_test(vmlinux),
		cmocka_unit_test(images),         cmocka_unit_test(strings_of_kernels),
		cmocka_unit_test(configurations), cmocka_unit_test(boot_entries),
		cmocka_unit_test(indexes),
	};

	return UNIT_RUN(tests);
}
