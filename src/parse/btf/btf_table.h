/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_BTF_BTF_TABLE_H
#define KERNEL_GUARD_SRC_PARSE_BTF_BTF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/btf.h"

/* enum BTF_KIND_… of include/uapi/linux/btf.h (Linux 7.3). */
enum kg_btf_kind {
	KG_BTF_VOID,
	KG_BTF_INT,
	KG_BTF_PTR,
	KG_BTF_ARRAY,
	KG_BTF_STRUCT,
	KG_BTF_UNION,
	KG_BTF_ENUM,
	KG_BTF_FWD,
	KG_BTF_TYPEDEF,
	KG_BTF_VOLATILE,
	KG_BTF_CONST,
	KG_BTF_RESTRICT,
	KG_BTF_FUNC,
	KG_BTF_FUNC_PROTO,
	KG_BTF_VAR,
	KG_BTF_DATASEC,
	KG_BTF_FLOAT,
	KG_BTF_DECL_TAG,
	KG_BTF_TYPE_TAG,
	KG_BTF_ENUM64,
	KG_BTF_KIND_COUNT,
};

enum {
	kg_btf_max_type = 0xfffff,          /* BTF_MAX_TYPE */
	kg_btf_max_name_offset = 0xffffff,  /* BTF_MAX_NAME_OFFSET */
	kg_btf_type_size = 12,              /* struct btf_type */
	kg_btf_member_size = 12,            /* struct btf_member, btf_var_secinfo, btf_enum64 */
	kg_btf_pair_size = 8,               /* struct btf_enum, btf_param */
};

/*
 * The sections of one BTF, and where each type begins. A split BTF goes on counting
 * types and bytes of strings where its base ends.
 */
struct kg_btf_table {
	const struct kg_btf_table *base; /* NULL where it is none that is split */
	struct kg_span types;
	struct kg_span strings; /* ends with a NUL, unless it is empty */
	struct kg_span layout;
	uint32_t *offsets; /* of each type in types; [0] of one without base is void */
	size_t capacity;
	uint32_t count;
	uint32_t start_id;
	uint32_t start_string;
};

/* struct btf_type, taken apart. */
struct kg_btf_type {
	uint32_t name;
	uint32_t kind;
	uint32_t count; /* vlen */
	bool flag;      /* kind_flag */
	uint32_t size;  /* or the type that it refers to */
	struct kg_span extra;
};

/* The four bytes at data, which are there. */
static inline uint32_t kg_btf_le32(const unsigned char *data)
{
	return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
	       (uint32_t)data[3] << 24;
}

/* Field number n, of four bytes, of item i of those that follow a type; it is there. */
static inline uint32_t kg_btf_item(const struct kg_btf_type *type, size_t item_size, uint32_t i,
				   size_t n)
{
	return kg_btf_le32(type->extra.data + i * item_size + n * 4);
}

/* "STRUCT", …; "?" for what is not known. */
const char *kg_btf_kind_name(uint32_t kind);

/*
 * Bytes that follow a struct btf_type of this kind. False where that is not known; from
 * 7.2 the layout section may tell it.
 */
bool kg_btf_extra_size(const struct kg_btf_table *table, uint32_t kind, uint32_t count,
		       uint64_t *size);

/* Takes the type at data apart, kg_btf_type_size bytes; extra is left empty. */
struct kg_btf_type kg_btf_decode(const unsigned char *data);

/* Notes that the next type begins at offset of types. 0, or -1 with ENOMEM. */
int kg_btf_table_add(struct kg_btf_table *table, uint32_t offset, struct kg_error *err);

/*
 * Type number id, as btf_type_by_id() finds it, in the base too. False where there is
 * none. Void is of kind KG_BTF_VOID.
 */
bool kg_btf_table_type(const struct kg_btf_table *table, uint32_t id, struct kg_btf_type *type);

/* The string at offset, in the base too, or NULL where there is none. */
const char *kg_btf_table_string(const struct kg_btf_table *table, uint32_t offset);

/* The first type that the table does not have: as many as it has with its base. */
uint32_t kg_btf_table_end(const struct kg_btf_table *table);

/* Releases what the table itself holds. */
void kg_btf_table_free(struct kg_btf_table *table);

/* The table of a kernel's types. */
const struct kg_btf_table *kg_btf_table_of(const struct kg_btf *btf);

#endif
