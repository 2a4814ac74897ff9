// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/mount_table.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"
#include "storage_sysfs.h"

enum {
	max_fstab = 1 << 20,
	max_mountinfo = 16 << 20,
};

/*
 * libmount guesses the format from the first line, and looks up on the machine it runs on what
 * "/dev/root" is: the first line is ours, and that device is written in another way.
 */
static const char mountinfo_line[] = "1 1 0:0 / / rw - none none rw\n";
static const char fstab_line[] = "none none none none 0 0\n";
static const char root_device[] = " /dev/root ";
static const char root_written[] = " /dev//root ";

/* A line of another form is left out. */
static int skip_line(struct libmnt_table *table, const char *name, int line)
{
	(void)table;
	(void)name;
	(void)line;
	return 1;
}

/* The text behind our first line. Bytes behind a NUL in a line are lost with it. */
static int write_text(struct kg_span text, const char *first, struct kg_buffer *out,
		      struct kg_error *err)
{
	const size_t length = strlen(root_device);

	if (kg_buffer_append(out, first, strlen(first), err) < 0)
		return -1;
	while (text.size > 0) {
		const unsigned char *found = memmem(text.data, text.size, root_device, length);
		size_t before = found ? (size_t)(found - text.data) : text.size;

		if (kg_buffer_append(out, text.data, before, err) < 0 ||
		    (found &&
		     kg_buffer_append(out, root_written, strlen(root_written) - 1, err) < 0))
			return -1;
		before += found ? length - 1 : 0;
		text = kg_span_of(text.data + before, text.size - before);
	}
	return 0;
}

static void free_mount(struct kg_mount *mount)
{
	free(mount->directory);
	free(mount->point);
	free(mount->type);
	free(mount->source);
	free(mount->options);
}

void kg_mount_table_free(struct kg_mount_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free_mount(&table->items[i]);
	free(table->items);
	*table = (struct kg_mount_table){0};
}

void kg_mount_table_remove(struct kg_mount_table *table, size_t index)
{
	free_mount(&table->items[index]);
	table->count--;
	memmove(&table->items[index], &table->items[index + 1],
		(table->count - index) * sizeof(*table->items));
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* "UUID=4B47-5541", or a device; mnt_fs_get_source() would leave quotes. */
static char *copy_source(struct libmnt_fs *fs, struct kg_error *err)
{
	const char *source = or_empty(mnt_fs_get_source(fs));
	const char *name;
	const char *value;

	if (mnt_fs_get_tag(fs, &name, &value) == 0)
		return kg_format(err, "%s=%s", name, value);
	return kg_copy_string(strcmp(source, "/dev//root") == 0 ? "/dev/root" : source, err);
}

/* Without slashes at its end, but for the root's own. */
static char *copy_point(struct libmnt_fs *fs, struct kg_error *err)
{
	char *point = kg_copy_string(or_empty(mnt_fs_get_target(fs)), err);
	size_t length = point ? strlen(point) : 0;

	while (length > 1 && point[length - 1] == '/')
		point[--length] = '\0';
	return point;
}

static int add_mount(struct libmnt_fs *fs, struct kg_mount_table *table, struct kg_error *err)
{
	dev_t device = mnt_fs_get_devno(fs);
	struct kg_mount mount = {
		.id = (unsigned int)mnt_fs_get_id(fs),
		.parent = (unsigned int)mnt_fs_get_parent_id(fs),
		.major = major(device),
		.minor = minor(device),
		.point = copy_point(fs, err),
		.type = kg_copy_string(or_empty(mnt_fs_get_fstype(fs)), err),
		.source = copy_source(fs, err),
		.options = kg_copy_string(or_empty(mnt_fs_get_options(fs)), err),
	};
	bool whole = kg_copy_optional(&mount.directory, mnt_fs_get_root(fs), err) && mount.point &&
		     mount.type && mount.source && mount.options &&
		     kg_array_reserve(&table->items, &table->capacity, table->count,
				      sizeof(*table->items), err) == 0;

	if (!whole) {
		free_mount(&mount);
		return -1;
	}
	mount.read_only =
		mnt_optstr_get_option(or_empty(mnt_fs_get_vfs_options(fs)), "ro", NULL, NULL) ==
			0 ||
		mnt_optstr_get_option(or_empty(mnt_fs_get_fs_options(fs)), "ro", NULL, NULL) == 0;
	table->items[table->count++] = mount;
	return 0;
}

static int take_mounts(struct libmnt_table *parsed, struct kg_mount_table *table,
		       struct kg_error *err)
{
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs = NULL;
	bool first = true;
	int result = iterator ? 0 : kg_fail_memory(err);

	while (result == 0 && mnt_table_next_fs(parsed, iterator, &fs) == 0) {
		if (!first)
			result = add_mount(fs, table, err);
		first = false;
	}
	mnt_free_iter(iterator);
	return result;
}

static int parse(struct kg_span text, const char *first, struct kg_mount_table *table,
		 struct kg_error *err)
{
	struct kg_mount_table read = {.known = true};
	struct libmnt_table *parsed = mnt_new_table();
	struct kg_buffer whole = {0};
	int result = write_text(text, first, &whole, err);
	FILE *stream = result == 0 ? fmemopen(whole.data, whole.size, "r") : NULL;

	if (result == 0 && (!parsed || !stream))
		result = kg_fail_memory(err);
	if (result == 0) {
		(void)mnt_table_set_parser_errcb(parsed, skip_line);
		/* The name is for messages; of this one nothing is looked up. */
		if (mnt_table_parse_stream(parsed, stream, "/") == -ENOMEM)
			result = kg_fail_memory(err);
	}
	if (result == 0)
		result = take_mounts(parsed, &read, err);
	if (stream)
		(void)fclose(stream);
	mnt_unref_table(parsed);
	kg_buffer_free(&whole);
	if (result < 0)
		kg_mount_table_free(&read);
	*table = read;
	return result;
}

int kg_mountinfo_parse(struct kg_span text, struct kg_mount_table *table, struct kg_error *err)
{
	return parse(text, mountinfo_line, table, err);
}

int kg_fstab_parse(struct kg_span text, struct kg_mount_table *table, struct kg_error *err)
{
	return parse(text, fstab_line, table, err);
}

int kg_fstab_read(const struct kg_root *root, struct kg_mount_table *table,
		  struct kg_troubles *troubles, struct kg_error *err)
{
	static const char path[] = "/etc/fstab";
	struct kg_buffer text = {0};
	struct kg_error reason;
	int result = 0;

	*table = (struct kg_mount_table){0};
	if (kg_root_read_file(root, path, max_fstab, &text, &reason) == 0)
		result = kg_fstab_parse(kg_buffer_span(&text), table, err);
	else if (reason.code == ENOENT)
		table->known = true;
	else
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, path, &reason, err);
	kg_buffer_free(&text);
	return result;
}

