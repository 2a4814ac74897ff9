// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/report/escape.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

/* Bytes of the UTF-8 character (RFC 3629, 4) at text; 0 where there is none. */
static size_t character_length(const unsigned char *text)
{
	static const struct {
		unsigned char first_low;
		unsigned char first_high;
		unsigned char second_low;
		unsigned char second_high;
		size_t length;
	} forms[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	if (text[0] >= 0x20 && text[0] < 0x7f)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first_low || text[0] > forms[i].first_high)
			continue;
		if (text[1] < forms[i].second_low || text[1] > forms[i].second_high)
			return 0;
		for (size_t j = 2; j < forms[i].length; j++) {
			if (text[j] < 0x80 || text[j] > 0xbf)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

/* U+0080 to U+009F are controls too. */
static bool is_control(const unsigned char *text, size_t length)
{
	return length == 2 && text[0] == 0xc2 && text[1] < 0xa0;
}

/* Writes the form of the character at *text to piece and moves *text behind it. */
static size_t next_piece(const unsigned char **text, char piece[8])
{
	size_t length = character_length(*text);

	if (length == 0 || is_control(*text, length)) {
		(void)snprintf(piece, 8, "\\x%02x", **text);
		++*text;
		return 4;
	}
	memcpy(piece, *text, length);
	*text += length;
	return length;
}

char *kg_escape(const char *text, struct kg_error *err)
{
	const unsigned char *rest = (const unsigned char *)text;
	struct kg_buffer escaped = {0};
	char piece[8];

	while (*rest) {
		size_t size = next_piece(&rest, piece);

		if (kg_buffer_append(&escaped, piece, size, err) < 0) {
			kg_buffer_free(&escaped);
			return NULL;
		}
	}
	if (kg_buffer_append(&escaped, "", 1, err) < 0) {
		kg_buffer_free(&escaped);
		return NULL;
	}
	return (char *)escaped.data;
}

void kg_write_escaped(FILE *out, const char *text)
{
	const unsigned char *rest = (const unsigned char *)text;
	char piece[8];

	while (*rest) {
		size_t size = next_piece(&rest, piece);

		(void)fwrite(piece, 1, size, out);
	}
}
