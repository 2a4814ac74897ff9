// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "btf_check.h"

/*
 * What the kernel asks of each type on its own: the check_meta functions of
 * kernel/bpf/btf.c (Linux 6.1, 6.12, 7.2, 7.3).
 */
typedef int check_kind(struct kg_btf_check *check, const struct kg_btf_table *table,
		       const struct kg_btf_type *type);

/* BTF_INFO_MASK up to 7.1: bits 16 to 23 and 29 to 30 are unused. */
static const uint32_t narrow_info = 0x9f00ffff;

static int refuse(struct kg_btf_check *check, const char *why)
{
	return kg_btf_refuse(check, EINVAL, "%s", why);
}

static int check_no_items(struct kg_btf_check *check, const struct kg_btf_type *type)
{
	return type->count ? refuse(check, "has a count, where it is none of many items") : 0;
}

static int check_no_flag(struct kg_btf_check *check, const struct kg_btf_type *type)
{
	return type->flag ? refuse(check, "has the flag, which its kind does not") : 0;
}

static int check_no_name(struct kg_btf_check *check, const struct kg_btf_type *type)
{
	return type->name ? refuse(check, "has a name, which its kind does not") : 0;
}

static int check_identifier(struct kg_btf_check *check, const struct kg_btf_table *table,
			    uint32_t name)
{
	return kg_btf_is_identifier(check, table, name) ? 0 : refuse(check, "has an invalid name");
}

/* None, or a valid one. */
static int check_optional_name(struct kg_btf_check *check, const struct kg_btf_table *table,
			       uint32_t name)
{
	return name == 0 ? 0 : check_identifier(check, table, name);
}

/* A type that is referred to: any number up to the highest, whether it exists or not. */
static int check_reference(struct kg_btf_check *check, uint32_t id, bool may_be_void)
{
	if (id > kg_btf_max_type || (id == 0 && !may_be_void))
		return refuse(check, "refers to an impossible type");
	return 0;
}

static int check_int(struct kg_btf_check *check, const struct kg_btf_table *table,
		     const struct kg_btf_type *type)
{
	enum { int_mask = 0x0fffffff, bits_max = 128, is_signed = 1, is_char = 2, is_bool = 4 };
	uint32_t data = kg_btf_item(type, 4, 0, 0);
	uint32_t bits = (data & 0xff) + (data >> 16 & 0xff);
	uint32_t encoding = data >> 24 & 0xf;

	(void)table;
	if (check_no_items(check, type) < 0 || check_no_flag(check, type) < 0)
		return -1;
	if (data & ~(uint32_t)int_mask)
		return refuse(check, "has unused bits set");
	if (bits > bits_max || (bits + 7) / 8 > type->size)
		return refuse(check, "has more bits than it can hold");
	if (encoding && encoding != is_signed && encoding != is_char && encoding != is_bool)
		return kg_btf_refuse(check, kg_btf_enotsupp, "has an unknown encoding");
	return 0;
}

/* btf_ref_type_check_meta(): pointers, modifiers and type tags. */
static int check_ref(struct kg_btf_check *check, const struct kg_btf_table *table,
		     const struct kg_btf_type *type)
{
	bool may_be_flagged = type->kind == KG_BTF_TYPE_TAG && check->rules->tag_flag;
	const char *text;

	if (check_no_items(check, type) < 0)
		return -1;
	if (!may_be_flagged && check_no_flag(check, type) < 0)
		return -1;
	if (check_reference(check, type->size, true) < 0)
		return -1;
	if (type->kind == KG_BTF_TYPEDEF)
		return check_identifier(check, table, type->name);
	if (type->kind != KG_BTF_TYPE_TAG)
		return check_no_name(check, type);
	text = kg_btf_table_string(table, type->name);
	return text && *text ? 0 : refuse(check, "has no name");
}

static int check_array(struct kg_btf_check *check, const struct kg_btf_table *table,
		       const struct kg_btf_type *type)
{
	(void)table;
	if (check_no_name(check, type) < 0 || check_no_items(check, type) < 0 ||
	    check_no_flag(check, type) < 0)
		return -1;
	if (type->size)
		return refuse(check, "has a size of its own");
	if (check_reference(check, kg_btf_item(type, 0, 0, 0), false) < 0)
		return -1;
	return check_reference(check, kg_btf_item(type, 0, 0, 1), false);
}

