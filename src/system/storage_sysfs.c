// SPDX-License-Identifier: GPL-2.0-or-later
#include "storage_sysfs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	max_line = 4096,
	max_path = 4096, /* PATH_MAX: the kernel takes no longer one */
};

/* Only a lack of memory is a failure here. */
static void note(struct kg_sysfs *sysfs, const struct kg_error *err)
{
	if (err->code == ENOMEM)
		sysfs->failed = true;
}

char *kg_sysfs_format(struct kg_sysfs *sysfs, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	if (sysfs->failed)
		return NULL;
	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		sysfs->failed = true;
		return NULL;
	}
	return text;
}

char *kg_sysfs_copy(struct kg_sysfs *sysfs, const char *text)
{
	return text ? kg_sysfs_format(sysfs, "%s", text) : NULL;
}

void kg_sysfs_add(struct kg_sysfs *sysfs, struct kg_strings *list, const char *text)
{
	struct kg_error err;

	if (text && !sysfs->failed && kg_strings_add_unique(list, text, &err) < 0)
		note(sysfs, &err);
}

bool kg_sysfs_read(struct kg_sysfs *sysfs, const char *path, size_t limit, struct kg_buffer *out)
{
	size_t before = out->size;
	struct kg_error err;
	struct kg_file file;
	ssize_t count = 0;

	if (sysfs->failed || kg_root_open_file(sysfs->root, path, &file, &err) < 0)
		return false;
	do {
		size_t room = limit + 1 - (out->size - before);

		room = room < 65536 ? room : 65536;
		if (room == 0 || kg_buffer_reserve(out, room, &err) < 0)
			break;
		count = read(file.fd, out->data + out->size, room);
		if (count > 0)
			out->size += (size_t)count;
	} while (count > 0 || (count < 0 && errno == EINTR));
	kg_file_close(&file);
	if (count == 0 && out->size - before <= limit)
		return true;
	out->size = before;
	return false;
}

char *kg_sysfs_text(struct kg_sysfs *sysfs, const char *directory, const char *name)
{
	char *path = kg_sysfs_format(sysfs, "%s/%s", directory, name);
	struct kg_buffer text = {0};
	struct kg_span rest;
	struct kg_span line = {0};
	char *result = NULL;
	struct kg_error err;

	if (path && kg_sysfs_read(sysfs, path, max_line, &text)) {
		rest = kg_buffer_span(&text);
		(void)kg_span_next_line(&rest, &line);
		result = kg_span_copy_string(line, &err);
		sysfs->failed = sysfs->failed || !result;
	}
	kg_buffer_free(&text);
	free(path);
	return result;
}

char *kg_sysfs_parent(struct kg_sysfs *sysfs, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return NULL;
	return kg_sysfs_format(sysfs, "%.*s", (int)(slash - path), path);
}

char *kg_sysfs_link_name(struct kg_sysfs *sysfs, const char *directory, const char *name)
{
	char target[max_path + 1];
	struct kg_error err;
	ssize_t length;
	int fd;

	if (sysfs->failed)
		return NULL;
	fd = kg_root_open_directory(sysfs->root, directory, &err);
	if (fd < 0)
		return NULL;
	length = readlinkat(fd, name, target, max_path);
	close(fd);
	if (length <= 0)
		return NULL;
	target[length] = '\0';
	return kg_sysfs_copy(sysfs, kg_base_name(target));
}

/* Where an open directory lies; "" for an unreadable one. */
static void descriptor_path(int fd, char path[max_path + 1])
{
	char link[64];
	ssize_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, max_path);
	path[length > 0 ? length : 0] = '\0';
}

char *kg_sysfs_real_path(struct kg_sysfs *sysfs, const char *path)
{
	char root[max_path + 1];
	char real[max_path + 1];
	struct kg_error err;
	size_t length;
	int fd;

	if (sysfs->failed)
		return NULL;
	fd = kg_root_open_directory(sysfs->root, path, &err);
	if (fd < 0)
		return NULL;
	descriptor_path(sysfs->root->fd, root);
	descriptor_path(fd, real);
	close(fd);
	length = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (*root != '/' || strncmp(real, root, length) != 0 || real[length] != '/')
		return NULL;
	return kg_sysfs_copy(sysfs, real + length);
}

bool kg_sysfs_has_directory(struct kg_sysfs *sysfs, const char *directory, const char *name)
{
	char *path = kg_sysfs_format(sysfs, "%s/%s", directory, name);
	bool result = path && kg_root_has_directory(sysfs->root, path);

	free(path);
	return result;
}

bool kg_sysfs_has_file(struct kg_sysfs *sysfs, const char *directory, const char *name)
{
	char *path = kg_sysfs_format(sysfs, "%s/%s", directory, name);
	bool result = path && kg_root_has_file(sysfs->root, path);

	free(path);
	return result;
}

void kg_sysfs_list(struct kg_sysfs *sysfs, const char *path, struct kg_strings *names)
{
	struct kg_error err;

	if (!sysfs->failed && kg_root_list(sysfs->root, path, names, &err) < 0)
		note(sysfs, &err);
}

char *kg_sysfs_resolve(struct kg_sysfs *sysfs, char *path)
{
	char *real = path ? kg_sysfs_real_path(sysfs, path) : NULL;

	free(path);
	return real;
}

void kg_sysfs_add_links(struct kg_sysfs *sysfs, const char *directory, struct kg_strings *list)
{
	struct kg_strings names = {0};

	kg_sysfs_list(sysfs, directory, &names);
	for (size_t i = 0; i < names.count; i++) {
		char *real = kg_sysfs_resolve(
			sysfs, kg_sysfs_format(sysfs, "%s/%s", directory, names.items[i]));

		kg_sysfs_add(sysfs, list, real);
		free(real);
	}
	kg_strings_free(&names);
}
