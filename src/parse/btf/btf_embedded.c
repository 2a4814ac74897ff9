// SPDX-License-Identifier: GPL-2.0-or-later
#include "btf_relocation.h"

/*
 * Follows a member's type to a struct of the distilled base, which is marked. A type that
 * an earlier walk has met leads where that walk has been already.
 */
static int mark(struct kg_btf_relocation *relocation, uint32_t id, uint32_t walk)
{
	struct kg_btf_check *check = relocation->check;
	uint32_t start = relocation->distilled->count;
	struct kg_btf_type type;

	while (id) {
		if (!kg_btf_table_type(relocation->module, id, &type))
			return kg_btf_cannot_tell(check,
						  "has a member of a type that is not there");
		if (id >= start) {
			uint32_t *met = &relocation->walks[id - start];

			if (*met == walk)
				return kg_btf_cannot_tell(check,
							  "has a member of a type without end");
			if (*met)
				return 0;
			*met = walk;
		}
		switch (type.kind) {
		case KG_BTF_CONST:
		case KG_BTF_RESTRICT:
		case KG_BTF_VOLATILE:
		case KG_BTF_TYPEDEF:
		case KG_BTF_TYPE_TAG:
			id = type.size;
			break;
		case KG_BTF_ARRAY:
			id = kg_btf_item(&type, 0, 0, 0);
			break;
		case KG_BTF_STRUCT:
		case KG_BTF_UNION:
			if (id < start)
				relocation->counterparts[id] = KG_BTF_EMBEDDED;
			return 0;
		default:
			return 0;
		}
	}
	return 0;
}

int kg_btf_mark_embedded(struct kg_btf_relocation *relocation)
{
	const struct kg_btf_table *module = relocation->module;
	struct kg_btf_type type;
	uint32_t walk = 0;

	for (uint32_t id = module->start_id; id < kg_btf_table_end(module); id++) {
		(void)kg_btf_table_type(module, id, &type);
		kg_btf_look_at(relocation, ".BTF", id, &type);
		for (uint32_t i = 0; kg_btf_is_composite(&type) && i < type.count; i++) {
			uint32_t member = kg_btf_item(&type, kg_btf_member_size, i, 1);

			if (mark(relocation, member, ++walk) < 0)
				return -1;
		}
	}
	return 0;
}
