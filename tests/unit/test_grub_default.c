// SPDX-License-Identifier: GPL-2.0-or-later
/* Which entry GRUB starts when nobody chooses, and the environment block that says so. */
#include "grub_fixture.h"
#include "kernel-guard/parse/grub_environment.h"

static const char menu[] = "menuentry zero --id z { linux /0; }\n"
			   "submenu one --id o {\n"
			   "  menuentry 'one zero' --id oz { linux /10; }\n"
			   "  menuentry 'one one' --id oo { linux /11; }\n"
			   "  submenu 'one two' --id ot { menuentry x { linux /120; }\n"
			   "    menuentry y { linux /121; }; }\n"
			   "}\n"
			   "menuentry 'two > three' --id 2to3 { linux /2; }\n"
			   "menuentry 6.12 { linux /3; }\n";

/* The ids of the entries that are default, joined. */
static const char *defaults(const char *script, const struct grub_file *files)
{
	const char *lines = grub_read_with(script, files);
	const char *found = "";

	for (const char *line = lines; *line; line = strchr(line, '\n') + 1) {
		if (*line == '*')
			found = unit_text("%s%s%.*s", found, *found ? " " : "",
					  (int)strcspn(line + 1, ":"), line + 1);
	}
	return strstr(lines, "default unknown") ? unit_text("%s ?", found) : found;
}

static void values_of_default(void **state)
{
	static const struct {
		const char *value;
		const char *expected;
	} cases[] = {
		{"0", "z"},
		{"1", "o>oz"},
		{"1>1", "o>oo"},
		{"1>2", "o>ot>x"},
		{"1>2>1", "o>ot>y"},
		{"1>7", "o>oz"},
		{"1>", "o>oz"},
		{"2", "2to3"},
		{"3", "6.12"},
		{"4", "z"},
		{"-1", "z"},
		{"", "z"},
		{" 2", "2to3"},
		{"0x2", "2to3"},
		{"02", "2to3"},
		{"1 2", "o>oz"},
		{"99999999999999999999999", "z"},
		{"z", "z"},
		{"zero", "z"},
		{"o>oo", "o>oo"},
		{"one>one one", "o>oo"},
		{"one>oo", "o>oo"},
		{"o>1", "o>oo"},
		{"o>nothing", "o>oz"},
		{"one>one two>y", "o>ot>y"},
		{"two >> three", "2to3"},
		{"two > three", "z"},
		{"oo", "z"},
		{"nothing", "z"},
		/* What begins with a digit is a number: 2 here, 6 there. */
		{"2to3", "2to3"},
		{"6.12", "z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *script = unit_text("set default=\"%s\"\n%s", cases[i].value, menu);
		const char *found = defaults(script, grub_no_files);

		if (strcmp(found, cases[i].expected) != 0)
			unit_fail("default=\"%s\" starts %s, not %s", cases[i].value, found,
				  cases[i].expected);
	}
	assert_string_equal(defaults(menu, grub_no_files), "z");
	assert_string_equal(defaults("", grub_no_files), "");
	assert_string_equal(defaults("set default=1\nsubmenu a { true; }\n", grub_no_files), "");
}

static void defaults_known_at_boot(void **state)
{
	(void)state;
	assert_string_equal(defaults(unit_text("if cmostest 84:1; then set default=2; else set "
					       "default=o; fi\n%s", menu),
				     grub_no_files),
			    "o>oz 2to3");
	assert_string_equal(defaults(unit_text("if loadfont x; then set default=2; fi\n%s", menu),
				     grub_no_files),
			    "z 2to3");
	assert_string_equal(defaults(unit_text("set default=$grub_cpu\n%s", menu), grub_no_files),
			    "z ?");
	/* An entry that is there or not moves those behind it. */
	assert_string_equal(defaults("set default=1\nif [ -d /x ]; then menuentry a { b; }; fi\n"
				     "menuentry c { d; }\nmenuentry e { f; }\nmenuentry g { h; }\n",
				     grub_no_files),
			    "c e");
	assert_string_equal(defaults("if [ -d /x ]; then menuentry a { b; }; fi\nmenuentry c { d; }\n",
				     grub_no_files),
			    "?a c");
	assert_string_equal(defaults("set default=c\nif [ -d /x ]; then menuentry c { b; }; fi\n"
				     "menuentry a { d; }\nmenuentry c { e; }\n",
				     grub_no_files),
			    "?c c");
}

/* What 00_header writes (grub-mkconfig 2.12). */
static const char header[] = "if [ -s $prefix/grubenv ]; then\n"
			     "  set have_grubenv=true\n"
			     "  load_env\n"
			     "fi\n"
			     "if [ \"${next_entry}\" ] ; then\n"
			     "   set default=\"${next_entry}\"\n"
			     "   set next_entry=\n"
			     "   save_env next_entry\n"
			     "   set boot_once=true\n"
			     "else\n"
			     "   set default=\"${saved_entry}\"\n"
			     "fi\n"
			     "if [ \"${prev_saved_entry}\" ]; then\n"
			     "  set saved_entry=\"${prev_saved_entry}\"\n"
			     "  save_env saved_entry\n"
			     "  set prev_saved_entry=\n"
			     "  save_env prev_saved_entry\n"
			     "  set boot_once=true\n"
			     "fi\n";

static const char *with_block(const char *variables)
{
	const struct grub_file files[] = {
		{"grubenv", unit_text("# GRUB Environment Block\n%s########", variables)},
		{0},
	};

	return defaults(unit_text("%s%s", header, menu), files);
}

