/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_STORAGE_PLACE_H
#define KERNEL_GUARD_TESTS_UNIT_STORAGE_PLACE_H

#include "fixture.h"
#include "kernel-guard/system/storage.h"

/* A place with captured proc and sys, beside a directory that links may not reach. */
static const char *place_path;

static inline const char *place_new(void)
{
	static int number;
	const char *parent = unit_text("%s/%d", unit_directory(), number++);

	assert_int_equal(mkdir(parent, 0755), 0);
	place_path = unit_text("%s/place", parent);
	assert_int_equal(mkdir(place_path, 0755), 0);
	return place_path;
}

static inline int place_set_up(void **state)
{
	(void)state;
	(void)place_new();
	return 0;
}

static inline const char *place_in(const char *path)
{
	return unit_text("%s/%s", place_path, path);
}

/* Makes a directory and those above it. */
static inline void place_directory(const char *path)
{
	char *copy = unit_text("%s", path);

	for (char *c = copy; (c = strchr(c, '/')); c++) {
		*c = '\0';
		(void)mkdir(place_in(copy), 0755);
		*c = '/';
	}
	(void)mkdir(place_in(path), 0755);
}

static inline void place_parent(const char *path)
{
	char *copy = unit_text("%s", path);
	char *slash = strrchr(copy, '/');

	if (slash) {
		*slash = '\0';
		place_directory(copy);
	}
}

static inline void place_put(const char *path, const char *text)
{
	place_parent(path);
	unit_write_file(place_in(path), kg_span_of_string(text));
}

static inline void place_link(const char *path, const char *target)
{
	place_parent(path);
	(void)unlink(place_in(path));
	assert_int_equal(symlink(target, place_in(path)), 0);
}

/* A block device at /sys/devices/PATH, and its number. */
static inline void place_block(const char *path, const char *number)
{
	const char *directory = unit_text("sys/devices/%s", path);
	const char *name = strrchr(path, '/') + 1;

	place_directory(directory);
	place_link(unit_text("sys/dev/block/%s", number), unit_text("/%s", directory));
	place_link(unit_text("sys/class/block/%s", name), unit_text("/%s", directory));
}

static inline void place_mount(const char *number, const char *type, const char *source)
{
	place_put("proc/self/mountinfo",
		  unit_text("1 1 0:2 / / rw - rootfs rootfs rw\n"
			    "27 1 %s / / rw shared:1 - %s %s rw\n", number, type, source));
}

static inline struct kg_storage place_read(void)
{
	struct kg_storage storage;
	struct kg_error err = unit_no_error();

	assert_ok(kg_storage_read(place_path, NULL, &storage, &err), err);
	assert_true(storage.asked);
	return storage;
}

/* What is needed, in order, "?" behind what is advisory: "ext4 nvme xts?". */
static inline const char *place_needs(const struct kg_storage_needs *needs)
{
	const char *text = "";

	for (size_t i = 0; i < needs->count; i++) {
		const struct kg_storage_need *need = &needs->items[i];
		const char *name = need->module ? need->module : need->driver;

		text = unit_text("%s%s%s%s", text, i ? " " : "", name ? name : need->alias,
				 need->advisory ? "?" : "");
	}
	return text;
}

static inline const char *place_unknown(const struct kg_storage *storage)
{
	const char *text = "";

	for (size_t i = 0; i < storage->unknown.count; i++)
		text = unit_text("%s%s%s", text, i ? "; " : "", storage->unknown.items[i]);
	return text;
}

/* Reads the place and compares both. */
#define assert_storage(needed, not_known)                                                          \
	do {                                                                                       \
		struct kg_storage storage_ = place_read();                                         \
		assert_string_equal(place_needs(&storage_.needs), needed);                         \
		assert_string_equal(place_unknown(&storage_), not_known);                          \
		kg_storage_free(&storage_);                                                        \
	} while (0)

#endif
