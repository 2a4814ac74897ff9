// SPDX-License-Identifier: GPL-2.0-or-later
/* What programs need to be started, and where it is looked for in what images unpack to. */
#include "cpio_fixture.h"
#include "kernel-guard/parse/program.h"
#include "kernel-guard/system/library_path.h"

static struct kg_program program;

static void assert_program(struct kg_span bytes, enum kg_program_kind kind,
			   const char *interpreter)
{
	struct kg_span exact = unit_copy(bytes);
	struct kg_error err = unit_no_error();

	kg_program_free(&program);
	assert_ok(kg_program_parse(exact, &program, &err), err);
	unit_free(exact);
	assert_int_equal(program.kind, kind);
	if (interpreter)
		assert_string_equal(program.interpreter, interpreter);
	else
		assert_null(program.interpreter);
}

static void scripts(void **state)
{
	static const struct {
		const char *text;
		const char *interpreter;
	} cases[] = {
		{"#!/bin/sh\n", "/bin/sh"},         {"#! \t/usr/bin/ash -e\n", "/usr/bin/ash"},
		{"#!/bin/sh", "/bin/sh"},           {"#!/bin/sh\t-e", "/bin/sh"},
		{"#!", ""},                         {"#!\n", ""},
	};
	char longer[400];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_program(kg_span_of_string(cases[i].text), KG_PROGRAM_SCRIPT,
			       cases[i].interpreter);
	/* The kernel reads no more than the first 256 bytes. */
	memset(longer, 'x', sizeof(longer));
	memcpy(longer, "#!", 2);
	assert_program(kg_span_of(longer, sizeof(longer)), KG_PROGRAM_SCRIPT,
		       unit_text("%.254s", longer + 2));
	assert_program(kg_span_of_string("text"), KG_PROGRAM_OTHER, NULL);
	assert_program(kg_span_of("", 0), KG_PROGRAM_OTHER, NULL);
	kg_program_free(&program);
}

/* A program of its own needs, made by the compiler. */
static struct kg_span linked(const char *options)
{
	unit_output(unit_text("cd %s && echo 'int main(void) { return 0; }' | gcc -x c -o program - %s",
			      unit_directory(), options));
	return unit_read_file(unit_text("%s/program", unit_directory()));
}

static const char *joined_text(const struct kg_strings *list)
{
	const char *text = "";

	for (size_t i = 0; i < list->count; i++)
		text = unit_text("%s%s%s", text, i ? " " : "", list->items[i]);
	return text;
}

static void elf_programs(void **state)
{
	(void)state;
	assert_program(linked(""), KG_PROGRAM_ELF, "/lib64/ld-linux-x86-64.so.2");
	assert_string_equal(joined_text(&program.needed), "libc.so.6");
	assert_string_equal(joined_text(&program.search), "");
	assert_program(linked("-Wl,--no-as-needed -lm -Wl,--enable-new-dtags "
			      "-Wl,-rpath,/opt/a:\\$ORIGIN/../b"),
		       KG_PROGRAM_ELF, "/lib64/ld-linux-x86-64.so.2");
	assert_string_equal(joined_text(&program.needed), "libm.so.6 libc.so.6");
	assert_string_equal(joined_text(&program.search), "/opt/a $ORIGIN/../b");
	assert_program(linked("-Wl,--disable-new-dtags -Wl,-rpath,/opt/c"), KG_PROGRAM_ELF,
		       "/lib64/ld-linux-x86-64.so.2");
	assert_string_equal(joined_text(&program.search), "/opt/c");
	assert_program(linked("-static"), KG_PROGRAM_ELF, NULL);
	assert_string_equal(joined_text(&program.needed), "");
	assert_program(linked("-static -s"), KG_PROGRAM_ELF, NULL);
	kg_program_free(&program);
}

static void elf_of_another_class(void **state)
{
	struct kg_span bytes = unit_copy(linked(""));

	(void)state;
	unit_writable(bytes)[4] = 1;
	assert_program(kg_span_of(bytes.data, bytes.size), KG_PROGRAM_FOREIGN, NULL);
	unit_free(bytes);
	kg_program_free(&program);
}

/* Two images, one after the other, and what they hold together. */
static struct kg_initrd first;
static struct kg_initrd second;
static struct kg_initrd_tree tree;