static void saved_entries(void **state)
{
	const struct grub_file unknown[] = {{"grubenv", NULL}, {0}};
	const struct grub_file damaged[] = {{"grubenv", "saved_entry=2\n"}, {0}};

	(void)state;
	assert_string_equal(defaults(unit_text("%s%s", header, menu), grub_no_files), "z");
	assert_string_equal(with_block(""), "z");
	assert_string_equal(with_block("saved_entry=o>oo\n"), "o>oo");
	assert_string_equal(with_block("saved_entry=2\nsaved_entry=o>oo\n"), "o>oo");
	assert_string_equal(with_block("saved_entry=two >> three\n"), "2to3");
	/* For one boot, and for those after it. */
	assert_string_equal(with_block("saved_entry=o>oo\nnext_entry=2\n"), "o>oo 2to3");
	assert_string_equal(with_block("next_entry=2\n"), "z 2to3");
	assert_string_equal(with_block("saved_entry=o>oo\nnext_entry=\n"), "o>oo");
	assert_string_equal(with_block("saved_entry=2\nprev_saved_entry=o>oo\n"), "o>oo 2to3");
	assert_string_equal(defaults(unit_text("load_env\nset default=$saved_entry\n%s", menu), unknown),
			    "z ?");
	assert_grub_with("\nload_env\nmenuentry a { linux /$saved_entry; }", damaged,
			 "*a: (own)/ {}\n2: (config)/grubenv is no GRUB environment block\n");
	assert_string_equal(defaults(unit_text("load_env --file (config)/none saved_entry\n%s", menu),
				     unknown),
			    "z");
}

static void some_variables(void **state)
{
	const struct grub_file files[] = {
		{"other", "# GRUB Environment Block\na=1\nb=2\n"},
		{0},
	};

	(void)state;
	assert_grub_with("load_env -f $prefix/other b\nmenuentry m { linux /$a$b; }", files,
			 "*m: (own)/2 {}\n");
	assert_grub_with("load_env --file=$prefix/other\nmenuentry m { linux /$a$b; }", files,
			 "*m: (own)/12 {}\n");
}

static const char *read_block(const char *bytes, size_t size)
{
	struct kg_span block = unit_copy(kg_span_of(bytes, size));
	struct kg_grub_environment environment = {0};
	struct kg_error err = unit_no_error();
	const char *text = "";

	assert_ok(kg_grub_environment_parse(block, &environment, &err), err);
	unit_free(block);
	for (size_t i = 0; i < environment.names.count; i++)
		text = unit_text("%s%s=<%s>", text, environment.names.items[i],
				 environment.values.items[i]);
	kg_grub_environment_free(&environment);
	assert_null(kg_grub_environment_get(&environment, "a"));
	kg_grub_environment_free(&environment);
	return text;
}

#define SIGNATURE "# GRUB Environment Block\n"

static void environment_blocks(void **state)
{
	static const struct {
		const char *block;
		const char *expected;
	} cases[] = {
		{SIGNATURE, ""},
		{SIGNATURE "a=1\nb=two words\n######", "a=<1>b=<two words>"},
		{SIGNATURE "# WARNING: Do not edit\na=1\n", "a=<1>"},
		{SIGNATURE "a=\n#b=2\nc==\n", "a=<>c=<=>"},
		{SIGNATURE "a=1\\\n2\\\\3\n", "a=<1\n2\\3>"},
		{SIGNATURE "a=1\nb=2", "a=<1>"},
		{SIGNATURE "a=1\\", ""},
		{SIGNATURE "a=1\nb\n", "a=<1>"},
		{SIGNATURE "a\nb=2\n", "a\nb=<2>"},
	};
	struct kg_grub_environment environment = {0};
	struct kg_error err = unit_no_error();
	char *large;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(read_block(cases[i].block, strlen(cases[i].block)),
				    cases[i].expected);
	assert_failure(kg_grub_environment_parse(kg_span_of_string("# GRUB Environment Bloc\n"),
						 &environment, &err),
		       err, EBADMSG, "is no GRUB environment block");
	assert_failure(kg_grub_environment_parse((struct kg_span){0}, &environment, &err), err,
		       EBADMSG, "is no GRUB environment block");
	large = unit_keep(calloc(1, (1 << 20) + 1));
	assert_failure(kg_grub_environment_parse(kg_span_of(large, (1 << 20) + 1), &environment,
						 &err),
		       err, EFBIG, "has more than 1048576 bytes");
}

/* What the real tool writes, and that it reads the same. */
static void grub_editenv(void **state)
{
	const char *file = unit_text("%s/grubenv", unit_directory());
	struct kg_span block;

	(void)state;
	(void)unit_output(unit_text("grub-editenv %s create && grub-editenv %s set a=1 "
				    "saved_entry='x>y z' 'b=back\\slash' && grub-editenv %s set a=2",
				    file, file, file));
	block = unit_read_file(file);
	assert_int_equal(block.size, 1024);
	assert_string_equal(read_block((const char *)block.data, block.size),
			    "a=<2>saved_entry=<x>y z>b=<back\\slash>");
	assert_string_equal(unit_output_text(unit_text("grub-editenv %s list", file)),
			    "a=2\nsaved_entry=x>y z\nb=back\\slash");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_default), cmocka_unit_test(defaults_known_at_boot),
		cmocka_unit_test(saved_entries),     cmocka_unit_test(some_variables),
		cmocka_unit_test(environment_blocks), cmocka_unit_test(grub_editenv),
	};

	return UNIT_RUN(tests);
}
