// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fixture.h"
#include "kernel-guard/core/root.h"

/* A foreign tree whose links would lead to the host if they were followed outside of it. */
struct tree {
	const char *path;
	struct kg_root root;
};

static void make_directory(const char *tree, const char *path)
{
	assert_int_equal(mkdir(unit_text("%s/%s", tree, path), 0755), 0);
}

static void make_file(const char *tree, const char *path, const char *content)
{
	unit_write_file(unit_text("%s/%s", tree, path), kg_span_of_string(content));
}

static void make_link(const char *tree, const char *path, const char *target)
{
	assert_int_equal(symlink(target, unit_text("%s/%s", tree, path)), 0);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
}

static void make_tree(const char *tree)
{
	static const char *const directories[] = {"etc",           "boot",      "usr",
						  "usr/lib",       "usr/lib/b", "usr/lib/a",
						  "usr/lib/empty", "outside"};

	assert_int_equal(mkdir(tree, 0755), 0);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		make_directory(tree, directories[i]);
	make_file(tree, "etc/hostname", "of the tree\n");
	make_file(tree, "etc/passwd", "of the tree too\n");
	make_file(tree, "usr/lib/b/2", "");
	make_file(tree, "usr/lib/b/10", "");
	make_file(tree, "usr/lib/a/.hidden", "");
	make_file(tree, "usr/lib/z", "");
	make_file(tree, "usr/lib/Z", "");
	make_link(tree, "etc/os-release", "/etc/hostname");
	make_link(tree, "etc/up", "../../../../../../../etc/passwd");
	make_link(tree, "lib", "/usr/lib");
	make_link(tree, "usr/lib/link", "z");
	make_link(tree, "usr/lib/directory-link", "b");
	make_link(tree, "usr/lib/dangling", "/nowhere");
	make_link(tree, "etc/loop", "/etc/pool");
	make_link(tree, "etc/pool", "loop");
	make_link(tree, "etc/self", "/proc/self/root/etc/hostname");
	assert_int_equal(mkfifo(unit_text("%s/etc/fifo", tree), 0644), 0);
	assert_int_equal(mkfifo(unit_text("%s/usr/lib/fifo", tree), 0644), 0);
	make_socket(unit_text("%s/etc/socket", tree));
	make_link(tree, "etc/fifo-link", "fifo");
}

static int set_up(void **state)
{
	static struct tree tree;
	struct kg_error err;

	tree.path = unit_text("%s/tree", unit_directory());
	make_tree(tree.path);
	assert_ok(kg_root_open(tree.path, &tree.root, &err), err);
	*state = &tree;
	return 0;
}

static int tear_down(void **state)
{
	struct tree *tree = *state;

	kg_root_close(&tree->root);
	return 0;
}

static void assert_content(const struct tree *tree, const char *path, const char *content)
{
	struct kg_buffer out = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_root_read_file(&tree->root, path, 1000, &out, &err), err);
	assert_int_equal(out.size, strlen(content));
	assert_memory_equal(out.data, content, out.size);
	kg_buffer_free(&out);
	assert_true(kg_root_has_file(&tree->root, path));
	assert_false(kg_root_has_directory(&tree->root, path));
}

static void assert_refused_because(const struct tree *tree, const char *path, int code,
				   const char *reason)
{
	struct kg_file file = {.fd = 42};
	struct kg_error err = unit_no_error();

	assert_failure(kg_root_open_file(&tree->root, path, &file, &err), err, code,
		       unit_text("%s: %s", path, reason));
	assert_int_equal(file.fd, 42);
	assert_false(kg_root_has_file(&tree->root, path));
}

static void assert_refused(const struct tree *tree, const char *path, int code)
{
	assert_refused_because(tree, path, code,
			       code == EINVAL ? "is not a regular file" : strerror(code));
}

static void files_are_read(void **state)
{
	assert_content(*state, "/etc/hostname", "of the tree\n");
	assert_content(*state, "etc/hostname", "of the tree\n");
	assert_content(*state, "///etc//./hostname", "of the tree\n");
	assert_refused(*state, "/etc/missing", ENOENT);
	assert_refused(*state, "/etc/hostname/x", ENOTDIR);
}

