// SPDX-License-Identifier: GPL-2.0-or-later
/* An os-release, in which every key that stands there is asked for, and those of unified images. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/os_release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A value is text of the file, without a NUL and without the line's end. */
static void ask(struct kg_span text, const char *key)
{
	struct kg_error err = {.code = -1};
	char *value = kg_os_release_value(text, key, &err);

	if (err.code != 0)
		abort();
	if (value &&
	    (!*value || strchr(value, '\n') || !memmem(text.data, text.size, value, strlen(value))))
		abort();
	free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"PRETTY_NAME", "IMAGE_ID", "NAME", "ID", "BUILD_ID", ""};
	struct kg_span text = {data, size};
	struct kg_span rest = text;
	struct kg_span line;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ask(text, keys[i]);
	for (size_t i = 0; i < 64 && kg_span_next_line(&rest, &line); i++) {
		char key[64];
		size_t length = line.size < sizeof(key) ? line.size : sizeof(key) - 1;

		for (size_t j = 0; j < length; j++)
			length = line.data[j] == '=' ? j : length;
		if (length)
			memcpy(key, line.data, length);
		key[length] = '\0';
		ask(text, key);
	}
	return 0;
}
