// SPDX-License-Identifier: GPL-2.0-or-later
/* The types of real kernels, and those of all of their modules. */
#include <fts.h>

#include "btf_fixture.h"
#include "kernel-guard/parse/bzimage.h"
#include "kernel-guard/parse/compression.h"
#include "kernel-guard/parse/elf_file.h"

enum {
	unpack_limit = 512 << 20,
	modules_at_least = 3000, /* that a kernel of Debian has */
};

static struct kernel {
	struct kg_span section; /* .BTF */
	struct kg_btf *btf;
	struct kg_btf_rules rules;
} kernels[unit_series_count];

static struct kg_span section_of(const struct kg_elf_file *elf, const char *name)
{
	const struct kg_elf_section *section = kg_elf_file_section(elf, name);

	assert_non_null(section);
	return section->bytes;
}

/* A copy of the section .BTF of a real kernel, kept. */
static struct kg_span read_section(const char *series)
{
	struct kg_span file = unit_read_file(unit_text("%s/vmlinuz", unit_module_tree(series)));
	struct kg_error err = unit_no_error();
	struct kg_buffer vmlinux = {0};
	struct kg_bzimage image;
	struct kg_elf_file elf;
	struct kg_span copy;

	assert_ok(kg_bzimage_parse(file, &image, &err), err);
	assert_ok(kg_bzimage_unpack(&image, unpack_limit, &vmlinux, &err), err);
	assert_ok(kg_elf_file_open(kg_buffer_span(&vmlinux), &elf, &err), err);
	copy = unit_copy(section_of(&elf, ".BTF"));
	(void)unit_keep(unit_writable(copy));
	kg_elf_file_free(&elf);
	kg_buffer_free(&vmlinux);
	return copy;
}

static int set_up(void **state)
{
	struct kg_error err = unit_no_error();

	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kernel *kernel = &kernels[i];

		kernel->section = read_section(unit_series[i]);
		assert_ok(kg_btf_parse(kernel->section, &kernel->btf, &err), err);
		assert_ok(kg_btf_rules_of(kernel->btf, unit_release(unit_series[i]), &kernel->rules, &err), err);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++)
		kg_btf_free(kernels[i].btf);
	return 0;
}

static const struct kg_btf_rules *rules_of_series(const char *series)
{
	for (size_t i = 0; i < btf_version_count; i++) {
		if (strcmp(btf_versions[i].series, series) == 0)
			return &btf_versions[i].rules;
	}
	unit_fail("no rules of Linux %s", series);
	return NULL;
}

static void rules_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const struct kg_btf_rules *found = &kernels[i].rules;
		const struct kg_btf_rules *known = rules_of_series(unit_series[i]);

		assert_int_equal(found->reads_modules, known->reads_modules);
		assert_int_equal(found->reads_base, known->reads_base);
		assert_int_equal(found->wide_info, known->wide_info);
		assert_int_equal(found->printable_sections, known->printable_sections);
		assert_int_equal(found->tag_flag, known->tag_flag);
		assert_int_equal(found->enum_flag, known->enum_flag);
		assert_int_equal(found->kind_max, known->kind_max);
		assert_int_equal(found->header_size, known->header_size);
		assert_int_equal(found->name_max, known->name_max);
		assert_int_equal(found->modifiers, known->modifiers);
	}
}

/* A kernel with a struct module and a struct btf_header, and what may tell rules. */
struct told {
	const char *release;
	bool reads_modules;
	bool reads_base;
	uint32_t header_size;
	const char *function;
	const char *enumerator;
	uint32_t value;
};

static struct kg_btf *kernel_that_tells(const struct told *told)
{
	struct btf_made made = btf_begin();
	struct kg_error err = unit_no_error();
	struct kg_btf *btf = NULL;
	struct kg_span bytes;
	uint32_t count = 1U + told->reads_modules + told->reads_base;
	const char *const members[] = {"name", "btf_data", "btf_base_data"};