static void absolute_links_stay_inside(void **state)
{
	struct tree *tree = *state;

	assert_content(tree, "/etc/os-release", "of the tree\n");
	assert_content(tree, "/lib/z", "");
	assert_true(kg_root_has_directory(&tree->root, "/lib"));
	assert_true(kg_root_has_directory(&tree->root, "/lib/directory-link"));
}

static void parents_stay_inside(void **state)
{
	assert_content(*state, "/etc/up", "of the tree too\n");
	assert_content(*state, "/../../../../../../../../etc/passwd", "of the tree too\n");
	assert_content(*state, "../../../../../../../../etc/passwd", "of the tree too\n");
	assert_content(*state, "/usr/../../etc/passwd", "of the tree too\n");
}

static void only_the_host_has_it(void **state)
{
	const struct tree *tree = *state;

	/* Of the host, each of these exists. */
	assert_int_equal(access("/proc/self/status", F_OK), 0);
	assert_int_equal(access("/dev/null", F_OK), 0);
	assert_refused(tree, "/proc/self/status", ENOENT);
	assert_refused(tree, "/dev/null", ENOENT);
	assert_refused_because(tree, "/etc/self", ENOENT,
			       "is a symbolic link that leads to nothing");
	assert_refused_because(tree, "/usr/lib/dangling", ENOENT,
			       "is a symbolic link that leads to nothing");
	assert_refused(tree, unit_text("/..%s/etc/hostname", tree->path), ENOENT);
}

static void magic_links_are_refused(void **state)
{
	struct tree host = {.path = "/"};
	struct kg_error err;

	(void)state;
	assert_ok(kg_root_open("/", &host.root, &err), err);
	assert_refused(&host, "/proc/self/exe", ELOOP);
	assert_refused(&host, "/proc/self/root/etc/hostname", ELOOP);
	kg_root_close(&host.root);
}

static void loops_end(void **state)
{
	struct tree *tree = *state;
	struct kg_error err = unit_no_error();

	assert_refused(tree, "/etc/loop", ELOOP);
	assert_refused(tree, "/etc/pool/x", ELOOP);
	assert_failure(kg_root_open_directory(&tree->root, "/etc/loop", &err), err, ELOOP, NULL);
	assert_false(kg_root_has_directory(&tree->root, "/etc/loop"));
}

static void special_files_are_not_opened(void **state)
{
	struct tree host = {.path = "/"};
	struct kg_error err;

	assert_refused(*state, "/etc/fifo", EINVAL);
	assert_refused(*state, "/etc/fifo-link", EINVAL);
	assert_refused(*state, "/etc/socket", EINVAL);
	assert_refused(*state, "/etc", EINVAL);
	assert_refused(*state, "/", EINVAL);
	assert_refused(*state, "", EINVAL);
	assert_ok(kg_root_open("/", &host.root, &err), err);
	assert_refused(&host, "/dev/null", EINVAL);
	assert_refused(&host, "/dev/zero", EINVAL);
	kg_root_close(&host.root);
}

/* A FIFO that has been opened for reading lets a writer in. */
static void a_fifo_sees_no_reader(void **state)
{
	struct tree *tree = *state;

	assert_refused(tree, "/etc/fifo", EINVAL);
	assert_int_equal(open(unit_text("%s/etc/fifo", tree->path), O_WRONLY | O_NONBLOCK), -1);
	assert_int_equal(errno, ENXIO);
}

static void directories_are_opened(void **state)
{
	struct tree *tree = *state;
	struct kg_error err = unit_no_error();
	int fd = kg_root_open_directory(&tree->root, "/lib/b", &err);

	assert_true(fd >= 0);
	assert_int_equal(faccessat(fd, "10", F_OK, 0), 0);
	assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	(void)close(fd);
	assert_failure(kg_root_open_directory(&tree->root, "/etc/hostname", &err), err, ENOTDIR,
		       "/etc/hostname: Not a directory");
	assert_failure(kg_root_open_directory(&tree->root, "/none", &err), err, ENOENT,
		       "/none: No such file or directory");
	assert_true(kg_root_has_directory(&tree->root, "/"));
	assert_true(kg_root_has_directory(&tree->root, ""));
	assert_false(kg_root_has_directory(&tree->root, "/none"));
	assert_false(kg_root_has_directory(&tree->root, "/etc/fifo"));
}