static bool wants_nothing(const void *context, const char *path)
{
	(void)context;
	(void)path;
	return false;
}

static void link_to(struct kg_buffer *archive, const char *name, const char *target)
{
	const struct cpio_member member = {
		.name = name, .content = kg_span_of_string(target), .mode = 0120777};

	cpio_add(archive, &member);
}

static void list(const struct kg_buffer *archive, struct kg_initrd *initrd)
{
	struct kg_span span = kg_buffer_span(archive);
	struct kg_source source = kg_source_of_span(&span);
	struct kg_error err;

	assert_ok(kg_initrd_list(&source, wants_nothing, NULL, initrd, &err), err);
	assert_int_equal(initrd->damage.code, 0);
	assert_ok(kg_initrd_tree_add(&tree, initrd, &err), err);
}

static int free_images(void **state)
{
	(void)state;
	kg_initrd_tree_free(&tree);
	kg_initrd_free(&first);
	kg_initrd_free(&second);
	return 0;
}

static void assert_resolves(const char *path, const char *expected)
{
	struct kg_error err = unit_no_error();
	char *resolved = NULL;

	if (!kg_initrd_tree_resolve(&tree, path, &resolved, &err))
		unit_fail("%s: %s", path, err.message);
	assert_string_equal(resolved, expected);
	free(resolved);
}

static void assert_unresolved(const char *path, int code, const char *message)
{
	struct kg_error err = unit_no_error();
	char *resolved = NULL;

	assert_no_pointer(kg_initrd_tree_resolve(&tree, path, &resolved, &err), err, code,
			  message);
	assert_null(resolved);
}

static void links_of_all_kinds(void **state)
{
	struct kg_buffer archive = {0};
	char longest[4200];

	(void)state;
	link_to(&archive, "init", "usr/lib/systemd/systemd");
	link_to(&archive, "lib", "usr/lib");
	link_to(&archive, "usr/lib64", "lib/");
	link_to(&archive, "absolute", "/lib64/../lib/./libc.so.6");
	link_to(&archive, "up", "../../../..//usr/lib/libc.so.6");
	link_to(&archive, "circle", "other");
	link_to(&archive, "other", "/circle");
	link_to(&archive, "grows", "grows/x");
	link_to(&archive, "nowhere", "usr/nothing");
	link_to(&archive, "lib64", "usr/lib64");
	cpio_file(&archive, "usr/lib/libc.so.6", "");
	cpio_file(&archive, "usr/lib/systemd/systemd", "");
	list(&archive, &first);
	kg_initrd_tree_sort(&tree);
	assert_resolves("/init", "usr/lib/systemd/systemd");
	assert_resolves("init", "usr/lib/systemd/systemd");
	assert_resolves("/lib64/libc.so.6", "usr/lib/libc.so.6");
	assert_resolves("//lib/.//libc.so.6/", "usr/lib/libc.so.6");
	assert_resolves("/absolute", "usr/lib/libc.so.6");
	assert_resolves("up", "usr/lib/libc.so.6");
	assert_unresolved("nowhere", ENOENT, "usr/nothing is not there");
	assert_unresolved("/lib/nothing", ENOENT, "usr/lib/nothing is not there");
	assert_unresolved("/", ENOENT, " is not there");
	assert_unresolved("/circle", ELOOP, NULL);
	assert_unresolved("grows", ELOOP, NULL);
	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_unresolved(longest, ENAMETOOLONG, NULL);
	memcpy(longest, "/lib/", 5);
	longest[4095] = '\0';
	assert_unresolved(longest, ENAMETOOLONG, NULL);
	kg_buffer_free(&archive);
}

static void the_later_image_counts(void **state)
{
	struct kg_buffer archive = {0};

	(void)state;
	cpio_file(&archive, "init", "#!/bin/one");
	cpio_file(&archive, "init", "#!/bin/two");
	cpio_file(&archive, "a/b", "");
	list(&archive, &first);
	archive.size = 0;
	cpio_file(&archive, "init", "#!/bin/three");
	cpio_file(&archive, "inits", "");
	list(&archive, &second);
	kg_initrd_tree_sort(&tree);
	assert_int_equal(kg_initrd_tree_find(&tree, "init")->size, 12);
	assert_non_null(kg_initrd_tree_find(&tree, "a/b"));
	assert_null(kg_initrd_tree_find(&tree, "ini"));
	assert_null(kg_initrd_tree_find(&tree, ""));
	assert_true(kg_initrd_tree_has_name(&tree, "b"));
	assert_false(kg_initrd_tree_has_name(&tree, "a"));
	kg_buffer_free(&archive);
}

