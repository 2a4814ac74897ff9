// SPDX-License-Identifier: GPL-2.0-or-later
#include "grub_custom.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char begin_mark[] = "### BEGIN kernel-guard: written anew, changes are lost ###";
/* Stands behind a newline that the text before it did not have. */
static const char joined_mark[] =
	"### BEGIN kernel-guard, joined: written anew, changes are lost ###";
static const char end_mark[] = "### END kernel-guard ###";

static bool is_line(struct kg_span line, const char *text)
{
	line = kg_span_trimmed(line);
	return line.size == strlen(text) && memcmp(line.data, text, line.size) == 0;
}

int kg_grub_custom_split(struct kg_span text, struct kg_grub_custom *custom, struct kg_error *err)
{
	struct kg_span rest = text;
	struct kg_span line;
	size_t begin = text.size;
	size_t end = text.size;
	bool begun = false;
	bool ended = false;

	for (size_t at = 0; kg_span_next_line(&rest, &line); at = text.size - rest.size) {
		bool joined = is_line(line, joined_mark);

		if (joined || is_line(line, begin_mark)) {
			if (begun)
				return kg_fail(err, EBADMSG, "has two lines \"%s\"", begin_mark);
			begun = true;
			begin = joined && at > 0 ? at - 1 : at;
		} else if (is_line(line, end_mark)) {
			if (!begun || ended)
				return kg_fail(err, EBADMSG,
					       "has a line \"%s\" without its beginning", end_mark);
			ended = true;
			end = text.size - rest.size;
		}
	}
	if (begun && !ended)
		return kg_fail(err, EBADMSG, "has no line \"%s\" behind \"%s\"", end_mark,
			       begin_mark);
	custom->before = kg_span_of(text.data, begin);
	custom->behind = end < text.size ? kg_span_of(text.data + end, text.size - end)
					 : (struct kg_span){0};
	return 0;
}

static int append_line(struct kg_buffer *out, const char *text, struct kg_error *err)
{
	return kg_buffer_append(out, text, strlen(text), err) < 0
		       ? -1
		       : kg_buffer_append(out, "\n", 1, err);
}

static int append_block(const struct kg_grub_custom *custom, struct kg_span entries,
			struct kg_buffer *out, struct kg_error *err)
{
	struct kg_span before = custom->before;
	bool joined = before.size > 0 && before.data[before.size - 1] != '\n';

	if (joined && kg_buffer_append(out, "\n", 1, err) < 0)
		return -1;
	if (append_line(out, joined ? joined_mark : begin_mark, err) < 0 ||
	    kg_buffer_append(out, entries.data, entries.size, err) < 0)
		return -1;
	return append_line(out, end_mark, err);
}

int kg_grub_custom_join(const struct kg_grub_custom *custom, struct kg_span entries,
			struct kg_buffer *out, struct kg_error *err)
{
	if (kg_buffer_append(out, custom->before.data, custom->before.size, err) < 0 ||
	    (entries.size > 0 && append_block(custom, entries, out, err) < 0))
		return -1;
	return kg_buffer_append(out, custom->behind.data, custom->behind.size, err);
}
