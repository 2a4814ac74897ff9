// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "storage_walk.h"

enum {
	max_text = 1 << 20,
	max_keyboards = 64,
};

/* A device of /proc/bus/input/devices (input_devices_seq_show() of drivers/input/input.c). */
struct input {
	char *name;
	char *path; /* in sysfs */
	bool keyboard;
};

static void free_input(struct input *input)
{
	free(input->name);
	free(input->path);
	*input = (struct input){0};
}

static char *value_of(struct kg_sysfs *sysfs, struct kg_span line, const char *key)
{
	size_t length = strlen(key);

	if (!kg_span_starts_with(line, key, length))
		return NULL;
	return kg_sysfs_format(sysfs, "%.*s", (int)(line.size - length), line.data + length);
}

static void read_line(struct kg_sysfs *sysfs, struct kg_span line, struct input *input)
{
	char *value;

	if ((value = value_of(sysfs, line, "N: Name=\""))) {
		value[strcspn(value, "\"")] = '\0';
		free(input->name);
		input->name = value;
	} else if ((value = value_of(sysfs, line, "S: Sysfs="))) {
		free(input->path);
		input->path = kg_sysfs_format(sysfs, "/sys%s", value);
		free(value);
	} else if ((value = value_of(sysfs, line, "H: Handlers="))) {
		/* A power button has "kbd" as well, but no Alt, which SysRq listens for. */
		input->keyboard = strstr(value, "kbd") && strstr(value, "sysrq");
		free(value);
	}
}

/* Bluetooth's and other virtual ones are never there in an initramfs. */
static bool is_physical(const char *path)
{
	return strncmp(path, "/sys/devices/", strlen("/sys/devices/")) == 0 &&
	       strncmp(path, "/sys/devices/virtual/", strlen("/sys/devices/virtual/")) != 0 &&
	       !strstr(path, "..");
}

static void add_keyboard(struct kg_storage_reader *reader, struct input *input)
{
	struct kg_storage *storage = reader->storage;
	struct kg_keyboard keyboard = {0};
	struct kg_storage_walk walk = {
		.reader = reader,
		.mount = "typing the passphrase",
		.needs = &keyboard.needs,
	};
	struct kg_error err;

	if (!input->name || !input->path || !input->keyboard || !is_physical(input->path) ||
	    storage->keyboard_count == max_keyboards)
		return;
	(void)kg_storage_add_drivers(&walk, input->path, input->name, input->name);
	if (kg_array_reserve(&storage->keyboards, &storage->keyboard_capacity,
			     storage->keyboard_count, sizeof(*storage->keyboards), &err) < 0) {
		reader->sysfs.failed = true;
		kg_storage_needs_free(&keyboard.needs);
		return;
	}
	keyboard.name = input->name;
	input->name = NULL;
	storage->keyboards[storage->keyboard_count++] = keyboard;
}

void kg_storage_read_keyboards(struct kg_storage_reader *reader)
{
	struct kg_buffer text = {0};
	struct input input = {0};
	struct kg_span rest;
	struct kg_span line;

	(void)kg_sysfs_read(&reader->sysfs, "/proc/bus/input/devices", max_text, &text);
	rest = kg_buffer_span(&text);
	while (kg_span_next_line(&rest, &line)) {
		if (line.size > 0) {
			read_line(&reader->sysfs, line, &input);
			continue;
		}
		add_keyboard(reader, &input);
		free_input(&input);
	}
	add_keyboard(reader, &input);
	free_input(&input);
	kg_buffer_free(&text);
}
