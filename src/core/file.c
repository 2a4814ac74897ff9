// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel-guard/core/root.h"

enum { compare_size = 1 << 17 };

int kg_file_adopt(int fd, const char *path, struct kg_file *file, struct kg_error *err)
{
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		int code = errno;

		if (fd >= 0)
			close(fd);
		return kg_fail(err, code, "%s: %s", path, strerror(code));
	}
	if (!S_ISREG(status.st_mode)) {
		close(fd);
		return kg_fail(err, EINVAL, "%s: is not a regular file", path);
	}
	*file = (struct kg_file){
		.fd = fd,
		.size = (uint64_t)status.st_size,
		.device = (uint64_t)status.st_dev,
		.inode = (uint64_t)status.st_ino,
		.changed = status.st_ctim,
	};
	return 0;
}

int kg_file_open(const char *path, struct kg_file *file, struct kg_error *err)
{
	return kg_file_adopt(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), path, file,
			     err);
}

void kg_file_close(struct kg_file *file)
{
	close(file->fd);
	file->fd = -1;
}

static int read_at(int fd, uint64_t offset, void *data, size_t size, struct kg_error *err)
{
	unsigned char *target = data;

	while (size > 0) {
		ssize_t count = pread(fd, target, size, (off_t)offset);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return kg_fail(err, errno, "%s", strerror(errno));
		if (count == 0)
			return kg_fail(err, EIO, "became shorter while it was read");
		target += count;
		size -= (size_t)count;
		offset += (uint64_t)count;
	}
	return 0;
}

static int read_file_source(void *context, uint64_t offset, void *data, size_t size,
			    struct kg_error *err)
{
	const struct kg_file *file = context;

	return read_at(file->fd, offset, data, size, err);
}

struct kg_source kg_file_source(const struct kg_file *file)
{
	return (struct kg_source){
		.size = file->size,
		.read = read_file_source,
		.context = (void *)(uintptr_t)file,
	};
}

int kg_file_read(const struct kg_file *file, uint64_t limit, struct kg_buffer *out,
		 struct kg_error *err)
{
	if (file->size > limit)
		return kg_fail(err, EFBIG, "has %llu bytes, more than the limit of %llu",
			       (unsigned long long)file->size, (unsigned long long)limit);
	if (file->size == 0)
		return 0;
	if (kg_buffer_reserve(out, (size_t)file->size, err) < 0 ||
	    read_at(file->fd, 0, out->data + out->size, (size_t)file->size, err) < 0)
		return -1;
	out->size += (size_t)file->size;
	return 0;
}

static int compare(const struct kg_file *left, const struct kg_file *right,
		   unsigned char chunks[2][compare_size], bool *same, struct kg_error *err)
{
	bool equal = true;

	for (uint64_t offset = 0; equal && offset < left->size;) {
		uint64_t rest = left->size - offset;
		size_t size = rest < compare_size ? (size_t)rest : compare_size;

		if (read_at(left->fd, offset, chunks[0], size, err) < 0 ||
		    read_at(right->fd, offset, chunks[1], size, err) < 0)
			return -1;
		equal = memcmp(chunks[0], chunks[1], size) == 0;
		offset += size;
	}
	*same = equal;
	return 0;
}

int kg_file_same(const struct kg_file *left, const struct kg_file *right, bool *same,
		 struct kg_error *err)
{
	unsigned char(*chunks)[compare_size];
	int result;

	if (left->size != right->size ||
	    (left->device == right->device && left->inode == right->inode)) {
		*same = left->size == right->size;
		return 0;
	}
	chunks = malloc(2 * sizeof(*chunks));
	if (!chunks)
		return kg_fail_memory(err);
	result = compare(left, right, chunks, same, err);
	free(chunks);
	return result;
}

int kg_root_same_file(const struct kg_root *root, const char *left, const char *right, bool *same,
		      struct kg_error *err)
{
	struct kg_file a;
	struct kg_file b;
	int result;

	if (kg_root_open_file(root, left, &a, err) < 0)
		return -1;
	if (kg_root_open_file(root, right, &b, err) < 0) {
		kg_file_close(&a);
		return -1;
	}
	result = kg_file_same(&a, &b, same, err);
	kg_file_close(&a);
	kg_file_close(&b);
	return result;
}