	(void)btf_type(&made, btf_text(&made, "module"), btf_info(BTF_STRUCT, count, false), 64);
	for (uint32_t i = 0; i < count; i++) {
		btf_put_word(&made.types, btf_text(&made, members[i]));
		btf_put_word(&made.types, 1);
		btf_put_word(&made.types, 64 * i);
	}
	(void)btf_named(&made, "btf_header", BTF_STRUCT, false, told->header_size);
	if (told->function)
		(void)btf_named(&made, told->function, BTF_FUNC, false, 0);
	if (told->enumerator) {
		(void)btf_type(&made, 0, btf_info(BTF_ENUM, 1, false), 4);
		btf_put_word(&made.types, btf_text(&made, told->enumerator));
		btf_put_word(&made.types, told->value);
	}
	bytes = btf_bytes(&made);
	assert_ok(kg_btf_parse(bytes, &btf, &err), err);
	unit_free(bytes);
	btf_free(&made);
	return btf;
}

static struct kg_btf_rules rules_told(const struct told *told)
{
	struct kg_btf *btf = kernel_that_tells(told);
	struct kg_error err = unit_no_error();
	struct kg_btf_rules rules;

	assert_ok(kg_btf_rules_of(btf, told->release, &rules, &err), err);
	kg_btf_free(btf);
	return rules;
}