static void larger_than_the_limit(void **state)
{
	struct tree *tree = *state;
	struct kg_buffer out = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_buffer_append(&out, "head ", 5, &err), err);
	assert_failure(kg_root_read_file(&tree->root, "/etc/hostname", 11, &out, &err), err, EFBIG,
		       "/etc/hostname: has 12 bytes, more than the limit of 11");
	assert_int_equal(out.size, 5);
	assert_ok(kg_root_read_file(&tree->root, "/etc/hostname", 12, &out, &err), err);
	assert_int_equal(out.size, 17);
	assert_memory_equal(out.data, "head of the tree\n", 17);
	assert_ok(kg_root_read_file(&tree->root, "/usr/lib/z", 0, &out, &err), err);
	assert_int_equal(out.size, 17);
	kg_buffer_free(&out);
}

static void no_permission(void **state)
{
	struct tree *tree = *state;
	const char *closed = unit_text("%s/closed", tree->path);
	struct kg_strings names = {0};
	struct kg_error err = unit_no_error();
	bool root = geteuid() == 0;

	/* Everybody may pass to the tree. */
	assert_int_equal(chmod(unit_directory(), 0755), 0);
	make_directory(tree->path, "closed");
	make_file(tree->path, "closed/file", "x");
	make_directory(tree->path, "closed/deep");
	assert_int_equal(chmod(closed, 0), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	assert_refused(tree, "/closed/file", EACCES);
	assert_failure(kg_root_list(&tree->root, "/closed", &names, &err), err, EACCES,
		       "/closed: Permission denied");
	assert_failure(kg_root_walk(&tree->root, "/", &names, &err), err, EACCES,
		       "/: closed: Permission denied");
	if (root)
		assert_int_equal(seteuid(0), 0);
	/* Names can be read and what they are cannot: not looked at is not absent. */
	assert_int_equal(chmod(closed, 0444), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	assert_failure(kg_root_walk(&tree->root, "/closed", &names, &err), err, EACCES,
		       "/closed: deep: Permission denied");
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(names.count, 0);
	assert_int_equal(chmod(closed, 0755), 0);
	kg_strings_free(&names);
}

static void assert_names(const struct kg_strings *names, const char *const *expected)
{
	for (size_t i = 0; i < names->count && expected[i]; i++)
		assert_string_equal(names->items[i], expected[i]);
	for (size_t i = 0; i <= names->count; i++)
		assert_true((expected[i] == NULL) == (i == names->count));
}

static void lists_are_sorted(void **state)
{
	static const char *const of_lib[] = {
		"before", "Z",    "a",    "b", "dangling", "directory-link",
		"empty",  "fifo", "link", "z", NULL};
	struct tree *tree = *state;
	struct kg_strings names = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_strings_add(&names, "before", &err), err);
	assert_ok(kg_root_list(&tree->root, "/lib", &names, &err), err);
	assert_names(&names, of_lib);
	assert_ok(kg_root_list(&tree->root, "/usr/lib/empty", &names, &err), err);
	assert_failure(kg_root_list(&tree->root, "/usr/lib/z", &names, &err), err, ENOTDIR, NULL);
	assert_failure(kg_root_list(&tree->root, "/none", &names, &err), err, ENOENT, NULL);
	assert_names(&names, of_lib);
	kg_strings_free(&names);
}

static void walk_follows_no_links(void **state)
{
	static const char *const below_lib[] = {"before", "Z", "a/.hidden", "b/10",
						"b/2",    "z", NULL};
	struct tree *tree = *state;
	struct kg_strings paths = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_strings_add(&paths, "before", &err), err);
	assert_ok(kg_root_walk(&tree->root, "/usr/lib", &paths, &err), err);
	assert_names(&paths, below_lib);
	assert_failure(kg_root_walk(&tree->root, "/none", &paths, &err), err, ENOENT,
		       "/none: No such file or directory");
	assert_names(&paths, below_lib);
	kg_strings_free(&paths);
}

