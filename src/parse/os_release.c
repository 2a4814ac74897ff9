// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/os_release.h"

#include <stdbool.h>
#include <string.h>

#include "kernel-guard/core/strings.h"

/* Without quotes that stand at both ends. */
static struct kg_span without_quotes(struct kg_span value)
{
	unsigned char first = value.size >= 2 ? value.data[0] : '\0';

	if ((first == '"' || first == '\'') && value.data[value.size - 1] == first) {
		value.data++;
		value.size -= 2;
	}
	return value;
}

char *kg_os_release_value(struct kg_span text, const char *key, struct kg_error *err)
{
	size_t length = strlen(key);
	struct kg_span found = {0};
	struct kg_span line;
	bool has = false;

	while (kg_span_next_line(&text, &line)) {
		line = kg_span_trimmed(line);
		if (!kg_span_starts_with(line, key, length) || line.size <= length ||
		    line.data[length] != '=')
			continue;
		line.data += length + 1;
		line.size -= length + 1;
		found = without_quotes(line);
		has = true;
	}
	err->code = 0;
	/* A NUL would hide what is behind it. */
	if (!has || found.size == 0 || memchr(found.data, '\0', found.size))
		return NULL;
	return kg_span_copy_string(found, err);
}
