// SPDX-License-Identifier: GPL-2.0-or-later
#include "btf_check.h"

/* isalpha(), isdigit() and isprint() of lib/ctype.c, which knows ISO 8859-1. */
static bool is_letter(unsigned char c)
{
	unsigned char folded = c | 0x20;

	if (c < 0x80)
		return folded >= 'a' && folded <= 'z';
	return c >= 0xc0 && c != 0xd7 && c != 0xf7;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_printable(unsigned char c)
{
	return (c >= 0x20 && c <= 0x7e) || c >= 0xa0;
}

static bool is_first(unsigned char c)
{
	return is_letter(c) || c == '_' || c == '.';
}

static bool is_following(unsigned char c)
{
	return is_first(c) || is_digit(c);
}

bool kg_btf_name_inside(const struct kg_btf_table *table, uint32_t name)
{
	return name <= kg_btf_max_name_offset && kg_btf_table_string(table, name) != NULL;
}

static bool consists_of(const struct kg_btf_check *check, const struct kg_btf_table *table,
			uint32_t name, bool (*first)(unsigned char),
			bool (*following)(unsigned char))
{
	const char *text = kg_btf_table_string(table, name);
	uint32_t length = 1;

	if (!text || !first((unsigned char)text[0]))
		return false;
	while (text[length] && length < check->rules->name_max) {
		if (!following((unsigned char)text[length]))
			return false;
		length++;
	}
	return text[length] == '\0';
}

bool kg_btf_is_identifier(const struct kg_btf_check *check, const struct kg_btf_table *table,
			  uint32_t name)
{
	return name != 0 && consists_of(check, table, name, is_first, is_following);
}

bool kg_btf_is_section_name(const struct kg_btf_check *check, const struct kg_btf_table *table,
			    uint32_t name)
{
	if (!check->rules->printable_sections)
		return kg_btf_is_identifier(check, table, name);
	return name != 0 && consists_of(check, table, name, is_printable, is_printable);
}
