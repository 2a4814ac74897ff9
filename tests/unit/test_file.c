// SPDX-License-Identifier: GPL-2.0-or-later
/* Open files and descriptors. How paths are resolved is in test_root.c. */
#include "fixture.h"
#include "kernel-guard/core/root.h"

static const char *make_file(const char *name, const char *content)
{
	const char *path = unit_text("%s/%s", unit_directory(), name);

	unit_write_file(path, kg_span_of_string(content));
	return path;
}

static void file_becomes_shorter(void **state)
{
	const char *path = make_file("shrinks", "twelve bytes");
	struct kg_buffer out = {0};
	struct kg_file file;
	struct kg_source source;
	struct kg_error err = unit_no_error();
	char data[12];

	(void)state;
	assert_ok(kg_file_open(path, &file, &err), err);
	source = kg_file_source(&file);
	assert_int_equal(source.size, 12);
	assert_ok(kg_source_read(&source, 7, data, 5, &err), err);
	assert_memory_equal(data, "bytes", 5);
	assert_int_equal(truncate(path, 9), 0);
	assert_ok(kg_source_read(&source, 0, data, 9, &err), err);
	assert_failure(kg_source_read(&source, 7, data, 5, &err), err, EIO,
		       "became shorter while it was read");
	assert_failure(kg_file_read(&file, 100, &out, &err), err, EIO,
		       "became shorter while it was read");
	assert_int_equal(out.size, 0);
	kg_buffer_free(&out);
	kg_file_close(&file);
	assert_int_equal(file.fd, -1);
}

static void file_knows_itself(void **state)
{
	const char *path = make_file("itself", "content");
	const char *link = unit_text("%s/link", unit_directory());
	struct kg_file file;
	struct stat status;
	struct kg_error err = unit_no_error();

	(void)state;
	assert_int_equal(symlink("itself", link), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_ok(kg_file_open(link, &file, &err), err);
	assert_int_equal(file.inode, status.st_ino);
	assert_int_equal(file.device, status.st_dev);
	assert_int_equal(file.size, 7);
	assert_int_not_equal(fcntl(file.fd, F_GETFD) & FD_CLOEXEC, 0);
	kg_file_close(&file);
}

static void whole_file(void **state)
{
	struct kg_buffer out = {0};
	struct kg_file file;
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_file_open(make_file("whole", "content"), &file, &err), err);
	assert_ok(kg_file_read(&file, 7, &out, &err), err);
	assert_ok(kg_file_read(&file, 7, &out, &err), err);
	assert_int_equal(out.size, 14);
	assert_memory_equal(out.data, "contentcontent", 14);
	assert_failure(kg_file_read(&file, 6, &out, &err), err, EFBIG,
		       "has 7 bytes, more than the limit of 6");
	assert_int_equal(out.size, 14);
	kg_buffer_free(&out);
	kg_file_close(&file);
}

static void what_is_no_file(void **state)
{
	const char *fifo = unit_text("%s/fifo", unit_directory());
	struct kg_file file = {.fd = 42};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	/* Does not wait for a writer. */
	assert_failure(kg_file_open(fifo, &file, &err), err, EINVAL,
		       unit_text("%s: is not a regular file", fifo));
	assert_failure(kg_file_open(unit_directory(), &file, &err), err, EINVAL, NULL);
	assert_failure(kg_file_open("/dev/null", &file, &err), err, EINVAL,
		       "/dev/null: is not a regular file");
	assert_failure(kg_file_open("none/at/all", &file, &err), err, ENOENT,
		       "none/at/all: No such file or directory");
	assert_int_equal(file.fd, 42);
}

static void descriptor_that_is_adopted(void **state)
{
	struct kg_file file = {.fd = 42};
	struct kg_error err = unit_no_error();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_failure(kg_file_adopt(fd, "it", &file, &err), err, EINVAL,
		       "it: is not a regular file");
	/* It has been closed. */
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	errno = EXDEV;
	assert_failure(kg_file_adopt(-1, "it", &file, &err), err, EXDEV,
		       "it: Invalid cross-device link");
	assert_int_equal(file.fd, 42);
	fd = open(make_file("adopted", "123"), O_RDONLY | O_CLOEXEC);
	assert_ok(kg_file_adopt(fd, "it", &file, &err), err);
	assert_int_equal(file.fd, fd);
	assert_int_equal(file.size, 3);
	kg_file_close(&file);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void path_of_a_descriptor(void **state)
{
	struct kg_error err = unit_no_error();
	int fd = open(unit_directory(), O_PATH | O_CLOEXEC);
	char target[4096] = "";
	char *path = kg_fd_path(fd, &err);

	(void)state;
	assert_string_equal(path, unit_text("/proc/self/fd/%d", fd));
	assert_true(readlink(path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, unit_directory());
	free(path);
	(void)close(fd);
	assert_no_pointer(kg_fd_path(fd, &err), err, ENOTSUP, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_becomes_shorter),
		cmocka_unit_test(file_knows_itself),
		cmocka_unit_test(whole_file),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(descriptor_that_is_adopted),
		cmocka_unit_test(path_of_a_descriptor),
	};

	return UNIT_RUN(tests);
}