static void hard_links_share_a_program(void **state)
{
	struct kg_buffer archive = {0};
	struct cpio_member member = {.name = "bin/sh", .mode = 0100755, .nlink = 2, .ino = 7};

	(void)state;
	cpio_add(&archive, &member);
	member.name = "bin/busybox";
	member.content = kg_span_of_string("#!/bin/own");
	cpio_add(&archive, &member);
	cpio_file(&archive, "empty", "");
	list(&archive, &first);
	kg_initrd_tree_sort(&tree);
	assert_string_equal(
		kg_initrd_tree_program(&tree, kg_initrd_tree_find(&tree, "bin/sh"))->interpreter,
		"/bin/own");
	assert_null(kg_initrd_tree_program(&tree, kg_initrd_tree_find(&tree, "empty")));
	kg_buffer_free(&archive);
}

static void assert_found(const struct kg_library_path *path, const char *name, const char *file,
			 const struct kg_program *by, const char *expected)
{
	struct kg_error err = unit_no_error();
	char *found;

	assert_ok(kg_library_path_find(path, &tree, name, file, by, &found, &err), err);
	if (expected)
		assert_string_equal(found, expected);
	else
		assert_null(found);
	free(found);
}

static void libraries(void **state)
{
	struct kg_buffer archive = {0};
	struct kg_library_path path = {0};
	struct kg_program none = {0};
	struct kg_program own = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	link_to(&archive, "lib", "usr/lib");
	cpio_file(&archive, "usr/lib/liba.so", "");
	cpio_file(&archive, "usr/lib/x86_64-linux-gnu/libb.so", "");
	cpio_file(&archive, "usr/lib/glibc-hwcaps/x86-64-v3/libc.so", "");
	cpio_file(&archive, "opt/own/libd.so", "");
	cpio_file(&archive, "opt/conf/libe.so", "");
	cpio_file(&archive, "etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n# /opt/no\n");
	cpio_file(&archive, "etc/ld.so.conf.d/x.conf", "\n/opt/conf  # ours\n");
	list(&archive, &first);
	kg_initrd_tree_sort(&tree);
	assert_ok(kg_library_path_read(&tree, &path, &err), err);
	assert_string_equal(joined_text(&path.directories), "/opt/conf");
	assert_ok(kg_strings_add(&own.search, "${ORIGIN}/../own", &err), err);
	assert_found(&path, "liba.so", "usr/bin/x", &none, "/lib/liba.so");
	assert_found(&path, "libb.so", "usr/bin/x", &none, "/lib/x86_64-linux-gnu/libb.so");
	assert_found(&path, "libc.so", "usr/bin/x", &none,
		     "/lib/glibc-hwcaps/x86-64-v3/libc.so");
	assert_found(&path, "libd.so", "opt/bin/x", &none, NULL);
	assert_found(&path, "libd.so", "opt/bin/x", &own, "/opt/bin/../own/libd.so");
	assert_found(&path, "libd.so", "x", &own, NULL);
	assert_found(&path, "libe.so", "usr/bin/x", &none, "/opt/conf/libe.so");
	assert_false(kg_library_path_may_have(&path, &tree, "libd.so"));
	path.cached = true;
	assert_true(kg_library_path_may_have(&path, &tree, "libd.so"));
	assert_false(kg_library_path_may_have(&path, &tree, "libz.so"));
	kg_program_free(&own);
	kg_library_path_free(&path);
	kg_buffer_free(&archive);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, free_images, free_images)
	const struct CMUnitTest tests[] = {
		TEST(scripts),
		TEST(elf_programs),
		TEST(elf_of_another_class),
		TEST(links_of_all_kinds),
		TEST(the_later_image_counts),
		TEST(hard_links_share_a_program),
		TEST(libraries),
	};

	return UNIT_RUN(tests);
}
