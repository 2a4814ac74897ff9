// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/os_release.h"

#include <stdbool.h>
#include <string.h>

#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/boot_entry.h"

char *kg_os_release_value(struct kg_span text, const char *key, struct kg_error *err)
{
	struct kg_span found = {0};
	struct kg_span line;
	bool has = false;

	while (kg_span_next_line(&text, &line)) {
		size_t length = strlen(key);

		line = kg_span_trimmed(line);
		if (!kg_span_starts_with(line, key, length) || line.size <= length ||
		    line.data[length] != '=')
			continue;
		while (line.size > length && line.data[length] == '=')
			length++;
		found = kg_boot_value_unquoted(
			kg_span_of(line.data + length, line.size - length));
		has = true;
	}
	err->code = 0;
	/* A NUL would hide what is behind it. */
	if (!has || found.size == 0 || memchr(found.data, '\0', found.size))
		return NULL;
	return kg_span_copy_string(found, err);
}