static int check_member(struct kg_btf_check *check, const struct kg_btf_table *table,
			const struct kg_btf_type *type, uint32_t i, uint32_t *last_offset)
{
	uint32_t name = kg_btf_item(type, kg_btf_member_size, i, 0);
	uint32_t offset = kg_btf_item(type, kg_btf_member_size, i, 2);

	if (!kg_btf_name_inside(table, name))
		return refuse(check, "has a member whose name is not there");
	if (check_optional_name(check, table, name) < 0 ||
	    check_reference(check, kg_btf_item(type, kg_btf_member_size, i, 1), false) < 0)
		return -1;
	if (type->flag)
		offset &= 0xffffff; /* the rest is the size of a bit field */
	if (type->kind == KG_BTF_UNION && offset)
		return refuse(check, "has a member that does not begin where the union does");
	if (*last_offset > offset)
		return refuse(check, "has members out of order");
	if (((uint64_t)offset + 7) / 8 > type->size)
		return refuse(check, "has a member outside of it");
	*last_offset = offset;
	return 0;
}

static int check_struct(struct kg_btf_check *check, const struct kg_btf_table *table,
			const struct kg_btf_type *type)
{
	uint32_t last_offset = 0;

	if (check_optional_name(check, table, type->name) < 0)
		return -1;
	for (uint32_t i = 0; i < type->count; i++) {
		if (check_member(check, table, type, i, &last_offset) < 0)
			return -1;
	}
	return 0;
}

static int check_enumerators(struct kg_btf_check *check, const struct kg_btf_table *table,
			     const struct kg_btf_type *type, size_t item_size)
{
	/* A power of two, up to 8. */
	if (type->size > 8 || type->size == 0 || (type->size & (type->size - 1)) != 0)
		return refuse(check, "has an impossible size");
	if (check_optional_name(check, table, type->name) < 0)
		return -1;
	for (uint32_t i = 0; i < type->count; i++) {
		uint32_t name = kg_btf_item(type, item_size, i, 0);

		if (!kg_btf_name_inside(table, name))
			return refuse(check, "has an enumerator whose name is not there");
		if (check_identifier(check, table, name) < 0)
			return -1;
	}
	return 0;
}

static int check_enum(struct kg_btf_check *check, const struct kg_btf_table *table,
		      const struct kg_btf_type *type)
{
	if (!check->rules->enum_flag && check_no_flag(check, type) < 0)
		return -1;
	return check_enumerators(check, table, type, kg_btf_pair_size);
}

static int check_enum64(struct kg_btf_check *check, const struct kg_btf_table *table,
			const struct kg_btf_type *type)
{
	return check_enumerators(check, table, type, kg_btf_member_size);
}

static int check_fwd(struct kg_btf_check *check, const struct kg_btf_table *table,
		     const struct kg_btf_type *type)
{
	if (check_no_items(check, type) < 0)
		return -1;
	if (type->size)
		return refuse(check, "refers to a type, which its kind does not");
	return check_identifier(check, table, type->name);
}

/* Neither what it returns nor its parameters are looked at. */
static int check_func_proto(struct kg_btf_check *check, const struct kg_btf_table *table,
			    const struct kg_btf_type *type)
{
	(void)table;
	if (check_no_name(check, type) < 0)
		return -1;
	return check_no_flag(check, type);
}

static int check_func(struct kg_btf_check *check, const struct kg_btf_table *table,
		      const struct kg_btf_type *type)
{
	enum { linkage_global = 1 }; /* BTF_FUNC_GLOBAL; the count is the linkage */

	if (check_identifier(check, table, type->name) < 0)
		return -1;
	if (type->count > linkage_global)
		return refuse(check, "has an impossible linkage");
	return check_no_flag(check, type);
}

static int check_var(struct kg_btf_check *check, const struct kg_btf_table *table,
		     const struct kg_btf_type *type)
{
	enum { linkage_global = 1 }; /* BTF_VAR_GLOBAL_ALLOCATED */

	if (check_no_items(check, type) < 0 || check_no_flag(check, type) < 0 ||
	    check_identifier(check, table, type->name) < 0 ||
	    check_reference(check, type->size, false) < 0)
		return -1;
	if (kg_btf_item(type, 4, 0, 0) > linkage_global)
		return refuse(check, "has an impossible linkage");
	return 0;
}

/* struct btf_var_secinfo { __u32 type; __u32 offset; __u32 size; } */
static int check_variable(struct kg_btf_check *check, const struct kg_btf_type *type, uint32_t i,
			  uint32_t *last_end)
{
	uint32_t offset = kg_btf_item(type, kg_btf_member_size, i, 1);
	uint32_t size = kg_btf_item(type, kg_btf_member_size, i, 2);

	if (check_reference(check, kg_btf_item(type, kg_btf_member_size, i, 0), false) < 0)
		return -1;
	if (offset < *last_end || offset >= type->size)
		return refuse(check, "has a variable outside of it or on another one");
	if (size == 0 || size > type->size)
		return refuse(check, "has a variable of an impossible size");
	/* The kernel, too, lets this sum overflow. */
	*last_end = offset + size;
	if (*last_end > type->size)
		return refuse(check, "has a variable that ends outside of it");
	return 0;
}

