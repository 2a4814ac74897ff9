// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/grub_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Beyond the reader's own limit, so that it is the one to say so. */
	max_size = 16 << 20,
	max_total = 32 << 20,
	max_files = 1000,
};

static int answer(const struct kg_grub_file *file, struct kg_span *text)
{
	if (file->why.code == ENOENT)
		return 0;
	if (file->why.code != 0)
		return -1;
	*text = kg_buffer_span(&file->text);
	return 1;
}

static void read_file(struct kg_grub_files_read *files, struct kg_grub_file *file)
{
	if (files->size > max_total) {
		kg_fail(&file->why, EFBIG, "%s: too many files are read before it", file->path);
	} else if (kg_root_read_file(files->root, file->path, max_size, &file->text, &file->why) ==
		   0) {
		file->why.code = 0;
		files->size += file->text.size;
	}
}

/* Reads what has not been asked for before; path is taken over. */
static int read_new(struct kg_grub_files_read *files, char *path, struct kg_span *text)
{
	struct kg_error err;
	struct kg_grub_file *file;

	if (files->count >= max_files) {
		free(path);
		return -1;
	}
	if (kg_array_reserve(&files->items, &files->capacity, files->count, sizeof(*files->items),
			     &err) < 0) {
		files->failed = true;
		free(path);
		return -1;
	}
	file = &files->items[files->count++];
	*file = (struct kg_grub_file){.path = path};
	read_file(files, file);
	files->failed |= file->why.code == ENOMEM;
	return answer(file, text);
}

int kg_grub_files_find(void *context, const char *path, struct kg_span *text)
{
	static const char prefix[] = "(config)/";
	struct kg_grub_files_read *files = context;
	const char *slash = strrchr(files->config, '/');
	struct kg_error err;
	char *full;

	if (strncmp(path, prefix, strlen(prefix)) != 0)
		return -1;
	path += strlen(prefix);
	if (files->replaced && strcmp(path, files->replaced) == 0) {
		files->asked = true;
		*text = files->text;
		return files->text.size > 0;
	}
	full = kg_format(&err, "%.*s/%s", (int)(slash - files->config), files->config, path);
	if (!full) {
		files->failed = true;
		return -1;
	}
	for (size_t i = 0; i < files->count; i++) {
		if (strcmp(files->items[i].path, full) == 0) {
			free(full);
			return answer(&files->items[i], text);
		}
	}
	return read_new(files, full, text);
}

void kg_grub_files_free(struct kg_grub_files_read *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		kg_buffer_free(&files->items[i].text);
	}
	free(files->items);
	files->items = NULL;
	files->count = files->capacity = files->size = 0;
}
