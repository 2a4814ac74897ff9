// SPDX-License-Identifier: GPL-2.0-or-later
/* Names that are taken in /sys/module, of real kernels and of such as the assembler makes. */
#include "assembled.h"
#include "kernel-guard/parse/builtin_modules.h"
#include "real_vmlinux.h"

/* The names with a blank between them. */
static const char *names_in(const struct kg_elf_file *vmlinux)
{
	struct kg_strings names = {0};
	struct kg_error err = unit_no_error();
	const char *text = "";

	assert_ok(kg_builtin_modules_read(vmlinux, &names, &err), err);
	for (size_t i = 0; i < names.count; i++)
		text = unit_text("%s%s%s", text, i ? " " : "", names.items[i]);
	kg_strings_free(&names);
	return text;
}

static void assert_names(const char *source, const char *expected)
{
	struct kg_span linked = unit_copy(unit_link(source));
	struct kg_elf_file elf;
	struct kg_error err = unit_no_error();

	assert_ok(kg_elf_file_open(linked, &elf, &err), err);
	assert_string_equal(names_in(&elf), expected);
	kg_elf_file_free(&elf);
	unit_free(linked);
}

/* struct kernel_param (include/linux/moduleparam.h). */
#define PARAMS ".section __param,\"a\"\n"
#define PARAM(name, permissions, value)                                                            \
	".quad " name ", 0, 0\n.short " permissions "\n.zero 6\n.quad " value "\n"
#define STRINGS                                                                                    \
	".section .rodata\n"                                                                       \
	"a_x: .asciz \"alpha.x\"\n a_y: .asciz \"alpha.y\"\n b_x: .asciz \"beta.x.z\"\n"           \
	"core: .asciz \"core\"\n enforce: .asciz \"module.sig_enforce\"\n"                         \
	"version: .asciz \"version\"\n alpha: .asciz \"alpha\"\n gamma: .asciz \"gamma\"\n"

static void parameters(void **state)
{
	(void)state;
	assert_names(STRINGS, "");
	assert_names(STRINGS PARAMS, "");
	assert_names(STRINGS PARAMS PARAM("a_x", "0444", "0"), "alpha");
	/* What has no dot is a parameter of the kernel itself. */
	assert_names(STRINGS PARAMS PARAM("core", "0644", "0"), "kernel");
	/* The name ends at the first dot. */
	assert_names(STRINGS PARAMS PARAM("b_x", "0x100", "0") PARAM("a_x", "1", "0"),
		     "alpha beta");
	/* Without permissions it is not shown. */
	assert_names(STRINGS PARAMS PARAM("a_x", "0", "0"), "");
	assert_names(STRINGS PARAMS PARAM("a_x", "0", "0") PARAM("a_y", "0400", "0"), "alpha");
	assert_names(STRINGS PARAMS PARAM("a_x", "1", "0") PARAM("core", "1", "0")
			     PARAM("a_y", "1", "0") PARAM("core", "1", "0"),
		     "alpha kernel");
}