static void rules_by_release(void **state)
{
	static const struct {
		const char *release;
		uint32_t kind_max;
		uint32_t name_max;
		enum kg_btf_modifiers modifiers;
		bool printable, tag_flag, wide;
	} cases[] = {
		{"5.11.0", BTF_DATASEC, 128, KG_BTF_MODIFIERS_ANY, false, false, false},
		{"5.13.1-arch1-1", BTF_FLOAT, 128, KG_BTF_MODIFIERS_ANY, false, false, false},
		{"5.16.9", BTF_DECL_TAG, 128, KG_BTF_MODIFIERS_ANY, false, false, false},
		{"5.17.1", BTF_TYPE_TAG, 128, KG_BTF_MODIFIERS_ANY, false, false, false},
		{"5.19-rc1", BTF_TYPE_TAG, 128, KG_BTF_MODIFIERS_TAGGED, false, false, false},
		{"6.0.0", BTF_ENUM64, 128, KG_BTF_MODIFIERS_TAGGED, false, false, false},
		{"6.1.0-56-amd64", BTF_ENUM64, 512, KG_BTF_MODIFIERS_TAGGED, false, false, false},
		{"6.9.1", BTF_ENUM64, 512, KG_BTF_MODIFIERS_TAGGED, true, false, false},
		{"6.14.0", BTF_ENUM64, 512, KG_BTF_MODIFIERS_TAGGED, true, false, false},
		{"6.15.0", BTF_ENUM64, 512, KG_BTF_MODIFIERS_TAGGED, true, true, false},
		{"7.1.13", BTF_ENUM64, 512, KG_BTF_MODIFIERS_TAGGED, true, true, false},
		{"7.2.0", BTF_ENUM64, 512, KG_BTF_MODIFIERS_BOUNDED, true, true, true},
		{"10.0.0", BTF_ENUM64, 512, KG_BTF_MODIFIERS_BOUNDED, true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct told told = {.release = cases[i].release, .header_size = 24};
		struct kg_btf_rules rules = rules_told(&told);

		assert_false(rules.reads_modules);
		assert_int_equal(rules.kind_max, cases[i].kind_max);
		assert_int_equal(rules.enum_flag, cases[i].kind_max == BTF_ENUM64);
		assert_int_equal(rules.name_max, cases[i].name_max);
		assert_int_equal(rules.modifiers, cases[i].modifiers);
		assert_int_equal(rules.printable_sections, cases[i].printable);
		assert_int_equal(rules.tag_flag, cases[i].tag_flag);
		assert_int_equal(rules.wide_info, cases[i].wide);
	}
}

/* What the types tell outweighs the release. */
static void rules_by_types(void **state)
{
	struct told told = {.release = "5.11.0", .reads_modules = true, .header_size = 24};

	(void)state;
	assert_true(rules_told(&told).reads_modules);
	assert_false(rules_told(&told).reads_base);
	told.reads_base = true;
	assert_true(rules_told(&told).reads_base);
	told.header_size = 32;
	assert_int_equal(rules_told(&told).header_size, 32);
	told.function = "btf_check_type_tags";
	assert_int_equal(rules_told(&told).modifiers, KG_BTF_MODIFIERS_TAGGED);
	told.function = "btf_check_modifier_chain_length";
	assert_int_equal(rules_told(&told).modifiers, KG_BTF_MODIFIERS_BOUNDED);
	told.enumerator = "BTF_KIND_MAX";
	told.value = 20;
	assert_int_equal(rules_told(&told).kind_max, 20);
	assert_false(rules_told(&told).wide_info);
	told.enumerator = "BTF_MAX_VLEN";
	assert_true(rules_told(&told).wide_info);
}

static void rules_that_are_not_to_be_had(void **state)
{
	static const char *const releases[] = {"", "linux", "6", "6.", "6.x", "99999999999.1", "0.1"};
	struct told told = {.reads_modules = true, .header_size = 24};
	struct kg_btf *btf = kernel_that_tells(&told);
	struct kg_error err = unit_no_error();
	struct kg_btf_rules rules;

	(void)state;
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		assert_failure(kg_btf_rules_of(btf, releases[i], &rules, &err), err, ENOTSUP,
			       unit_text("has no release of a known form (%s)", releases[i]));
	kg_btf_free(btf);
	told.header_size = 40;
	btf = kernel_that_tells(&told);
	assert_failure(kg_btf_rules_of(btf, "6.1.0", &rules, &err), err, ENOTSUP,
		       "reads type information of an unknown form (.BTF)");
	kg_btf_free(btf);
	btf = btf_kernel();
	assert_failure(kg_btf_rules_of(btf, "6.1.0", &rules, &err), err, ENOTSUP, "does not describe struct module (.BTF)");
	kg_btf_free(btf);
}

static void structs_of_a_kernel(void **state)
{
	uint32_t value = 7;

	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const struct kg_btf *btf = kernels[i].btf;

		/* struct list_head { struct list_head *next, *prev; } */
		assert_true(kg_btf_struct_size(btf, "list_head", &value));
		assert_int_equal(value, 16);
		assert_true(kg_btf_member_offset(btf, "list_head", "prev", &value));
		assert_int_equal(value, 8);
		/* Where modules have their name (kernel-guard/parse/module.h). */
		assert_true(kg_btf_member_offset(btf, "module", "name", &value));
		assert_int_equal(value, 24);
		value = 7;
		assert_false(kg_btf_struct_size(btf, "kg_missing", &value));
		assert_false(kg_btf_member_offset(btf, "kg_missing", "name", &value));
		assert_false(kg_btf_member_offset(btf, "module", "kg_missing", &value));
		/* A union, and not a struct. */
		assert_false(kg_btf_struct_size(btf, "sigval", &value));
		/* A bit field. */
		assert_false(kg_btf_member_offset(btf, "task_struct", "in_execve", &value));
		assert_int_equal(value, 7);
		assert_true(kg_btf_has_function(btf, "schedule"));
		assert_false(kg_btf_has_function(btf, "list_head"));
		/* enum pid_type, include/linux/pid_types.h */
		assert_true(kg_btf_enumerator(btf, "PIDTYPE_SID", &value));
		assert_int_equal(value, 3);
		assert_false(kg_btf_enumerator(btf, "schedule", &value));
	}
}

static void structs_of_one_name(void **state)
{
	struct kg_btf *btf = btf_kernel();
	uint32_t value = 7;

	(void)state;
	assert_false(kg_btf_struct_size(btf, "kg_either", &value));
	assert_int_equal(value, 7);
	assert_true(kg_btf_struct_size(btf, "kg_twice", &value));
	assert_int_equal(value, 8);
	kg_btf_free(btf);
}

