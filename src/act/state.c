// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel-guard/act/aside.h"
#include "kernel-guard/act/replace.h"

static const char parent_directory[] = "/var/lib";
static const char directory_name[] = "kernel-guard";

enum {
	max_state = 64 << 20,
	attempts_per_second = 10,
	/* Storing what has booted copies some 100 MB, on a slow disk with the least priority. */
	usual_patience = 300,
};

/* What is left of it, for all locks together: what hangs is waited for once. */
static unsigned int attempts = usual_patience * attempts_per_second;

static int fail(const char *name, struct kg_error *err)
{
	int code = errno;

	return kg_fail(err, code, "%s/%s/%s: %s", parent_directory, directory_name, name,
		       strerror(code));
}

/* The state directory's descriptor, or -1. A link in its place is not followed. */
static int open_directory(const struct kg_root *root, struct kg_error *err)
{
	int parent = kg_root_open_directory(root, parent_directory, err);
	int directory;
	bool made;

	if (parent < 0)
		return -1;
	made = mkdirat(parent, directory_name, 0755) == 0;
	if (!made && errno != EEXIST) {
		fail("", err);
		close(parent);
		return -1;
	}
	directory = openat(parent, directory_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		fail("", err);
	else if (made && (fchmod(directory, 0755) < 0 || fsync(parent) < 0)) {
		fail("", err);
		close(directory);
		directory = -1;
	}
	close(parent);
	return directory;
}

int kg_state_write(const struct kg_root *root, const char *name, const void *data, size_t size,
		   struct kg_error *err)
{
	int directory = open_directory(root, err);
	int result = 0;

	if (directory < 0)
		return -1;
	/* Everybody may ask for the verdict. */
	if (kg_replace_file(directory, name, data, size, 0644) < 0)
		result = fail(name, err);
	close(directory);
	return result;
}

int kg_state_read(const struct kg_root *root, const char *name, struct kg_buffer *out,
		  struct kg_error *err)
{
	char *path = kg_format(err, "%s/%s/%s", parent_directory, directory_name, name);
	int result = path ? kg_root_read_file(root, path, max_state, out, err) : -1;

	free(path);
	return result;
}

int kg_state_remove(const struct kg_root *root, const char *name, struct kg_error *err)
{
	char temporary[kg_replace_name_size];
	int directory = open_directory(root, err);
	int result = 0;

	if (directory < 0)
		return -1;
	/* And what a process has left that was killed while it wrote it. */
	if (kg_remove_file(directory, name) < 0 || kg_replace_temporary(name, temporary) < 0 ||
	    kg_remove_file(directory, temporary) < 0)
		result = fail(name, err);
	close(directory);
	return result;
}

int kg_state_set_aside(const struct kg_root *root, const char *name, struct kg_strings *notes,
		       struct kg_error *err)
{
	char aside[kg_aside_name_size];
	int directory = open_directory(root, err);
	int result;

	if (directory < 0)
		return -1;
	result = kg_put_aside(directory, name, aside);
	if (result < 0 && errno == ENOENT) {
		close(directory);
		return 0;
	}
	if (result < 0)
		fail(name, err);
	close(directory);
	if (result < 0 || !notes)
		return result;
	return kg_strings_take(notes,
			       kg_format(err, "%s/%s/%s is damaged, and is called %s now",
					 parent_directory, directory_name, name, aside),
			       err);
}

int kg_state_clear(const struct kg_root *root, const struct kg_clearing *clearing,
		   struct kg_error *err)
{
	static const char *const names[] = {KG_STATE_RECORD, KG_STATE_VERDICT, KG_STATE_SKIP,
					   KG_STATE_JOURNAL};
	int directory = open_directory(root, err);
	int result = 0;

	if (directory < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		char temporary[kg_replace_name_size];

		if (kg_replace_temporary(names[i], temporary) == 0)
			result = kg_clearing_remove(clearing, directory, "/var/lib/kernel-guard",
						    temporary, err);
	}
	close(directory);
	return result;
}

void kg_state_set_patience(unsigned int seconds)
{
	attempts = seconds * attempts_per_second;
}

static int wait_for(int fd)
{
	const struct timespec pause = {.tv_nsec = 1000000000 / attempts_per_second};

	for (;;) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (attempts == 0)
			break;
		attempts--;
		(void)nanosleep(&pause, NULL);
	}
	errno = EBUSY;
	return -1;
}

int kg_state_lock(const struct kg_root *root, struct kg_error *err)
{
	static const char name[] = "lock";
	int directory = open_directory(root, err);
	int fd;

	if (directory < 0)
		return -1;
	fd = openat(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		fail(name, err);
	} else if (wait_for(fd) < 0) {
		if (errno == EBUSY)
			kg_fail(err, EBUSY, "another kernel-guard is changing files");
		else
			fail(name, err);
		close(fd);
		fd = -1;
	}
	close(directory);
	return fd;
}