static void parameters_that_cannot_be_read(void **state)
{
	(void)state;
	/* A last one that is cut off, and pointers to nowhere. */
	assert_names(STRINGS PARAMS PARAM("a_x", "1", "0") ".quad b_x, 0, 0\n.short 1\n.zero 13\n",
		     "alpha");
	assert_names(STRINGS PARAMS PARAM("a_x", "1", "0") ".quad b_x, 0, 0\n.short 1\n.zero 14\n",
		     "alpha beta");
	assert_names(STRINGS PARAMS PARAM("0", "1", "0") PARAM("-1", "1", "0")
			     PARAM("0x7fffffff", "1", "0") PARAM("b_x", "1", "0"),
		     "beta");
	assert_names(STRINGS PARAMS PARAM("end", "1", "0") PARAM("b_x", "1", "0")
			     ".data\nend: .ascii \"no NUL.x\"\n",
		     "beta");
	assert_names(STRINGS ".bss\nroom: .zero 64\n" PARAMS PARAM("room", "1", "0"), "");
	assert_names(STRINGS ".section __param,\"aw\",@nobits\n.zero 80\n", "");
	/* Of a longer name only what a module's may have. */
	assert_names(".section .rodata\nlong: .fill 70, 1, 'x'\n.asciz \".y\"\n" PARAMS PARAM(
			     "long", "1", "0"),
		     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

/* struct module_version_attribute (include/linux/module.h). */
#define VERSIONS ".section __modver,\"a\"\n"
#define MODULE_VERSION(module) ".quad version, 0, 0, 0, 0, 0, 0, " module ", 0\n"

static void versions(void **state)
{
	(void)state;
	assert_names(STRINGS VERSIONS, "");
	assert_names(STRINGS VERSIONS MODULE_VERSION("gamma"), "gamma");
	assert_names(STRINGS VERSIONS MODULE_VERSION("gamma") MODULE_VERSION("alpha")
			     MODULE_VERSION("gamma"),
		     "alpha gamma");
	/* Pointers to them, up to Linux 5.10. */
	assert_names(STRINGS VERSIONS ".quad one, two\n.data\none:\n" MODULE_VERSION("gamma")
			     "two:\n" MODULE_VERSION("alpha"),
		     "alpha gamma");
	assert_names(STRINGS VERSIONS MODULE_VERSION("gamma") PARAMS PARAM("b_x", "1", "0")
			     PARAM("core", "1", "0") PARAM("a_x", "1", "0"),
		     "alpha beta gamma kernel");
}

static void versions_that_cannot_be_read(void **state)
{
	(void)state;
	/* The second is cut off before, and behind, the name of its module. */
	assert_names(STRINGS VERSIONS MODULE_VERSION("gamma") ".quad version, 0, 0, 0, 0, 0, 0\n",
		     "gamma");
	assert_names(STRINGS VERSIONS MODULE_VERSION("gamma")
			     ".quad version, 0, 0, 0, 0, 0, 0\n.long alpha\n.zero 3\n",
		     "gamma");
	assert_names(STRINGS VERSIONS MODULE_VERSION("0") MODULE_VERSION("-1")
			     MODULE_VERSION("alpha"),
		     "alpha");
	assert_names(STRINGS VERSIONS ".quad 0, -1, 0x7fffffff, one\n.data\none:\n" MODULE_VERSION(
			     "alpha"),
		     "alpha");
	/* An attribute that is cut off by the end of its segment. */
	assert_names(STRINGS VERSIONS ".quad one\n.data\none: .quad version, 0, 0, 0, 0, 0, 0, "
				      "alpha\n.zero 7\n",
		     "");
	assert_names(STRINGS VERSIONS ".quad one\n.data\none: .quad version, 0, 0, 0, 0, 0, 0, "
				      "alpha\n.zero 8\n",
		     "alpha");
	assert_names(STRINGS ".section __modver,\"a\"\n.zero 7\n", "");
	assert_names(STRINGS ".section __modver,\"aw\",@nobits\n.zero 72\n", "");
}

static void names_are_added(void **state)
{
	struct kg_span linked = unit_link(STRINGS PARAMS PARAM("b_x", "1", "0")
						  PARAM("a_x", "1", "0"));
	static const char *const expected[] = {"alpha", "beta", "zeta"};
	struct kg_strings names = {0};
	struct kg_elf_file elf;
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_elf_file_open(linked, &elf, &err), err);
	assert_ok(kg_strings_add(&names, "zeta", &err), err);
	assert_ok(kg_strings_add(&names, "beta", &err), err);
	assert_ok(kg_builtin_modules_read(&elf, &names, &err), err);
	assert_int_equal(names.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(names.items[i], expected[i]);
	kg_strings_free(&names);
	kg_elf_file_free(&elf);
}

static bool enforced(const char *source)
{
	struct kg_span linked = unit_copy(unit_link(source));
	struct kg_elf_file elf;
	struct kg_error err = unit_no_error();
	bool answer;

	assert_ok(kg_elf_file_open(linked, &elf, &err), err);
	answer = kg_builtin_signatures_enforced(&elf);
	kg_elf_file_free(&elf);
	unit_free(linked);
	return answer;
}

#define VALUES ".data\nyes: .byte 1\nno: .byte 0\n.bss\nunset: .zero 1\n"

static void enforcement_of_signatures(void **state)
{
	(void)state;
	assert_true(enforced(STRINGS VALUES PARAMS PARAM("enforce", "0644", "yes")));
	assert_true(enforced(STRINGS VALUES PARAMS PARAM("a_x", "0644", "no")
				     PARAM("enforce", "0", "yes")));
	assert_false(enforced(STRINGS VALUES PARAMS PARAM("enforce", "0644", "no")));
	assert_false(enforced(STRINGS VALUES PARAMS PARAM("enforce", "0644", "unset")));
	assert_false(enforced(STRINGS VALUES PARAMS PARAM("a_x", "0644", "yes")));
	assert_false(enforced(STRINGS VALUES PARAMS PARAM("enforce", "0644", "0")));
	assert_false(enforced(STRINGS VALUES PARAMS PARAM("enforce", "0644", "-1")));
	assert_false(enforced(STRINGS VALUES));
	/* Cut off before and behind the pointer to the value. */
	assert_false(enforced(STRINGS VALUES PARAMS ".quad enforce, 0, 0, 0\n"));
	assert_false(enforced(STRINGS VALUES PARAMS ".quad enforce, 0, 0, 0\n"
						    ".long yes\n.zero 3\n"));
	assert_false(enforced(STRINGS VALUES PARAMS PARAM("0", "1", "yes")));
}

/* The names before "PATTERN" in the kernel's own list of what its built-in modules say. */
static struct kg_strings built_in_with(const char *series, const char *pattern)
{
	const char *command = unit_text("tr '\\0' '\\n' <%s/modules.builtin.modinfo | "
					"sed -nE 's/^([^.]*)\\.%s.*/\\1/p' | sort -u",
					unit_module_tree(series), pattern);
	struct kg_strings names = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_strings_add_words(&names, unit_output_text(command), &err), err);
	assert_true(names.count > 0);
	return names;
}

/* Parameters whose names begin with something else than the name of their module. */
static const char *const core_names[] = {
	"block",        "damon_lru_sort", "damon_reclaim", "kernel",  "kfence",  "module",
	"page_alloc",   "pcie_aspm",      "printk",        "rcupdate", "rcutree", "syscall",
	"workqueue",    "xen",
};

static bool is_core_name(const char *name)
{
	for (size_t i = 0; i < sizeof(core_names) / sizeof(core_names[0]); i++) {
		if (strcmp(core_names[i], name) == 0)
			return true;
	}
	return false;
}

static size_t count_common(const struct kg_strings *left, const struct kg_strings *right)
{
	size_t common = 0;

	for (size_t i = 0; i < left->count; i++)
		common += kg_strings_contain(right, left->items[i]);
	return common;
}

/*
 * modules.builtin.modinfo is written by the build from other sections than those that are
 * read here. It does not tell permissions: some of what has parameters shows none.
 */
static void names_of_real_kernels(void **state)
{
	static const char *const always[] = {"block", "kernel", "module", "printk", "workqueue"};

	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_elf_file elf = unit_vmlinux_elf(i);
		struct kg_strings any = built_in_with(unit_series[i], "");
		struct kg_strings with_parameters =
			built_in_with(unit_series[i], "parm(type)?=");
		struct kg_strings with_version = built_in_with(unit_series[i], "version=");
		struct kg_strings found = {0};
		struct kg_error err = unit_no_error();

		assert_ok(kg_builtin_modules_read(&elf, &found, &err), err);
		for (size_t j = 0; j < found.count; j++) {
			if (!kg_strings_contain(&any, found.items[j]) &&
			    !is_core_name(found.items[j]))
				unit_fail("Linux %s: %s", unit_series[i], found.items[j]);
			assert_true(j == 0 || strcmp(found.items[j - 1], found.items[j]) < 0);
		}
		for (size_t j = 0; j < sizeof(always) / sizeof(always[0]); j++)
			assert_true(kg_strings_contain_sorted(&found, always[j]));
		assert_int_equal(count_common(&with_version, &found), with_version.count);
		assert_true(count_common(&with_parameters, &found) * 4 >=
			    with_parameters.count * 3);
		printf("# Linux %s: %zu names, of %zu modules with parameters %zu\n",
		       unit_series[i], found.count, with_parameters.count,
		       count_common(&with_parameters, &found));
		assert_false(kg_builtin_signatures_enforced(&elf));
		kg_strings_free(&any);
		kg_strings_free(&with_parameters);
		kg_strings_free(&with_version);
		kg_strings_free(&found);
		kg_elf_file_free(&elf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters),
		cmocka_unit_test(parameters_that_cannot_be_read),
		cmocka_unit_test(versions),
		cmocka_unit_test(versions_that_cannot_be_read),
		cmocka_unit_test(names_are_added),
		cmocka_unit_test(enforcement_of_signatures),
		cmocka_unit_test(names_of_real_kernels),
	};

	return UNIT_RUN(tests);
}
