// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/pacman_conf.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "/etc/pacman.conf";
static const char default_log[] = "/var/log/pacman.log";
static const char default_cache[] = "/var/cache/pacman/pkg";

enum {
	max_file = 1 << 20,
	max_includes = 10, /* within each other, as in pacman */
};

struct reading {
	const struct kg_root *root;
	struct kg_pacman_conf *conf;
	struct kg_error *err;
	bool in_options;
	int depth;
};

static int read_file(struct reading *reading, const char *file);

/* A pattern of names in one directory. */
static int include(struct reading *reading, const char *pattern)
{
	const char *base = kg_base_name(pattern);
	char *directory;
	struct kg_strings names = {0};
	struct kg_error ignored;
	int result = 0;

	if (reading->depth >= max_includes)
		return 0;
	directory = kg_span_copy_string(kg_span_of(pattern, (size_t)(base - pattern)),
					reading->err);
	if (!directory)
		return -1;
	(void)kg_root_list(reading->root, directory, &names, &ignored);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		char *file;

		if (fnmatch(base, names.items[i], FNM_PERIOD) != 0)
			continue;
		file = kg_format(reading->err, "%s%s", directory, names.items[i]);
		result = file ? read_file(reading, file) : -1;
		free(file);
	}
	kg_strings_free(&names);
	free(directory);
	return result;
}

static int take_key(struct reading *reading, const char *key, const char *value)
{
	struct kg_pacman_conf *conf = reading->conf;

	if (strcmp(key, "Include") == 0)
		return include(reading, value);
	if (!reading->in_options)
		return 0;
	if (strcmp(key, "Color") == 0)
		conf->color = true;
	/* The first one counts; of directories, all. */
	if (strcmp(key, "LogFile") == 0 && *value && !conf->log_file)
		return kg_copy_optional(&conf->log_file, value, reading->err) ? 0 : -1;
	if (strcmp(key, "CacheDir") == 0)
		return kg_strings_add_words(&conf->cache_dirs, value, reading->err);
	return 0;
}

static int take_line(struct reading *reading, struct kg_span line)
{
	const unsigned char *equals = memchr(line.data, '=', line.size);
	size_t size = equals ? (size_t)(equals - line.data) : line.size;
	struct kg_span rest = {0};
	char *key;
	char *value;
	int result = -1;

	if (equals)
		(void)kg_span_sub(line, size + 1, line.size - size - 1, &rest);
	key = kg_span_copy_string(kg_span_trimmed(kg_span_of(line.data, size)), reading->err);
	value = kg_span_copy_string(kg_span_trimmed(rest), reading->err);
	if (key && value)
		result = take_key(reading, key, value);
	free(value);
	free(key);
	return result;
}

static int read_file(struct reading *reading, const char *file)
{
	struct kg_buffer text = {0};
	struct kg_error ignored;
	struct kg_span rest;
	struct kg_span line;
	int result = 0;

	reading->depth++;
	(void)kg_root_read_file(reading->root, file, max_file, &text, &ignored);
	rest = kg_buffer_span(&text);
	while (result == 0 && kg_span_next_line(&rest, &line)) {
		line = kg_span_trimmed(line);
		if (line.size == 0 || line.data[0] == '#')
			continue;
		if (line.data[0] == '[' && line.data[line.size - 1] == ']')
			reading->in_options =
				line.size == 9 && kg_span_starts_with(line, "[options]", 9);
		else
			result = take_line(reading, line);
	}
	reading->depth--;
	kg_buffer_free(&text);
	return result;
}

static void cut_slashes(char *directory)
{
	size_t length = strlen(directory);

	while (length > 0 && directory[length - 1] == '/')
		directory[--length] = '\0';
}

int kg_pacman_conf_read(const struct kg_root *root, struct kg_pacman_conf *conf,
			struct kg_error *err)
{
	struct kg_pacman_conf read = {0};
	struct reading reading = {.root = root, .conf = &read, .err = err};
	int result = read_file(&reading, path);

	if (result == 0 && !read.log_file && !kg_copy_optional(&read.log_file, default_log, err))
		result = -1;
	if (result == 0 && read.cache_dirs.count == 0)
		result = kg_strings_add(&read.cache_dirs, default_cache, err);
	for (size_t i = 0; i < read.cache_dirs.count; i++)
		cut_slashes(read.cache_dirs.items[i]);
	if (result < 0) {
		kg_pacman_conf_free(&read);
		return -1;
	}
	*conf = read;
	return 0;
}

void kg_pacman_conf_free(struct kg_pacman_conf *conf)
{
	free(conf->log_file);
	kg_strings_free(&conf->cache_dirs);
	*conf = (struct kg_pacman_conf){0};
}

/* "NAME-VERSION-" and then "x86_64.pkg.tar", ".zst" or the like, and nothing more. */
static bool is_package_file(const char *file, const char *prefix)
{
	static const char kind[] = ".pkg.tar";
	size_t length = strlen(prefix);
	const char *end;

	if (strncmp(file, prefix, length) != 0)
		return false;
	file += length;
	end = strstr(file, kind);
	if (!end || end == file || memchr(file, '-', (size_t)(end - file)))
		return false;
	end += sizeof(kind) - 1;
	return *end == '\0' ||
	       (*end == '.' && end[1] && !strchr(end + 1, '.') && strcmp(end, ".sig") != 0);
}

char *kg_pacman_cached(const struct kg_root *root, const struct kg_pacman_conf *conf,
		       const char *name, const char *version, struct kg_error *err)
{
	char *prefix = kg_format(err, "%s-%s-", name, version);
	char *found = NULL;

	if (!prefix)
		return NULL;
	err->code = 0;
	for (size_t i = 0; !found && err->code == 0 && i < conf->cache_dirs.count; i++) {
		const char *directory = conf->cache_dirs.items[i];
		struct kg_strings names = {0};
		struct kg_error ignored;

		(void)kg_root_list(root, directory, &names, &ignored);
		for (size_t j = 0; !found && err->code == 0 && j < names.count; j++) {
			if (is_package_file(names.items[j], prefix))
				found = kg_format(err, "%s/%s", directory, names.items[j]);
		}
		kg_strings_free(&names);
	}
	free(prefix);
	return found;
}