static int check_datasec(struct kg_btf_check *check, const struct kg_btf_table *table,
			 const struct kg_btf_type *type)
{
	uint32_t last_end = 0;
	uint64_t sum = 0;

	if (type->size == 0)
		return refuse(check, "has no size");
	if (check_no_flag(check, type) < 0)
		return -1;
	if (!kg_btf_is_section_name(check, table, type->name))
		return refuse(check, "has an invalid name");
	for (uint32_t i = 0; i < type->count; i++) {
		if (check_variable(check, type, i, &last_end) < 0)
			return -1;
		sum += kg_btf_item(type, kg_btf_member_size, i, 2);
	}
	return type->size < sum ? refuse(check, "is smaller than its variables") : 0;
}

static int check_float(struct kg_btf_check *check, const struct kg_btf_table *table,
		       const struct kg_btf_type *type)
{
	(void)table;
	if (check_no_items(check, type) < 0 || check_no_flag(check, type) < 0)
		return -1;
	switch (type->size) {
	case 2:
	case 4:
	case 8:
	case 12:
	case 16:
		return 0;
	default:
		return refuse(check, "has an impossible size");
	}
}

static int check_decl_tag(struct kg_btf_check *check, const struct kg_btf_table *table,
			  const struct kg_btf_type *type)
{
	const char *text = kg_btf_table_string(table, type->name);
	int32_t component = (int32_t)kg_btf_item(type, 4, 0, 0);

	if (!text || !*text)
		return refuse(check, "has no name");
	if (check_no_items(check, type) < 0)
		return -1;
	if (!check->rules->tag_flag && check_no_flag(check, type) < 0)
		return -1;
	return component < -1 ? refuse(check, "belongs to an impossible member") : 0;
}

static check_kind *const check_of[KG_BTF_KIND_COUNT] = {
	[KG_BTF_INT] = check_int,
	[KG_BTF_PTR] = check_ref,
	[KG_BTF_ARRAY] = check_array,
	[KG_BTF_STRUCT] = check_struct,
	[KG_BTF_UNION] = check_struct,
	[KG_BTF_ENUM] = check_enum,
	[KG_BTF_FWD] = check_fwd,
	[KG_BTF_TYPEDEF] = check_ref,
	[KG_BTF_VOLATILE] = check_ref,
	[KG_BTF_CONST] = check_ref,
	[KG_BTF_RESTRICT] = check_ref,
	[KG_BTF_FUNC] = check_func,
	[KG_BTF_FUNC_PROTO] = check_func_proto,
	[KG_BTF_VAR] = check_var,
	[KG_BTF_DATASEC] = check_datasec,
	[KG_BTF_FLOAT] = check_float,
	[KG_BTF_DECL_TAG] = check_decl_tag,
	[KG_BTF_TYPE_TAG] = check_ref,
	[KG_BTF_ENUM64] = check_enum64,
};

int kg_btf_check_type(struct kg_btf_check *check, const struct kg_btf_table *table, uint32_t offset,
		      uint32_t *size)
{
	struct kg_btf_type type;
	struct kg_span bytes;
	uint64_t extra;

	check->kind = KG_BTF_VOID;
	if (!kg_span_sub(table->types, offset, kg_btf_type_size, &bytes))
		return refuse(check, "is cut off");
	type = kg_btf_decode(bytes.data);
	check->kind = type.kind;
	if (!check->rules->wide_info && (kg_btf_le32(bytes.data + 4) & ~narrow_info))
		return refuse(check, "has unused bits set");
	if (type.kind == KG_BTF_VOID || type.kind > check->rules->kind_max)
		return kg_btf_refuse(check, EINVAL, "is of kind %u, which the kernel does not have",
				     type.kind);
	if (!kg_btf_name_inside(table, type.name))
		return refuse(check, "has a name that is not there");
	if (type.kind >= KG_BTF_KIND_COUNT)
		return kg_btf_cannot_tell(check, "is of kind %u, which is not known here",
					  type.kind);
	(void)kg_btf_extra_size(table, type.kind, type.count, &extra);
	if (!kg_span_sub(table->types, (uint64_t)offset + kg_btf_type_size, extra, &type.extra))
		return refuse(check, "is cut off");
	*size = (uint32_t)(kg_btf_type_size + extra);
	return check_of[type.kind](check, table, &type);
}

int kg_btf_check_types(struct kg_btf_check *check, struct kg_btf_table *table)
{
	uint32_t offset = 0;
	uint32_t size = 0;

	while (offset < table->types.size) {
		check->type = table->base || table->count ? kg_btf_table_end(table) : 1;
		if (check->type > kg_btf_max_type)
			return kg_btf_cannot_tell(check, "is one more than the kernel can count");
		if (kg_btf_check_type(check, table, offset, &size) < 0)
			return -1;
		if (kg_btf_table_add(table, offset, check->err) < 0)
			return kg_btf_no_memory(check);
		offset += size;
	}
	check->type = 0;
	return 0;
}
