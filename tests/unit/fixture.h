/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_FIXTURE_H
#define KERNEL_GUARD_TESTS_UNIT_FIXTURE_H

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kernel-guard/core/span.h"
#include "unit.h"

/* What a fixture allocates lives as long as the program; this keeps it reachable. */
struct unit_kept {
	struct unit_kept *next;
	void *memory;
};

static inline void *unit_keep(void *memory)
{
	static struct unit_kept *kept;
	struct unit_kept *item = malloc(sizeof(*item));

	if (!item || !memory)
		abort();
	*item = (struct unit_kept){.next = kept, .memory = memory};
	kept = item;
	return memory;
}

__attribute__((format(printf, 1, 2))) static inline char *unit_text(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return unit_keep(text);
}

/* An exact-size copy, so that the sanitizer sees the first byte read behind it. */
static inline struct kg_span unit_copy(struct kg_span bytes)
{
	unsigned char *copy = malloc(bytes.size ? bytes.size : 1);

	if (!copy)
		abort();
	if (bytes.size)
		memcpy(copy, bytes.data, bytes.size);
	return (struct kg_span){.data = copy, .size = bytes.size};
}

static inline void unit_free(struct kg_span copy)
{
	free((void *)(uintptr_t)copy.data);
}

static inline unsigned char *unit_writable(struct kg_span copy)
{
	return (unsigned char *)(uintptr_t)copy.data;
}

/* All that a stream gives, kept. */
static inline struct kg_span unit_read_stream(FILE *stream)
{
	size_t size = 0;
	size_t capacity = 1 << 16;
	unsigned char *data = malloc(capacity);
	size_t count;

	while (data && (count = fread(data + size, 1, capacity - size, stream)) > 0) {
		size += count;
		if (size == capacity)
			data = realloc(data, capacity *= 2);
	}
	data = realloc(data, size ? size : 1);
	return kg_span_of(unit_keep(data), size);
}

static inline struct kg_span unit_read_file(const char *path)
{
	FILE *stream = fopen(path, "re");
	struct kg_span bytes;

	if (!stream)
		unit_fail("%s: %s", path, strerror(errno));
	bytes = unit_read_stream(stream);
	(void)fclose(stream);
	return bytes;
}

static inline void unit_write_file(const char *path, struct kg_span bytes)
{
	FILE *stream = fopen(path, "we");

	if (!stream || fwrite(bytes.data, 1, bytes.size, stream) != bytes.size ||
	    fclose(stream) != 0)
		unit_fail("%s: %s", path, strerror(errno));
}

static inline int unit_remove_one(const char *path, const struct stat *status, int type,
				  struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	(void)remove(path);
	return 0;
}

static char unit_directory_path[] = "/tmp/kg-unit.XXXXXX";

static inline void unit_remove_directory(void)
{
	(void)nftw(unit_directory_path, unit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A directory of this program's own, removed at its end. */
static inline const char *unit_directory(void)
{
	static bool made;

	if (!made) {
		if (!mkdtemp(unit_directory_path) || atexit(unit_remove_directory) != 0)
			abort();
		made = true;
	}
	return unit_directory_path;
}

/* What a shell command prints; it must succeed. */
static inline struct kg_span unit_output(const char *command)
{
	FILE *pipe = popen(command, "re");
	struct kg_span bytes;
	int status;

	if (!pipe)
		unit_fail("%s: %s", command, strerror(errno));
	bytes = unit_read_stream(pipe);
	status = pclose(pipe);
	if (status != 0)
		unit_fail("%s: status %d", command, status);
	return bytes;
}

/* The same as text without the last newline. */
static inline const char *unit_output_text(const char *command)
{
	struct kg_span bytes = unit_output(command);
	char *text = unit_text("%.*s", (int)bytes.size, (const char *)bytes.data);
	size_t length = strlen(text);

	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = '\0';
	return text;
}

/* What a shell command makes of bytes. */
static inline struct kg_span unit_filter(const char *command, struct kg_span input)
{
	const char *path = unit_text("%s/filter-input", unit_directory());

	unit_write_file(path, input);
	return unit_output(unit_text("%s <%s", command, path));
}

/* A path below the cache that tests/material/all.sh fills. */
__attribute__((format(printf, 1, 2))) static inline const char *unit_cache(const char *format, ...)
{
	const char *cache = getenv("KG_CACHE");
	const char *below = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char *name;
	char *path;
	va_list args;

	va_start(args, format);
	if (vasprintf(&name, format, args) < 0)
		abort();
	va_end(args);
	if (cache && *cache)
		path = unit_text("%s/%s", cache, name);
	else if (below && *below)
		path = unit_text("%s/kernel-guard/%s", below, name);
	else
		path = unit_text("%s/.cache/kernel-guard/%s", home ? home : "", name);
	free(name);
	if (access(path, F_OK) < 0)
		unit_fail("%s is missing: run tests/material/all.sh", path);
	return path;
}

static const char *const unit_series[] = {"6.1", "6.12"};

enum { unit_series_count = sizeof(unit_series) / sizeof(unit_series[0]) };

/* The release of the kernel of a series. */
static inline const char *unit_release(const char *series)
{
	struct kg_span bytes = unit_read_file(unit_cache("kernel/%s/release", series));

	return unit_text(
		"%.*s",
		(int)strcspn(unit_text("%.*s", (int)bytes.size, (const char *)bytes.data), "\n"),
		(const char *)bytes.data);
}

/* The module tree of the kernel of a series. */
static inline const char *unit_module_tree(const char *series)
{
	return unit_cache("kernel/%s/root/usr/lib/modules/%s", series, unit_release(series));
}

/* A sequence of numbers that is the same in every run (xorshift64). */
static inline uint64_t unit_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
