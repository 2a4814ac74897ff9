// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/pacman_conf.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "/etc/pacman.conf";
static const char default_log[] = "/var/log/pacman.log";

enum { max_file = 1 << 20 };

struct reading {
	struct kg_pacman_conf *conf;
	struct kg_error *err;
	bool failed;
};

/* inih calls this for each key; a key without a value comes with an empty or no value. */
static int take_key(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;
	char *copy;

	if (strcmp(section, "options") != 0)
		return 1;
	if (strcmp(name, "Color") == 0)
		reading->conf->color = true;
	if (strcmp(name, "LogFile") != 0 || !value || !*value)
		return 1;
	copy = kg_copy_string(value, reading->err);
	if (!copy) {
		reading->failed = true;
		return 1;
	}
	free(reading->conf->log_file);
	reading->conf->log_file = copy;
	return 1;
}

/* "Color" alone on a line is an error to an inih that wants values: it is seen here. */
static bool has_color_line(struct kg_span text)
{
	struct kg_span line;

	while (kg_span_next_line(&text, &line)) {
		while (line.size > 0 && line.data[line.size - 1] <= ' ')
			line.size--;
		while (line.size > 0 && line.data[0] <= ' ')
			(void)kg_span_sub(line, 1, line.size - 1, &line);
		if (line.size == 5 && kg_span_starts_with(line, "Color", 5))
			return true;
	}
	return false;
}

int kg_pacman_conf_read(const struct kg_root *root, struct kg_pacman_conf *conf,
			struct kg_error *err)
{
	struct kg_pacman_conf read = {.log_file = kg_copy_string(default_log, err)};
	struct reading reading = {.conf = &read, .err = err, .failed = !read.log_file};
	struct kg_buffer text = {0};
	struct kg_error ignored;

	if (!reading.failed && kg_root_read_file(root, path, max_file, &text, &ignored) == 0) {
		read.color = has_color_line(kg_buffer_span(&text));
		if (kg_buffer_append(&text, "", 1, err) == 0)
			(void)ini_parse_string((const char *)text.data, take_key, &reading);
		else
			reading.failed = true;
	}
	kg_buffer_free(&text);
	if (reading.failed) {
		kg_pacman_conf_free(&read);
		return -1;
	}
	*conf = read;
	return 0;
}

void kg_pacman_conf_free(struct kg_pacman_conf *conf)
{
	free(conf->log_file);
	*conf = (struct kg_pacman_conf){0};
}