/* A directory with as many levels below it, a file in the last and one beside the first. */
static const char *make_levels(const struct tree *tree, const char *name, int levels)
{
	const char *path = name;

	make_directory(tree->path, path);
	make_file(tree->path, unit_text("%s/a-file", path), "");
	for (int i = 0; i < levels; i++) {
		path = unit_text("%s/d", path);
		make_directory(tree->path, path);
	}
	make_file(tree->path, unit_text("%s/last", path), "");
	return path;
}

static void walk_has_a_limit(void **state)
{
	struct tree *tree = *state;
	struct kg_strings paths = {0};
	struct kg_error err = unit_no_error();
	const char *deepest = make_levels(tree, "levels", 64);

	assert_ok(kg_root_walk(&tree->root, "levels", &paths, &err), err);
	assert_int_equal(paths.count, 2);
	assert_string_equal(paths.items[0], "a-file");
	assert_string_equal(paths.items[1], unit_text("%s/last", deepest + strlen("levels/")));
	make_levels(tree, "too-deep", 65);
	assert_failure(kg_root_walk(&tree->root, "too-deep", &paths, &err), err, EFBIG, NULL);
	assert_non_null(strstr(err.message, "more than 64 levels"));
	assert_int_equal(paths.count, 2);
	kg_strings_free(&paths);
}

static void roots_that_are_none(void **state)
{
	struct tree *tree = *state;
	struct kg_root root = {.fd = 42, .path = NULL};
	struct kg_error err = unit_no_error();
	const char *file = unit_text("%s/etc/hostname", tree->path);
	const char *none = unit_text("%s/none", tree->path);

	assert_failure(kg_root_open(file, &root, &err), err, ENOTDIR,
		       unit_text("%s: Not a directory", file));
	assert_failure(kg_root_open(none, &root, &err), err, ENOENT,
		       unit_text("%s: No such file or directory", none));
	assert_int_equal(root.fd, 42);
	assert_null(root.path);
	root = (struct kg_root){0};
	kg_root_close(&root);
	assert_int_not_equal(fcntl(0, F_GETFD), -1);
}

static void root_is_held_when_it_moves(void **state)
{
	struct tree *tree = *state;
	const char *moved = unit_text("%s-moved", tree->path);

	assert_string_equal(tree->root.path, tree->path);
	assert_int_equal(rename(tree->path, moved), 0);
	assert_content(tree, "/etc/os-release", "of the tree\n");
	assert_int_equal(rename(moved, tree->path), 0);
}

static size_t open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count;
}

static void no_descriptor_is_left_open(void **state)
{
	static const char *const paths[] = {"/etc/hostname", "/etc/fifo", "/etc/loop", "/none",
					    "/usr/lib",      "/too-deep", "/"};
	struct tree *tree = *state;
	size_t before = open_descriptors();

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct kg_strings names = {0};
		struct kg_buffer out = {0};
		struct kg_root root;
		struct kg_error err;

		(void)kg_root_read_file(&tree->root, paths[i], 1, &out, &err);
		(void)kg_root_list(&tree->root, paths[i], &names, &err);
		(void)kg_root_walk(&tree->root, paths[i], &names, &err);
		(void)kg_root_has_file(&tree->root, paths[i]);
		(void)kg_root_has_directory(&tree->root, paths[i]);
		if (kg_root_open(unit_text("%s%s", tree->path, paths[i]), &root, &err) == 0)
			kg_root_close(&root);
		kg_buffer_free(&out);
		kg_strings_free(&names);
	}
	assert_int_equal(open_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(absolute_links_stay_inside),
		cmocka_unit_test(parents_stay_inside),
		cmocka_unit_test(only_the_host_has_it),
		cmocka_unit_test(magic_links_are_refused),
		cmocka_unit_test(loops_end),
		cmocka_unit_test(special_files_are_not_opened),
		cmocka_unit_test(a_fifo_sees_no_reader),
		cmocka_unit_test(directories_are_opened),
		cmocka_unit_test(larger_than_the_limit),
		cmocka_unit_test(no_permission),
		cmocka_unit_test(lists_are_sorted),
		cmocka_unit_test(walk_follows_no_links),
		cmocka_unit_test(walk_has_a_limit),
		cmocka_unit_test(roots_that_are_none),
		cmocka_unit_test(root_is_held_when_it_moves),
		cmocka_unit_test(no_descriptor_is_left_open),
	};

	return UNIT_RUN_IN(tests, set_up, tear_down);
}
