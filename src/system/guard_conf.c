// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/guard_conf.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

#include "kernel-guard/core/span.h"
#include "kernel-guard/system/kept_name.h"

static const char path[] = "/etc/kernel-guard.conf";

enum { max_file = 1 << 20, default_keep = 1 };

struct reading {
	struct kg_guard_conf *conf;
	struct kg_strings *notes;
	struct kg_error *err;
	bool failed;
};

/* Takes the sentence. */
static void doubt(struct reading *reading, char *sentence)
{
	reading->conf->doubtful = true;
	if (kg_strings_take(reading->notes, sentence, reading->err) < 0)
		reading->failed = true;
}

/*
 * A number from 0 to kg_fallback_max, which is one digit; inih cuts off comments behind ";" only.
 */
static bool read_number(const char *value, unsigned int *number)
{
	const char *rest = value + strspn(value, "0123456789");

	if (rest != value + 1 || (*rest != '\0' && !kg_is_blank((unsigned char)*rest)))
		return false;
	rest += strspn(rest, " \t");
	*number = (unsigned int)(*value - '0');
	return *rest == '\0' || *rest == '#';
}

/* inih calls this for each key. */
static int take_key(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;
	bool ours = strcmp(section, "keep") == 0 || *section == '\0';
	char *why;

	if (!ours || strcmp(name, "keep") != 0)
		why = kg_format(reading->err,
				"%s: [%s] %s = %s is no setting of kernel-guard: [keep] has "
				"keep = N",
				path, section, name, value);
	else if (!read_number(value, &reading->conf->keep))
		why = kg_format(reading->err,
				"%s: [keep] keep = %s is not understood: keep is a number from 0 "
				"to %d",
				path, value, kg_fallback_max);
	else
		return 1;
	doubt(reading, why);
	return 1;
}

/* A file that is not there sets nothing; a link to what is not there was to set something. */
static int check_absence(const struct kg_root *root, struct reading *reading)
{
	struct kg_strings names = {0};
	struct kg_error ignored;

	if (kg_root_list(root, "/etc", &names, &ignored) == 0 &&
	    kg_strings_contain(&names, kg_base_name(path)))
		doubt(reading, kg_format(reading->err, "%s: is a link to what is not there", path));
	kg_strings_free(&names);
	return reading->failed ? -1 : 0;
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
			return check_absence(root, &reading);
		doubt(&reading, kg_format(err, "%s", why.message));
		return reading.failed ? -1 : 0;
	}
	if (text.size > 0 && memchr(text.data, '\0', text.size))
		doubt(&reading, kg_format(err, "%s: holds a NUL byte", path));
	else if (kg_buffer_append(&text, "", 1, err) < 0)
		reading.failed = true;
	else
		line = ini_parse_string((const char *)text.data, take_key, &reading);
	kg_buffer_free(&text);
	if (!reading.failed && line > 0)
		doubt(&reading, kg_format(err, "%s:%d: is not understood", path, line));
	return reading.failed ? -1 : 0;
}
