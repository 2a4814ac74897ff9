// SPDX-License-Identifier: GPL-2.0-or-later
/* The file system beneath a mount point, by tables made here: real mounts are in tests/cli/boot-mounts.t. */
#include <sys/wait.h>

#include "fixture.h"
#include "kernel-guard/system/hidden_root.h"

#define ROOT "29 1 8:1 / / rw - ext4 /dev/a rw\n"

/* "ROOT:PATH" of what is opened, or the error's code. */
static const char *open_beneath(const char *mountinfo, const char *point)
{
	struct kg_error err = unit_no_error();
	struct kg_mount_table mounts;
	struct kg_root hidden;
	struct kg_root root;
	const char *path;
	const char *text;

	assert_ok(kg_root_open("/", &root, &err), err);
	assert_ok(kg_mountinfo_parse(kg_span_of_string(mountinfo), &mounts, &err), err);
	if (kg_hidden_root_open(&root, &mounts, point, &hidden, &path, &err) == 0) {
		text = unit_text("%s:%s", hidden.path, path);
		/* The copy is of this machine's own directory. */
		assert_true(kg_root_has_directory(&hidden, "."));
		kg_root_close(&hidden);
	} else {
		text = unit_text("%d", err.code);
	}
	kg_mount_table_free(&mounts);
	kg_root_close(&root);
	return text;
}

static void the_lowest_mount_counts(void **state)
{
	(void)state;
	assert_string_equal(open_beneath(ROOT "30 29 8:2 / /boot rw - vfat /dev/b rw\n", "/boot"), "/:/boot");
	assert_string_equal(open_beneath(ROOT "30 29 8:2 / /boot rw - vfat /dev/b rw\n"
					      "31 30 8:3 / /boot rw - vfat /dev/c rw\n", "/boot"), "/:/boot");
	/* A mount that was put beneath another is listed behind it. */
	assert_string_equal(open_beneath(ROOT "31 30 8:3 / /boot rw - vfat /dev/c rw\n"
					      "30 29 8:2 / /boot rw - vfat /dev/b rw\n", "/boot"), "/:/boot");
}

static void below_another_mount(void **state)
{
	(void)state;
	assert_string_equal(open_beneath(ROOT "30 29 8:2 / /usr rw - ext4 /dev/b rw\n"
					      "31 30 8:3 / /usr/lib rw - vfat /dev/c rw\n", "/usr/lib"), "/usr:/lib");
}

static void what_cannot_be_told(void **state)
{
	const char *none = unit_text("%d", ENOENT);

	(void)state;
	assert_string_equal(open_beneath("", "/boot"), none);
	assert_string_equal(open_beneath(ROOT, "/boot"), none);
	assert_string_equal(open_beneath(ROOT, "/"), none);
	/* The parent is not listed, is hidden itself, or lies elsewhere. */
	assert_string_equal(open_beneath("30 29 8:2 / /boot rw - vfat /dev/b rw\n", "/boot"), none);
	assert_string_equal(open_beneath(ROOT "30 29 8:2 / /boot rw - vfat /dev/b rw\n"
					      "40 1 8:9 / / rw - ext4 /dev/z rw\n", "/boot"), none);
	assert_string_equal(open_beneath("29 1 8:1 / /usr rw - ext4 /dev/a rw\n"
					 "30 29 8:2 / /boot rw - vfat /dev/b rw\n", "/boot"), none);
	assert_string_equal(open_beneath("30 30 8:2 / /boot rw - vfat /dev/b rw\n", "/boot"), none);
}

static void without_the_privilege(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		struct kg_error err = {0};
		struct kg_mount_table mounts;
		struct kg_root hidden;
		struct kg_root root;
		const char *path;
		int result = setuid(65534);

		result |= kg_root_open("/", &root, &err);
		result |= kg_mountinfo_parse(
			kg_span_of_string(ROOT "30 29 8:2 / /boot rw - vfat /dev/b rw\n"), &mounts, &err);
		if (result == 0)
			result = kg_hidden_root_open(&root, &mounts, "/boot", &hidden, &path, &err);
		_exit(result < 0 && err.code == EPERM ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lowest_mount_counts),
		cmocka_unit_test(below_another_mount),
		cmocka_unit_test(what_cannot_be_told),
		cmocka_unit_test(without_the_privilege),
	};

	return UNIT_RUN(tests);
}
