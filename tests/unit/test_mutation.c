// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modules and kernels in which several fields at once are wrong, the same ones in every run:
 * nothing is read behind the end, and what is refused is refused with a reason. Meant for
 * the sanitizers.
 */
#include "parsers.h"
#include "rich_elf.h"

enum { rounds = 6000, most_changes = 6 };

/* Bytes of the file that are changed more often than others. */
struct region {
	size_t start;
	size_t size;
};

struct regions {
	struct region items[8];
	size_t count;
};

static void add(struct regions *regions, size_t start, size_t size)
{
	if (size > 0)
		regions->items[regions->count++] = (struct region){start, size};
}

static void add_section(struct regions *regions, struct kg_span bytes, const char *name)
{
	const Elf64_Shdr *section = edit_section(bytes, name);

	add(regions, section->sh_offset, section->sh_size);
}

static struct regions regions_of(struct kg_span bytes, const char *const *sections)
{
	const Elf64_Ehdr *header = edit_header(bytes);
	struct regions regions = {0};

	add(&regions, 0, bytes.size);
	add(&regions, 0, sizeof(*header));
	add(&regions, header->e_shoff, header->e_shnum * sizeof(Elf64_Shdr));
	for (; *sections; sections++)
		add_section(&regions, bytes, *sections);
	return regions;
}

/* A number as a damaged or hostile file has it. */
static uint64_t number(uint64_t *seed, uint64_t file_size)
{
	const uint64_t numbers[] = {
		0,		1,		 2,		 3,
		UINT64_MAX,	file_size,       file_size - 1,  file_size + 1,
		file_size / 2,  INT32_MAX,       UINT32_MAX,     UINT64_C(1) << 32,
		INT64_MAX,      UINT64_C(1) << 63, 0xff20,	 0xfff1,
		0xfff2,		64,		 1024,		 unit_random(seed) % 64,
		unit_random(seed) % (file_size + 1), unit_random(seed),
	};

	return numbers[unit_random(seed) % (sizeof(numbers) / sizeof(numbers[0]))];
}

static void change(struct kg_span copy, const struct regions *regions, uint64_t *seed)
{
	const struct region *region = &regions->items[unit_random(seed) % regions->count];
	size_t width = (size_t)1 << unit_random(seed) % 4;
	size_t at = region->start + unit_random(seed) % region->size;
	uint64_t value = number(seed, copy.size);

	/* Fields lie at multiples of their widths. */
	if (unit_random(seed) % 4 != 0)
		at -= (at - region->start) % width;
	if (at + width <= copy.size)
		memcpy(unit_writable(copy) + at, &value, width);
}

static bool parses(parser *parse, struct kg_span bytes)
{
	struct kg_error err = unit_no_error();

	if (parse(bytes, &err) == 0)
		return true;
	assert_true(err.code > 0);
	assert_true(err.message[0] != '\0');
	return false;
}

/* How many of the copies were taken. */
static size_t mutate(struct kg_span whole, const char *const *sections, parser *const *parsers,
		     uint64_t seed)
{
	struct regions regions = regions_of(whole, sections);
	struct kg_span copy = unit_copy(whole);
	size_t taken = 0;

	for (size_t i = 0; i < rounds; i++) {
		size_t changes = 1 + unit_random(&seed) % most_changes;

		memcpy(unit_writable(copy), whole.data, whole.size);
		while (changes-- > 0)
			change(copy, &regions, &seed);
		for (size_t j = 0; parsers[j]; j++)
			taken += parses(parsers[j], copy) && j == 0;
	}
	unit_free(copy);
	return taken;
}

static void modules(void **state)
{
	static const char *const sections[] = {".symtab", ".modinfo", ".rela.data",
					       ".rela__ksymtab", "__version_ext_names", NULL};
	static parser *const parsers[] = {parse_module_of_any_kernel, parse_load, NULL};
	struct kg_span whole = unit_copy(unit_rich_module());
	size_t taken;

	(void)state;
	assert_true(parses(parse_module, whole));
	taken = mutate(whole, sections, parsers, 1);
	printf("# %d damaged modules, %zu of them with a module in them\n", rounds, taken);
	/* Both kinds are there. */
	assert_true(taken > rounds / 20 && taken < rounds - rounds / 20);
	unit_free(whole);
}

static void kernels(void **state)
{
	static const char *const sections[] = {"__ksymtab", "__param", "__modver", ".rodata",
					       NULL};
	static parser *const parsers[] = {parse_vmlinux, NULL};
	struct kg_span whole = unit_copy(unit_rich_vmlinux());
	size_t taken;

	(void)state;
	assert_true(parses(parse_vmlinux, whole));
	taken = mutate(whole, sections, parsers, 2);
	printf("# %d damaged kernels, %zu of them with an export table\n", rounds, taken);
	assert_true(taken > rounds / 20 && taken < rounds - rounds / 20);
	unit_free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules),
		cmocka_unit_test(kernels),
	};

	return UNIT_RUN(tests);
}
