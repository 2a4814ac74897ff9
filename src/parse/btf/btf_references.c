// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "btf_relocation.h"

static int check_id(struct kg_btf_relocation *relocation, uint32_t id)
{
	if (id < kg_btf_table_end(relocation->module))
		return 0;
	return kg_btf_cannot_tell(relocation->check, "refers to a type that is not there");
}

/* The members, parameters or variables, whose type is field number n. */
static int check_item_ids(struct kg_btf_relocation *relocation, const struct kg_btf_type *type,
			  size_t item_size, size_t n)
{
	for (uint32_t i = 0; i < type->count; i++) {
		if (check_id(relocation, kg_btf_item(type, item_size, i, n)) < 0)
			return -1;
	}
	return 0;
}

/* btf_relocate_rewrite_type_id(): of every number that btf_field_iter_next() yields. */
static int check_ids(struct kg_btf_relocation *relocation, const struct kg_btf_type *type)
{
	switch (type->kind) {
	case KG_BTF_INT:
	case KG_BTF_FLOAT:
	case KG_BTF_ENUM:
	case KG_BTF_ENUM64:
		return 0;
	case KG_BTF_ARRAY:
		if (check_id(relocation, kg_btf_item(type, 0, 0, 0)) < 0)
			return -1;
		return check_id(relocation, kg_btf_item(type, 0, 0, 1));
	case KG_BTF_STRUCT:
	case KG_BTF_UNION:
		return check_item_ids(relocation, type, kg_btf_member_size, 1);
	case KG_BTF_FUNC_PROTO:
		if (check_id(relocation, type->size) < 0)
			return -1;
		return check_item_ids(relocation, type, kg_btf_pair_size, 1);
	case KG_BTF_DATASEC:
		return check_item_ids(relocation, type, kg_btf_member_size, 0);
	default:
		return check_id(relocation, type->size);
	}
}

/* A name among the distilled strings must be that of a type that has been found. */
static int check_name(struct kg_btf_relocation *relocation, uint32_t name)
{
	if (name == 0 || name >= relocation->distilled->strings.size || relocation->names[name])
		return 0;
	return kg_btf_refuse(relocation->check, ENOENT,
			     "has a name of the base that stands for no type");
}

/* btf_relocate_rewrite_strs() */
static int check_names(struct kg_btf_relocation *relocation, const struct kg_btf_type *type)
{
	size_t item_size = 0;

	if (check_name(relocation, type->name) < 0)
		return -1;
	switch (type->kind) {
	case KG_BTF_ENUM:
	case KG_BTF_FUNC_PROTO:
		item_size = kg_btf_pair_size;
		break;
	case KG_BTF_ENUM64:
	case KG_BTF_STRUCT:
	case KG_BTF_UNION:
		item_size = kg_btf_member_size;
		break;
	default:
		return 0;
	}
	for (uint32_t i = 0; i < type->count; i++) {
		if (check_name(relocation, kg_btf_item(type, item_size, i, 0)) < 0)
			return -1;
	}
	return 0;
}

static int for_each_type(struct kg_btf_relocation *relocation,
			 int (*function)(struct kg_btf_relocation *, const struct kg_btf_type *))
{
	const struct kg_btf_table *module = relocation->module;
	struct kg_btf_type type;

	for (uint32_t id = module->start_id; id < kg_btf_table_end(module); id++) {
		(void)kg_btf_table_type(module, id, &type);
		kg_btf_look_at(relocation, ".BTF", id, &type);
		if (function(relocation, &type) < 0)
			return -1;
	}
	return 0;
}

int kg_btf_check_references(struct kg_btf_relocation *relocation)
{
	if (for_each_type(relocation, check_ids) < 0)
		return -1;
	return for_each_type(relocation, check_names);
}
