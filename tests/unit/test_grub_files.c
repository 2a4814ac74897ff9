// SPDX-License-Identifier: GPL-2.0-or-later
/* The files beside a grub.cfg: each is read once, and no more of them than is bounded. */
#include "fixture.h"
#include "kernel-guard/system/grub_files.h"

static struct kg_root root;
static const char *tree;

static void make_file(const char *name, const char *content)
{
	unit_write_file(unit_text("%s/boot/grub/%s", tree, name), kg_span_of_string(content));
}

static int set_up(void **state)
{
	struct kg_error err;

	(void)state;
	tree = unit_text("%s/tree", unit_directory());
	(void)unit_output(unit_text("mkdir -p %s/boot/grub/directory", tree));
	make_file("one.cfg", "one");
	make_file("empty.cfg", "");
	make_file("../outside.cfg", "outside");
	return kg_root_open(tree, &root, &err);
}

static int tear_down(void **state)
{
	(void)state;
	kg_root_close(&root);
	return 0;
}

static struct kg_grub_files_read new_files(void)
{
	return (struct kg_grub_files_read){.root = &root, .config = "/boot/grub/grub.cfg"};
}

/* The text, "none", or "unknown". */
static const char *find(struct kg_grub_files_read *files, const char *path)
{
	struct kg_span text = {0};
	int result = kg_grub_files_find(files, path, &text);

	if (result <= 0)
		return result ? "unknown" : "none";
	return unit_text("%.*s", (int)text.size, text.data ? (const char *)text.data : "");
}

static void answers(void **state)
{
	struct kg_grub_files_read files = new_files();

	(void)state;
	assert_string_equal(find(&files, "(config)/one.cfg"), "one");
	assert_string_equal(find(&files, "(config)/empty.cfg"), "");
	assert_string_equal(find(&files, "(config)/../outside.cfg"), "outside");
	assert_string_equal(find(&files, "(config)/absent.cfg"), "none");
	assert_string_equal(find(&files, "(config)/directory"), "unknown");
	assert_string_equal(find(&files, "(hd0,gpt1)/one.cfg"), "unknown");
	assert_string_equal(find(&files, "(config)"), "unknown");
	assert_int_equal(files.count, 5);
	/* Of what cannot be read the reason is kept, and it is not read again. */
	assert_int_not_equal(files.items[4].why.code, 0);
	assert_string_equal(files.items[4].path, "/boot/grub/directory");
	make_file("absent.cfg", "there");
	assert_string_equal(find(&files, "(config)/absent.cfg"), "none");
	assert_int_equal(files.count, 5);
	assert_false(files.failed);
	kg_grub_files_free(&files);
	assert_int_equal(files.count, 0);
	kg_grub_files_free(&files);
}

static void replaced_file(void **state)
{
	struct kg_grub_files_read files = new_files();

	(void)state;
	files.replaced = "one.cfg";
	assert_string_equal(find(&files, "(config)/empty.cfg"), "");
	assert_false(files.asked);
	assert_string_equal(find(&files, "(config)/one.cfg"), "none");
	assert_true(files.asked);
	files.text = kg_span_of_string("other");
	assert_string_equal(find(&files, "(config)/one.cfg"), "other");
	kg_grub_files_free(&files);
}

static void limits(void **state)
{
	struct kg_grub_files_read files = new_files();
	const char *big = unit_text("%s/boot/grub/big", tree);
	int known = 0;

	(void)state;
	make_file("big", "");
	assert_int_equal(truncate(big, 15000000), 0);
	for (int i = 0; i < 20; i++) {
		struct kg_span text;

		known += kg_grub_files_find(
				 &files, unit_text("(config)/%.*sbig", 2 * i,
						   "./././././././././././././././././././."),
				 &text) == 1;
	}
	assert_in_range(known, 2, 3);
	assert_in_range(files.size, 30000000, 50000000);
	assert_string_equal(find(&files, "(config)/one.cfg"), "unknown");
	kg_grub_files_free(&files);
	for (int i = 0; i < 1500; i++)
		assert_string_equal(find(&files, unit_text("(config)/x%d", i)),
				    i < 1000 ? "none" : "unknown");
	assert_int_equal(files.count, 1000);
	kg_grub_files_free(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(replaced_file),
		cmocka_unit_test(limits),
	};

	return UNIT_RUN_IN(tests, set_up, tear_down);
}
