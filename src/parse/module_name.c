// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/module.h"

static const char *const suffixes[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst"};

/* Length of a file's name without the suffix of a module; 0 where it is none. */
static size_t stem_length(const char *name)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (kg_ends_with(name, suffixes[i]))
			return strlen(name) - strlen(suffixes[i]);
	}
	return 0;
}

bool kg_is_module_path(const char *path)
{
	return stem_length(kg_base_name(path)) > 0;
}

char *kg_module_name_of_path(const char *path, struct kg_error *err)
{
	const char *base = kg_base_name(path);
	size_t length = stem_length(base);
	char *name;

	if (length == 0) {
		kg_fail(err, EINVAL, "%s: does not end as a module does (.ko, .ko.gz, .ko.xz, "
				     ".ko.zst)", path);
		return NULL;
	}
	name = kg_span_copy_string(kg_span_of(base, length), err);
	for (char *c = name; c && *c; c++) {
		if (*c == '-')
			*c = '_';
	}
	return name;
}

static char folded(char c)
{
	return c == '-' ? '_' : c;
}

bool kg_module_name_equal(const char *left, const char *right)
{
	while (*left && folded(*left) == folded(*right)) {
		left++;
		right++;
	}
	return folded(*left) == folded(*right);
}
