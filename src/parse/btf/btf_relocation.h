/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_BTF_BTF_RELOCATION_H
#define KERNEL_GUARD_SRC_PARSE_BTF_BTF_RELOCATION_H

#include "btf_check.h"

/*
 * btf_relocate() of tools/lib/bpf/btf_relocate.c (Linux 6.12, 7.2, 7.3). A module that is
 * built outside of the kernel's tree has a section .BTF.base with the name, kind and size
 * of each of the kernel's types that it refers to; when it is loaded they are looked up in
 * the kernel's own. In that the kernel follows numbers of types without looking whether
 * they exist; where it would read beside them or never end the answer is unknown.
 */

/* A distilled type that lies inside of one of the module's: its size has to be the same. */
#define KG_BTF_EMBEDDED UINT32_MAX

/* struct btf_name_info */
struct kg_btf_name_info {
	const char *name;
	bool needs_size; /* only equal to one of the same size */
	uint32_t size;
	uint32_t id;
};

struct kg_btf_relocation {
	struct kg_btf_check *check;
	const struct kg_btf_table *module;
	const struct kg_btf_table *distilled; /* the base of module */
	const struct kg_btf_table *kernel;
	/* Of each distilled type: 0 for none yet, KG_BTF_EMBEDDED, or its number. */
	uint32_t *counterparts;
	bool *names;                    /* of each byte of the distilled strings: a name found */
	struct kg_btf_name_info *infos; /* of the distilled types, sorted */
	uint32_t *walks;    /* of each type of the module: the walk that met it last */
	uint8_t *namesakes; /* of each byte of the kernel's strings: structs of that name */
};

/* btf_type is a struct or a union. */
bool kg_btf_is_composite(const struct kg_btf_type *type);

/* Names the type that is being looked at, for the verdict. */
void kg_btf_look_at(struct kg_btf_relocation *relocation, const char *section, uint32_t id,
		    const struct kg_btf_type *type);

/* btf_mark_embedded_composite_type_ids(), of every type of the module. */
int kg_btf_mark_embedded(struct kg_btf_relocation *relocation);

/* What else btf_relocate_map_distilled_base() does: finds the counterparts. */
int kg_btf_find_counterparts(struct kg_btf_relocation *relocation);

/*
 * btf_relocate_rewrite_type_id() and btf_relocate_rewrite_strs(): whether what the module
 * refers to can be rewritten.
 */
int kg_btf_check_references(struct kg_btf_relocation *relocation);

#endif
