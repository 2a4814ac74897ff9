/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_BTF_BTF_CHECK_H
#define KERNEL_GUARD_SRC_PARSE_BTF_BTF_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "btf_table.h"

/*
 * One check under way. What it calls returns 0 where the kernel would go on, and -1
 * where the verdict is found, or memory is out and err filled.
 */
struct kg_btf_check {
	const struct kg_btf_rules *rules;
	struct kg_btf_verdict *verdict;
	struct kg_error *err;
	const char *section; /* which one is being looked at */
	uint32_t type;       /* which of its types; 0 for none */
	uint32_t kind;       /* that type's kind */
	bool no_memory;
};

/* The verdict is KG_BTF_INVALID with code. Returns -1. */
int kg_btf_refuse(struct kg_btf_check *check, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The verdict is KG_BTF_UNKNOWN. Returns -1. */
int kg_btf_cannot_tell(struct kg_btf_check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns -1; err is filled already. */
int kg_btf_no_memory(struct kg_btf_check *check);

/*
 * btf_parse_hdr(), btf_check_sec_info() and btf_parse_str_sec(): sets the spans of
 * table, whose base is set before. On success strings and types are wholly inside.
 */
int kg_btf_check_sections(struct kg_btf_check *check, struct kg_span bytes,
			  struct kg_btf_table *table);

/* btf_check_all_metas(): each type on its own; notes where each begins. */
int kg_btf_check_types(struct kg_btf_check *check, struct kg_btf_table *table);

/* btf_check_meta() of the type at offset: sets *size to the bytes it takes. */
int kg_btf_check_type(struct kg_btf_check *check, const struct kg_btf_table *table,
		      uint32_t offset, uint32_t *size);

/* btf_check_type_tags(), from 7.2 btf_check_modifier_chain_length(), from start on. */
int kg_btf_check_modifiers(struct kg_btf_check *check, const struct kg_btf_table *table,
			   uint32_t start);

/*
 * btf_relocate(): whether each type of the distilled base, which is the base of module,
 * has one counterpart in the kernel, and what the module refers to is among them.
 */
int kg_btf_check_relocation(struct kg_btf_check *check, const struct kg_btf_table *module,
			    const struct kg_btf_table *kernel);

/* btf_name_offset_valid() */
bool kg_btf_name_inside(const struct kg_btf_table *table, uint32_t name);

/* btf_name_valid_identifier(), which name 0 is not; of a name that is inside. */
bool kg_btf_is_identifier(const struct kg_btf_check *check, const struct kg_btf_table *table,
			  uint32_t name);

/* btf_name_valid_section(); of a name that is inside. */
bool kg_btf_is_section_name(const struct kg_btf_check *check, const struct kg_btf_table *table,
			    uint32_t name);

#endif
