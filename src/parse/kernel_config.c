// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/kernel_config.h"

#include <errno.h>
#include <string.h>

#include "kernel-guard/parse/compression.h"

enum {
	max_config = 4 << 20,
	mark_size = 8,
};

static const char start_mark[] = "IKCFG_ST";
static const char end_mark[] = "IKCFG_ED";

/* Whether the line is PREFIX OPTION SUFFIX and, after "=", anything. */
static bool is_line(struct kg_span line, const char *prefix, const char *option,
		    const char *suffix)
{
	const char *const parts[] = {prefix, option, suffix};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t length = strlen(parts[i]);

		if (!kg_span_starts_with(line, parts[i], length))
			return false;
		(void)kg_span_sub(line, length, line.size - length, &line);
	}
	return true;
}

enum kg_config_value kg_config_lookup(struct kg_span text, const char *option)
{
	enum kg_config_value value = KG_CONFIG_UNKNOWN;
	struct kg_span line;

	while (kg_span_next_line(&text, &line)) {
		if (is_line(line, "", option, "="))
			value = KG_CONFIG_SET;
		else if (is_line(line, "# ", option, " is not set"))
			value = KG_CONFIG_UNSET;
	}
	return value;
}

int kg_config_extract(struct kg_span section, struct kg_buffer *out, struct kg_error *err)
{
	const unsigned char *start = memmem(section.data, section.size, start_mark, mark_size);
	const unsigned char *end;
	struct kg_span packed;

	if (section.size == 0 || !start)
		return kg_fail(err, ENOENT, "has no configuration in it");
	start += mark_size;
	end = memmem(start, section.size - (size_t)(start - section.data), end_mark, mark_size);
	if (!end)
		return kg_fail(err, EBADMSG, "has a configuration that is cut off");
	packed = kg_span_of(start, (size_t)(end - start));
	if (kg_decompress(packed, KG_COMPRESSION_GZIP, max_config, out, err) < 0)
		return kg_prefix(err, "its configuration");
	return 0;
}
