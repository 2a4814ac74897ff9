// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/mount_field.h"
#include "storage_mounts.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/strings.h"

/* Takes the next field, up to a space, off the front of a line. */
static bool next_field(struct kg_span *line, struct kg_span *field)
{
	const unsigned char *space;
	size_t length;

	if (line->size == 0)
		return false;
	space = memchr(line->data, ' ', line->size);
	length = space ? (size_t)(space - line->data) : line->size;
	*field = kg_span_of(line->data, length);
	length += space ? 1 : 0;
	*line = kg_span_of(line->data + length, line->size - length);
	return true;
}

static bool is_text(struct kg_span field, const char *text)
{
	return field.size == strlen(text) && kg_span_starts_with(field, text, field.size);
}

/* A number of at most 32 bits up to end, which is taken off as well; 0 stands for the field's. */
static bool next_number(struct kg_span *field, unsigned char end, unsigned int *number)
{
	unsigned int value = 0;
	size_t i = 0;

	for (; i < field->size && !(end && field->data[i] == end); i++) {
		unsigned int digit = field->data[i] - (unsigned int)'0';

		if (digit > 9 || value > (0xffffffffU - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (i == 0 || (end && i == field->size))
		return false;
	i += end ? 1 : 0;
	*field = kg_span_of(field->data + i, field->size - i);
	*number = value;
	return true;
}

bool kg_device_number(struct kg_span text, unsigned int *major, unsigned int *minor)
{
	return next_number(&text, ':', major) && next_number(&text, '\0', minor);
}

struct line {
	unsigned int major;
	unsigned int minor;
	struct kg_span point;
	struct kg_span type;
	struct kg_span source;
};

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG]… - TYPE SOURCE OPTIONS" */
static bool split(struct kg_span text, struct line *line)
{
	struct kg_span ignored;
	struct kg_span device;
	struct kg_span field;

	if (!next_field(&text, &ignored) || !next_field(&text, &ignored) ||
	    !next_field(&text, &device) || !next_field(&text, &ignored) ||
	    !next_field(&text, &line->point) ||
	    !kg_device_number(device, &line->major, &line->minor))
		return false;
	do {
		if (!next_field(&text, &field))
			return false;
	} while (!is_text(field, "-"));
	return next_field(&text, &line->type) && next_field(&text, &line->source);
}

bool kg_mountinfo_find(struct kg_span text, const char *point, struct kg_mount *mount,
		       struct kg_error *err)
{
	struct line found = {0};
	struct line line;
	struct kg_span bytes;
	bool any = false;

	err->code = 0;
	while (kg_span_next_line(&text, &bytes)) {
		if (split(bytes, &line) && is_text(line.point, point)) {
			found = line;
			any = true;
		}
	}
	if (!any)
		return false;
	*mount = (struct kg_mount){.major = found.major, .minor = found.minor};
	mount->type = kg_span_copy_string(found.type, err);
	mount->source = kg_span_copy_string(found.source, err);
	if (!mount->type || !mount->source) {
		kg_mount_free(mount);
		return false;
	}
	kg_mount_unescape(mount->source);
	return true;
}

void kg_mount_free(struct kg_mount *mount)
{
	free(mount->type);
	free(mount->source);
	*mount = (struct kg_mount){0};
}