int kg_mountinfo_read(const char *place, struct kg_mount_table *table, struct kg_error *err)
{
	static const char *const files[] = {"/proc/self/mountinfo", "/proc/1/mountinfo"};
	struct kg_buffer text = {0};
	struct kg_root root;
	struct kg_sysfs sysfs = {.root = &root};
	bool found = false;
	int result = 0;

	*table = (struct kg_mount_table){0};
	if (!place)
		return 0;
	if (kg_root_open(place, &root, err) < 0)
		return -1;
	for (size_t i = 0; !found && i < sizeof(files) / sizeof(files[0]); i++)
		found = kg_sysfs_read(&sysfs, files[i], max_mountinfo, &text);
	kg_root_close(&root);
	if (sysfs.failed)
		result = kg_fail_memory(err);
	else if (found)
		result = kg_mountinfo_parse(kg_buffer_span(&text), table, err);
	kg_buffer_free(&text);
	return result;
}

const struct kg_mount *kg_mount_at(const struct kg_mount_table *table, const char *point)
{
	for (size_t i = table->count; i > 0; i--) {
		if (strcmp(table->items[i - 1].point, point) == 0)
			return &table->items[i - 1];
	}
	return NULL;
}

const struct kg_mount *kg_mount_by_id(const struct kg_mount_table *table, unsigned int id)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->items[i].id == id)
			return &table->items[i];
	}
	return NULL;
}

bool kg_mount_has_option(const struct kg_mount *mount, const char *name)
{
	return mnt_optstr_get_option(mount->options, name, NULL, NULL) == 0;
}

char *kg_mount_option(const struct kg_mount *mount, const char *name, struct kg_error *err)
{
	const char *rest = mount->options;
	char *value = NULL;
	size_t size = 0;
	char *found;
	size_t length;

	err->code = 0;
	/* Of several the last one counts, and this tells the first. */
	while (mnt_optstr_get_option(rest, name, &found, &length) == 0) {
		value = found;
		size = length;
		if (!found)
			break;
		rest = found + length;
		rest += *rest == ',' ? 1 : 0;
	}
	return value ? kg_span_copy_string(kg_span_of(value, size), err) : NULL;
}

bool kg_path_is_below(const char *path, const char *point)
{
	size_t length = strlen(point);

	if (strcmp(point, "/") == 0)
		return *path == '/';
	return strncmp(path, point, length) == 0 && (path[length] == '/' || path[length] == '\0');
}
