// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/block_devices.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "storage_walk.h"

enum {
	max_devices = 4096,
	max_record = 1 << 18,
};

static const char database[] = "/run/udev/data";

/* The properties that are kept, and what names a device by them in fstab. */
static const struct {
	const char *key;
	size_t field;
	bool encoded;	 /* blanks and others are "\x20" */
	const char *tag; /* NULL: none */
	bool any_case;
} properties[] = {
	{"ID_FS_TYPE", offsetof(struct kg_block_device, fs_type), false, NULL, false},
	{"ID_FS_UUID", offsetof(struct kg_block_device, fs_uuid), false, "UUID=", true},
	{"ID_FS_LABEL_ENC", offsetof(struct kg_block_device, fs_label), true, "LABEL=", false},
	{"ID_PART_ENTRY_UUID", offsetof(struct kg_block_device, part_uuid), false,
	 "PARTUUID=", true},
	{"ID_PART_ENTRY_NAME", offsetof(struct kg_block_device, part_label), true,
	 "PARTLABEL=", false},
	{"ID_PART_ENTRY_TYPE", offsetof(struct kg_block_device, part_type), false, NULL, false},
	{"ID_PART_ENTRY_DISK", offsetof(struct kg_block_device, part_disk), false, NULL, false},
};

enum { property_count = sizeof(properties) / sizeof(properties[0]) };

static char **field_of(struct kg_block_device *device, size_t property)
{
	return (char **)(void *)((char *)device + properties[property].field);
}

static const char *text_of(const struct kg_block_device *device, size_t property)
{
	return *(char *const *)(const void *)((const char *)device + properties[property].field);
}

static void free_device(struct kg_block_device *device)
{
	for (size_t i = 0; i < property_count; i++)
		free(*field_of(device, i));
	kg_strings_free(&device->links);
}

void kg_block_devices_free(struct kg_block_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		free_device(&devices->items[i]);
	free(devices->items);
	kg_strings_free(&devices->names);
	*devices = (struct kg_block_devices){0};
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* "\x20" is a blank: blkid_encode_string() of util-linux. */
static void decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == '\\' && from[1] == 'x' && digit_of(from[2]) >= 0 &&
		    digit_of(from[3]) >= 0) {
			*to++ = (char)(digit_of(from[2]) * 16 + digit_of(from[3]));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

static void read_property(struct kg_sysfs *sysfs, const char *line, struct kg_block_device *device)
{
	for (size_t i = 0; i < property_count; i++) {
		size_t length = strlen(properties[i].key);
		char **field = field_of(device, i);

		if (strncmp(line, properties[i].key, length) != 0 || line[length] != '=')
			continue;
		free(*field);
		*field = kg_sysfs_copy(sysfs, line + length + 1);
		if (*field && properties[i].encoded)
			decode(*field);
	}
}

static void read_record(struct kg_sysfs *sysfs, struct kg_span text, struct kg_block_device *device)
{
	struct kg_error err;
	struct kg_span span;

	while (!sysfs->failed && kg_span_next_line(&text, &span)) {
		char *line = kg_span_copy_string(span, &err);

		sysfs->failed = !line;
		if (line && strncmp(line, "S:", 2) == 0)
			kg_sysfs_add(sysfs, &device->links, line + 2);
		else if (line && strncmp(line, "E:", 2) == 0)
			read_property(sysfs, line + 2, device);
		free(line);
	}
}

/* Whether another device lies on this one. */
static bool is_held(struct kg_sysfs *sysfs, const struct kg_block_device *device)
{
	char *path = kg_sysfs_format(sysfs, "/sys/dev/block/%u:%u/holders", device->major,
				     device->minor);
	struct kg_strings names = {0};
	bool held;

	if (path)
		kg_sysfs_list(sysfs, path, &names);
	held = names.count > 0;
	kg_strings_free(&names);
	free(path);
	return held;
}

static void read_device(struct kg_sysfs *sysfs, const char *name, struct kg_block_devices *devices)
{
	struct kg_block_device device = {0};
	struct kg_buffer text = {0};
	struct kg_error err;
	char *path = NULL;

	if (name[0] == 'b' && kg_device_number(name + 1, &device.major, &device.minor))
		path = kg_sysfs_format(sysfs, "%s/%s", database, name);
	if (path && kg_sysfs_read(sysfs, path, max_record, &text)) {
		read_record(sysfs, kg_buffer_span(&text), &device);
		device.held = is_held(sysfs, &device);
		if (kg_array_reserve(&devices->items, &devices->capacity, devices->count,
				     sizeof(*devices->items), &err) < 0) {
			sysfs->failed = true;
			free_device(&device);
		} else {
			devices->items[devices->count++] = device;
		}
	}
	kg_buffer_free(&text);
	free(path);
}

int kg_block_devices_read(const char *place, struct kg_block_devices *devices, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_root root;
	struct kg_sysfs sysfs = {.root = &root};

	*devices = (struct kg_block_devices){0};
	if (!place)
		return 0;
	if (kg_root_open(place, &root, err) < 0)
		return -1;
	kg_sysfs_list(&sysfs, "/sys/class/block", &devices->names);
	kg_sysfs_list(&sysfs, database, &names);
	for (size_t i = 0; i < names.count && devices->count < max_devices; i++)
		read_device(&sysfs, names.items[i], devices);
	kg_strings_free(&names);
	kg_root_close(&root);
	if (!sysfs.failed)
		return 0;
	kg_block_devices_free(devices);
	return kg_fail_memory(err);
}

const struct kg_block_device *kg_block_device_of(const struct kg_block_devices *devices,
						 unsigned int major, unsigned int minor)
{
	for (size_t i = 0; i < devices->count; i++) {
		if (devices->items[i].major == major && devices->items[i].minor == minor)
			return &devices->items[i];
	}
	return NULL;
}

static const struct kg_block_device *find_value(const struct kg_block_devices *devices,
						size_t property, const char *value)
{
	for (size_t i = 0; i < devices->count; i++) {
		const char *own = text_of(&devices->items[i], property);

		if (own && (properties[property].any_case ? strcasecmp(own, value)
							  : strcmp(own, value)) == 0)
			return &devices->items[i];
	}
	return NULL;
}

const struct kg_block_device *kg_block_device_named(const struct kg_block_devices *devices,
						    const char *name)
{
	static const char dev[] = "/dev/";

	for (size_t i = 0; i < property_count; i++) {
		const char *tag = properties[i].tag;

		if (tag && strncmp(name, tag, strlen(tag)) == 0)
			return find_value(devices, i, name + strlen(tag));
	}
	for (size_t i = 0; strncmp(name, dev, strlen(dev)) == 0 && i < devices->count; i++) {
		if (kg_strings_contain(&devices->items[i].links, name + strlen(dev)))
			return &devices->items[i];
	}
	return NULL;
}