/* Counts what the modules of a tree say. */
struct tally {
	uint32_t size; /* of struct module */
	size_t modules;
	size_t with_types;
	size_t false_alarms;
};

static void judge_module(const struct kernel *kernel, const char *path, struct tally *tally)
{
	struct kg_span file = unit_read_file(path);
	struct kg_error err = unit_no_error();
	struct kg_buffer unpacked = {0};
	struct kg_elf_file elf;
	const struct kg_elf_section *section;
	struct kg_btf_verdict verdict;

	assert_ok(kg_decompress(file, kg_compression_sniff(file), unpack_limit, &unpacked, &err), err);
	assert_ok(kg_elf_file_open(kg_buffer_span(&unpacked), &elf, &err), err);
	tally->modules++;
	assert_int_equal(section_of(&elf, ".gnu.linkonce.this_module").size, tally->size);
	section = kg_elf_file_section(&elf, ".BTF");
	if (section) {
		tally->with_types++;
		verdict = btf_judge(kernel->btf, &kernel->rules, &section->bytes, NULL);
		if (verdict.answer != KG_BTF_VALID) {
			tally->false_alarms++;
			print_error("%s: %s\n", path, verdict.reason);
		}
	}
	kg_elf_file_free(&elf);
	kg_buffer_free(&unpacked);
}

static void every_module_of_a_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		char *paths[] = {unit_text("%s/kernel", unit_module_tree(unit_series[i])), NULL};
		FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
		struct tally tally = {0};
		size_t each = unit_is_full() ? 1 : 8;
		size_t files = 0;
		FTSENT *entry;

		assert_non_null(tree);
		assert_true(kg_btf_struct_size(kernels[i].btf, "module", &tally.size));
		while ((entry = fts_read(tree))) {
			if (entry->fts_info == FTS_F && strstr(entry->fts_name, ".ko") && files++ % each == 0)
				judge_module(&kernels[i], entry->fts_path, &tally);
		}
		(void)fts_close(tree);
		print_message("# Linux %s: %zu modules, %zu with types, %zu false alarms\n", unit_series[i], tally.modules,
			      tally.with_types, tally.false_alarms);
		assert_int_equal(tally.false_alarms, 0);
		assert_int_equal(tally.with_types, tally.modules);
		assert_true(files > modules_at_least);
	}
}

/* Whatever is damaged: an answer, and not a byte read outside. */
static void damaged_modules(void **state)
{
	enum { rounds = 3000 };
	struct kg_btf *btf = btf_kernel();
	uint64_t random = 88172645463325252;
	struct btf_made base = btf_begin();
	struct btf_made made;
	struct kg_span section;
	struct kg_span base_section;
	size_t answers[3] = {0};

	(void)state;
	(void)btf_named(&base, "list_head", BTF_STRUCT, false, 16);
	(void)btf_int(&base, "int", 4, btf_signed | 32);
	made = btf_begin_split(3, (uint32_t)base.strings.size);
	(void)btf_struct(&made, btf_text(&made, "outer"), BTF_STRUCT, 64,
			 btf_array(&made, btf_refer(&made, BTF_CONST, 1), 2));
	(void)btf_refer(&made, BTF_PTR, btf_named(&made, "tag", BTF_TYPE_TAG, false, 2));
	section = btf_bytes(&made);
	base_section = btf_bytes(&base);
	for (size_t round = 0; round < rounds; round++) {
		struct kg_span copy = unit_copy(section);
		struct kg_span base_copy = unit_copy(base_section);
		uint64_t changes = 1 + unit_random(&random) % 3;

		for (uint64_t k = 0; k < changes; k++) {
			struct kg_span changed = unit_random(&random) % 2 ? copy : base_copy;
			size_t place = unit_random(&random) % changed.size;

			unit_writable(changed)[place] ^= (unsigned char)(1U << unit_random(&random) % 8);
		}
		for (size_t i = 0; i < btf_version_count; i++)
			answers[btf_judge(btf, &btf_versions[i].rules, &copy, &base_copy).answer]++;
		unit_free(copy);
		unit_free(base_copy);
	}
	/* All three, or the changes were not worth it. */
	assert_true(answers[KG_BTF_VALID] > 0 && answers[KG_BTF_INVALID] > 0 && answers[KG_BTF_UNKNOWN] > 0);
	unit_free(section);
	unit_free(base_section);
	btf_free(&made);
	btf_free(&base);
	kg_btf_free(btf);
}

