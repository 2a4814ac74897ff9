// SPDX-License-Identifier: GPL-2.0-or-later
/* pacman.conf as pacman reads it, and package files in its cache. */
#include "fixture.h"
#include "kernel-guard/system/pacman_conf.h"

static struct kg_root root;
static struct kg_pacman_conf conf;

static void make_file(const char *path, const char *content)
{
	unit_write_file(unit_text("%s%s", root.path, path), kg_span_of_string(content));
}

static int set_up(void **state)
{
	static const char *const directories[] = {"/etc", "/etc/pacman.d", "/a", "/b"};
	struct kg_error err;

	(void)state;
	assert_ok(kg_root_open(unit_directory(), &root, &err), err);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		assert_int_equal(mkdir(unit_text("%s%s", root.path, directories[i]), 0755), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kg_pacman_conf_free(&conf);
	kg_root_close(&root);
	return 0;
}

static void read_conf(void)
{
	struct kg_error err = unit_no_error();

	kg_pacman_conf_free(&conf);
	assert_ok(kg_pacman_conf_read(&root, &conf, &err), err);
}

static const char *directories(void)
{
	struct kg_error err = unit_no_error();

	return unit_keep(kg_strings_join(&conf.cache_dirs, " ", &err));
}

static void without_a_file(void **state)
{
	(void)state;
	read_conf();
	assert_false(conf.color);
	assert_string_equal(conf.log_file, "/var/log/pacman.log");
	assert_string_equal(directories(), "/var/cache/pacman/pkg");
}

/* Indented, several on a line, in files that are included; not in other sections, nor in comments. */
static void as_pacman(void **state)
{
	(void)state;
	make_file("/etc/pacman.conf", "CacheDir = /before\n[options]\n  CacheDir = /a/\r\n\tColor\n"
				      "#CacheDir = /comment\nLogFile=/a/log\nLogFile = /second\n"
				      "Include = /etc/pacman.d/*.conf\n[core]\n"
				      "CacheDir = /core\nInclude = /etc/pacman.d/1.conf\n");
	make_file("/etc/pacman.d/1.conf", "CacheDir = /b /c d\n");
	make_file("/etc/pacman.d/2.other", "CacheDir = /other\n");
	/* One that includes itself comes to an end. */
	make_file("/etc/pacman.d/3.conf", "Include = /etc/pacman.d/3.conf\n");
	read_conf();
	assert_true(conf.color);
	assert_string_equal(conf.log_file, "/a/log");
	assert_string_equal(directories(), "/a /b /c d");
}

static const char *cached(const char *name, const char *version)
{
	struct kg_error err = unit_no_error();
	char *path = kg_pacman_cached(&root, &conf, name, version, &err);

	assert_int_equal(err.code, 0);
	return path ? unit_keep(path) : "none";
}

static void cached_files(void **state)
{
	static const char *const files[] = {
		"/a/linux-6.1-1-x86_64.pkg.tar.zst.sig", "/a/linux-6.1-1-x86_64.pkg.tar.sig",
		"/a/linux-6.1-1-x86_64.pkg.tar.zst.part", "/a/linux-headers-6.1-1-x86_64.pkg.tar.zst",
		"/a/linux-6.1-10-x86_64.pkg.tar.zst", "/a/linux-6.1-2-x86_64.pkg.tar.xz",
		"/b/linux-6.1-1-x86_64.pkg.tar.xz", "/b/linux-6.1-2-x86_64.pkg.tar.zst",
		"/b/linux-1:6.1-1-any.pkg.tar",
	};

	(void)state;
	make_file("/etc/pacman.conf", "[options]\nCacheDir = /a\nCacheDir = /nowhere\nCacheDir = /b\n");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		make_file(files[i], "");
	read_conf();
	assert_string_equal(cached("linux", "6.1-1"), "/b/linux-6.1-1-x86_64.pkg.tar.xz");
	assert_string_equal(cached("linux", "6.1-2"), "/a/linux-6.1-2-x86_64.pkg.tar.xz");
	assert_string_equal(cached("linux", "1:6.1-1"), "/b/linux-1:6.1-1-any.pkg.tar");
	assert_string_equal(cached("linux-headers", "6.1-1"), "/a/linux-headers-6.1-1-x86_64.pkg.tar.zst");
	assert_string_equal(cached("linux", "6.1"), "none");
	assert_string_equal(cached("linux", "7-1"), "none");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file),
		cmocka_unit_test(as_pacman),
		cmocka_unit_test(cached_files),
	};

	return UNIT_RUN_IN(tests, set_up, tear_down);
}
