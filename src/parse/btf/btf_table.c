// SPDX-License-Identifier: GPL-2.0-or-later
#include "btf_table.h"

#include <stdlib.h>

#include "kernel-guard/core/buffer.h"

/* Bytes that follow a type of each kind: once, and for each of vlen items. */
static const struct {
	const char *name;
	uint8_t once;
	uint8_t each;
} kinds[KG_BTF_KIND_COUNT] = {
	[KG_BTF_VOID] = {"VOID", 0, 0},
	[KG_BTF_INT] = {"INT", 4, 0},
	[KG_BTF_PTR] = {"PTR", 0, 0},
	[KG_BTF_ARRAY] = {"ARRAY", 12, 0},
	[KG_BTF_STRUCT] = {"STRUCT", 0, kg_btf_member_size},
	[KG_BTF_UNION] = {"UNION", 0, kg_btf_member_size},
	[KG_BTF_ENUM] = {"ENUM", 0, kg_btf_pair_size},
	[KG_BTF_FWD] = {"FWD", 0, 0},
	[KG_BTF_TYPEDEF] = {"TYPEDEF", 0, 0},
	[KG_BTF_VOLATILE] = {"VOLATILE", 0, 0},
	[KG_BTF_CONST] = {"CONST", 0, 0},
	[KG_BTF_RESTRICT] = {"RESTRICT", 0, 0},
	[KG_BTF_FUNC] = {"FUNC", 0, 0},
	[KG_BTF_FUNC_PROTO] = {"FUNC_PROTO", 0, kg_btf_pair_size},
	[KG_BTF_VAR] = {"VAR", 4, 0},
	[KG_BTF_DATASEC] = {"DATASEC", 0, kg_btf_member_size},
	[KG_BTF_FLOAT] = {"FLOAT", 0, 0},
	[KG_BTF_DECL_TAG] = {"DECL_TAG", 4, 0},
	[KG_BTF_TYPE_TAG] = {"TYPE_TAG", 0, 0},
	[KG_BTF_ENUM64] = {"ENUM64", 0, kg_btf_member_size},
};

const char *kg_btf_kind_name(uint32_t kind)
{
	return kind < KG_BTF_KIND_COUNT ? kinds[kind].name : "?";
}

bool kg_btf_extra_size(const struct kg_btf_table *table, uint32_t kind, uint32_t count,
		       uint64_t *size)
{
	/* struct btf_layout { __u8 info_sz; __u8 elem_sz; __u16 flags; } of each kind */
	enum { layout_entry = 4, layout_each = 1 };
	uint8_t once;
	uint8_t each;

	if (kind != KG_BTF_VOID && kind < KG_BTF_KIND_COUNT) {
		*size = kinds[kind].once + (uint64_t)kinds[kind].each * count;
		return true;
	}
	if (kind == KG_BTF_VOID ||
	    !kg_span_u8(table->layout, (uint64_t)kind * layout_entry, &once) ||
	    !kg_span_u8(table->layout, (uint64_t)kind * layout_entry + layout_each, &each))
		return false;
	*size = once + (uint64_t)each * count;
	return true;
}

struct kg_btf_type kg_btf_decode(const unsigned char *data)
{
	uint32_t info = kg_btf_le32(data + 4);

	return (struct kg_btf_type){
		.name = kg_btf_le32(data),
		.kind = info >> 24 & 0x7f,
		.count = info & 0xffffff,
		.flag = info >> 31,
		.size = kg_btf_le32(data + 8),
	};
}

int kg_btf_table_add(struct kg_btf_table *table, uint32_t offset, struct kg_error *err)
{
	/* btf_add_type(): void has a number only where another type has one. */
	uint32_t needed = table->count == 0 && !table->base ? 2 : 1;

	if (kg_array_reserve(&table->offsets, &table->capacity, (size_t)table->count + needed - 1,
			     sizeof(*table->offsets), err) < 0)
		return -1;
	if (needed == 2)
		table->offsets[table->count++] = 0;
	table->offsets[table->count++] = offset;
	return 0;
}

bool kg_btf_table_type(const struct kg_btf_table *table, uint32_t id, struct kg_btf_type *type)
{
	uint64_t extra;
	uint64_t offset;

	while (id < table->start_id)
		table = table->base;
	id -= table->start_id;
	if (id >= table->count)
		return false;
	if (id == 0 && !table->base) {
		*type = (struct kg_btf_type){0};
		return true;
	}
	offset = table->offsets[id];
	*type = kg_btf_decode(table->types.data + offset);
	return kg_btf_extra_size(table, type->kind, type->count, &extra) &&
	       kg_span_sub(table->types, offset + kg_btf_type_size, extra, &type->extra);
}

const char *kg_btf_table_string(const struct kg_btf_table *table, uint32_t offset)
{
	while (offset < table->start_string)
		table = table->base;
	offset -= table->start_string;
	return offset < table->strings.size ? (const char *)table->strings.data + offset : NULL;
}

uint32_t kg_btf_table_end(const struct kg_btf_table *table)
{
	return table->start_id + table->count;
}

void kg_btf_table_free(struct kg_btf_table *table)
{
	free(table->offsets);
	*table = (struct kg_btf_table){0};
}