/* Cut off anywhere it is damaged. */
static void kernel_cut_off(void **state)
{
	struct btf_made made = btf_begin();
	struct kg_span section;

	(void)state;
	(void)btf_int(&made, "int", 4, 32);
	section = btf_bytes(&made);
	for (size_t size = 0; size < section.size; size++) {
		struct kg_span cut = unit_copy(kg_span_of(section.data, size));
		struct kg_error err = unit_no_error();
		struct kg_btf *btf;

		assert_failure(kg_btf_parse(cut, &btf, &err), err, EBADMSG, NULL);
		unit_free(cut);
	}
	/* Types that are cut off where nothing else is. */
	btf_set_word(section, 24 + 4, btf_info(BTF_STRUCT, 1000, false));
	{
		struct kg_error err = unit_no_error();
		struct kg_btf *btf;

		assert_failure(kg_btf_parse(section, &btf, &err), err, EBADMSG, "has damaged type information (.BTF)");
	}
	unit_free(section);
	btf_free(&made);
}

/* A kind that is not known is skipped where the layout tells how. */
static void kernel_of_the_future(void **state)
{
	enum { kinds = BTF_ENUM64 + 2, of_the_future = BTF_ENUM64 + 1 };
	struct btf_made made = btf_begin();
	struct kg_error err = unit_no_error();
	struct kg_btf *btf = NULL;
	struct kg_span section;
	struct kg_span longer;
	uint32_t value;

	(void)state;
	(void)btf_type(&made, 0, btf_info(of_the_future, 3, false), 0);
	for (uint32_t i = 0; i < 5; i++)
		btf_put_word(&made.types, UINT32_MAX);
	(void)btf_named(&made, "module", BTF_STRUCT, false, 1280);
	section = btf_bytes_with(&made, 32);
	assert_failure(kg_btf_parse(section, &btf, &err), err, ENOTSUP, "has types of unknown kind 20 (.BTF)");
	longer = kg_span_of(calloc(1, section.size + kinds * 4), section.size + kinds * 4);
	assert_non_null(longer.data);
	memcpy(unit_writable(longer), section.data, section.size);
	btf_set_word(longer, 24, (uint32_t)section.size - 32);
	btf_set_word(longer, 28, kinds * 4);
	/* { info_sz, elem_sz, flags }: 8 bytes, and 4 for each of the three. */
	btf_set_word(longer, section.size + of_the_future * 4, 8 | 4 << 8);
	assert_ok(kg_btf_parse(longer, &btf, &err), err);
	assert_true(kg_btf_struct_size(btf, "module", &value));
	assert_int_equal(value, 1280);
	kg_btf_free(btf);
	unit_free(longer);
	unit_free(section);
	btf_free(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_found),          cmocka_unit_test(rules_by_release),
		cmocka_unit_test(rules_by_types),           cmocka_unit_test(rules_that_are_not_to_be_had),
		cmocka_unit_test(structs_of_a_kernel),      cmocka_unit_test(structs_of_one_name),
		cmocka_unit_test(every_module_of_a_kernel), cmocka_unit_test(damaged_modules),
		cmocka_unit_test(kernel_cut_off),           cmocka_unit_test(kernel_of_the_future),
	};

	return UNIT_RUN_IN(tests, set_up, tear_down);
}
