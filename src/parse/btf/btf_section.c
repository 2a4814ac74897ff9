// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "btf_check.h"

enum {
	btf_magic = 0xeb9f,
	btf_version = 1,
	header_length_end = 8, /* offsetofend(struct btf_header, hdr_len) */
	header_size_max = 32,
	section_max = 3,
};

/* struct btf_header. What a shorter one does not have is 0. */
struct header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t length;
	uint32_t types, types_length;
	uint32_t strings, strings_length;
	uint32_t layout, layout_length;
};

struct part {
	uint32_t offset;
	uint32_t length;
};

static struct header decode_header(struct kg_span bytes, uint32_t length, uint32_t known)
{
	unsigned char copy[header_size_max] = {0};

	memcpy(copy, bytes.data, length < known ? length : known);
	return (struct header){
		.magic = (uint16_t)(copy[0] | copy[1] << 8),
		.version = copy[2],
		.flags = copy[3],
		.length = kg_btf_le32(copy + 4),
		.types = kg_btf_le32(copy + 8),
		.types_length = kg_btf_le32(copy + 12),
		.strings = kg_btf_le32(copy + 16),
		.strings_length = kg_btf_le32(copy + 20),
		.layout = kg_btf_le32(copy + 24),
		.layout_length = kg_btf_le32(copy + 28),
	};
}

static int read_header(struct kg_btf_check *check, struct kg_span bytes, bool split,
		       struct header *header)
{
	uint32_t known = check->rules->header_size;
	uint32_t length;

	if (known > header_size_max)
		return kg_btf_cannot_tell(check, "has a header of a form that is not known here");
	if (bytes.size < header_length_end)
		return kg_btf_refuse(check, EINVAL, "is too short for a header");
	length = kg_btf_le32(bytes.data + 4);
	if (bytes.size < length)
		return kg_btf_refuse(check, EINVAL, "is shorter than its header");
	for (uint32_t i = known; i < length; i++) {
		if (bytes.data[i])
			return kg_btf_refuse(
				check, E2BIG,
				"has a header of fields that the kernel does not know");
	}
	/* A header shorter than 8 bytes does not hold its own length either. */
	*header = decode_header(bytes, length, known);
	if (header->magic != btf_magic)
		return kg_btf_refuse(check, EINVAL, "does not begin as BTF does");
	if (header->version != btf_version)
		return kg_btf_refuse(check, kg_btf_enotsupp, "is of version %u", header->version);
	if (header->flags)
		return kg_btf_refuse(check, kg_btf_enotsupp, "has flags (0x%x)", header->flags);
	if (!split && bytes.size == header->length)
		return kg_btf_refuse(check, EINVAL, "holds nothing");
	return 0;
}

/* btf_sec_info_cmp(): where parts follow each other without gaps, an empty one goes first. */
static bool goes_after(const struct part *left, const struct part *right)
{
	if (left->offset != right->offset)
		return left->offset > right->offset;
	return left->length > right->length;
}

static void sort_parts(struct part *parts, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		for (size_t k = i; k > 0 && goes_after(&parts[k - 1], &parts[k]); k--) {
			struct part earlier = parts[k];

			parts[k] = parts[k - 1];
			parts[k - 1] = earlier;
		}
	}
}

static int check_parts(struct kg_btf_check *check, struct part *parts, size_t count,
		       uint64_t expected)
{
	uint64_t total = 0;

	sort_parts(parts, count);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].offset != total)
			return kg_btf_refuse(
				check, EINVAL,
				"has sections with a gap between them or that overlap");
		if (expected - total < parts[i].length)
			return kg_btf_refuse(check, EINVAL, "ends within a section");
		total += parts[i].length;
	}
	if (total != expected)
		return kg_btf_refuse(check, EINVAL, "is longer than its sections");
	return 0;
}

static int check_strings(struct kg_btf_check *check, const struct kg_btf_table *table)
{
	struct kg_span strings = table->strings;

	if (table->base && strings.size == 0)
		return 0;
	if (strings.size == 0 || strings.size - 1 > kg_btf_max_name_offset)
		return kg_btf_refuse(check, EINVAL, "has a string section of a forbidden size");
	if (strings.data[strings.size - 1] != '\0')
		return kg_btf_refuse(check, EINVAL, "has a last string without an end");
	if (!table->base && strings.data[0] != '\0')
		return kg_btf_refuse(check, EINVAL,
				     "has strings that do not begin with an empty one");
	return 0;
}

int kg_btf_check_sections(struct kg_btf_check *check, struct kg_span bytes,
			  struct kg_btf_table *table)
{
	struct header header = {0};
	struct kg_span body = {0};
	struct part parts[section_max];
	size_t count = section_max;
	bool short_header;

	if (read_header(check, bytes, table->base != NULL, &header) < 0)
		return -1;
	(void)kg_span_sub(bytes, header.length, bytes.size - header.length, &body);
	parts[0] = (struct part){header.types, header.types_length};
	parts[1] = (struct part){header.strings, header.strings_length};
	parts[2] = (struct part){header.layout, header.layout_length};
	/* Without a layout section, or in a kernel without, the strings are the last. */
	short_header =
		header.length < header_size_max || check->rules->header_size < header_size_max;
	if (short_header || header.layout_length == 0)
		count--;
	if (check_parts(check, parts, count, body.size) < 0)
		return -1;
	if (short_header && (uint64_t)header.strings + header.strings_length != body.size)
		return kg_btf_refuse(check, EINVAL, "does not end with its strings");
	(void)kg_span_sub(body, header.types, header.types_length, &table->types);
	(void)kg_span_sub(body, header.strings, header.strings_length, &table->strings);
	if (count == section_max)
		(void)kg_span_sub(body, header.layout, header.layout_length, &table->layout);
	return check_strings(check, table);
}
