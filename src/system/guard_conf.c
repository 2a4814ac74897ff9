// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/guard_conf.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "/etc/kernel-guard.conf";

enum { max_file = 1 << 20, default_keep = 1, max_keep = 9 };

struct reading {
	struct kg_guard_conf *conf;
	struct kg_strings *notes;
	struct kg_error *err;
	bool failed;
};

static void complain(struct reading *reading, const char *section, const char *name,
		     const char *value)
{
	char *note = kg_format(reading->err, "%s: [%s] %s = %s is not understood", path, section,
			       name, value);

	if (kg_strings_take(reading->notes, note, reading->err) < 0)
		reading->failed = true;
}

/* inih calls this for each key. */
static int take_key(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;
	unsigned long number;
	char *end;

	if (strcmp(section, "keep") != 0 || strcmp(name, "keep") != 0) {
		complain(reading, section, name, value);
		return 1;
	}
	number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || number > max_keep)
		complain(reading, section, name, value);
	else
		reading->conf->keep = (unsigned int)number;
	return 1;
}

int kg_guard_conf_read(const struct kg_root *root, struct kg_guard_conf *conf,
		       struct kg_strings *notes, struct kg_error *err)
{
	struct reading reading = {.conf = conf, .notes = notes, .err = err};
	struct kg_buffer text = {0};
	struct kg_error why;
	int line = 0;

	*conf = (struct kg_guard_conf){.keep = default_keep};
	if (kg_root_read_file(root, path, max_file, &text, &why) < 0) {
		if (why.code == ENOENT)
			return 0;
		return kg_strings_add(notes, why.message, err);
	}
	if (kg_buffer_append(&text, "", 1, err) < 0)
		reading.failed = true;
	else
		line = ini_parse_string((const char *)text.data, take_key, &reading);
	kg_buffer_free(&text);
	if (!reading.failed && line > 0 &&
	    kg_strings_take(notes, kg_format(err, "%s:%d: is not understood", path, line), err) < 0)
		return -1;
	return reading.failed ? -1 : 0;
}
