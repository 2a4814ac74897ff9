// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "btf_check.h"

enum { chain_max = 32 };

/* btf_type_is_modifier() */
static bool is_modifier(const struct kg_btf_type *type)
{
	switch (type->kind) {
	case KG_BTF_TYPEDEF:
	case KG_BTF_VOLATILE:
	case KG_BTF_CONST:
	case KG_BTF_RESTRICT:
	case KG_BTF_TYPE_TAG:
		return true;
	default:
		return false;
	}
}

/*
 * Follows the chain of modifiers from id, whose type is *type, to one that has passed:
 * any up to passed has.
 */
static int check_chain(struct kg_btf_check *check, const struct kg_btf_table *table, uint32_t id,
		       struct kg_btf_type *type, uint32_t passed)
{
	bool tagged = check->rules->modifiers == KG_BTF_MODIFIERS_TAGGED;
	bool in_tags = type->kind == KG_BTF_TYPE_TAG;
	int length = 0;

	while (is_modifier(type)) {
		if (length++ == chain_max)
			return kg_btf_refuse(check, ELOOP, "is over %d modifiers in a row",
					     chain_max);
		if (type->kind != KG_BTF_TYPE_TAG)
			in_tags = false;
		else if (tagged && !in_tags)
			return kg_btf_refuse(check, EINVAL, "has a type tag behind a modifier");
		if (id <= passed)
			return 0;
		id = type->size;
		if (!kg_btf_table_type(table, id, type))
			return kg_btf_refuse(check, EINVAL, "refers to a type that is not there");
	}
	return 0;
}

int kg_btf_check_modifiers(struct kg_btf_check *check, const struct kg_btf_table *table,
			   uint32_t start)
{
	uint32_t end = kg_btf_table_end(table);
	/* As in the kernel it is the highest number where types begin at 0. */
	uint32_t passed = start - 1;
	struct kg_btf_type type;

	if (check->rules->modifiers == KG_BTF_MODIFIERS_ANY)
		return 0;
	for (uint32_t id = start; id < end; id++) {
		check->type = id;
		if (!kg_btf_table_type(table, id, &type))
			return kg_btf_refuse(check, EINVAL, "is not there");
		check->kind = type.kind;
		if (!is_modifier(&type))
			continue;
		if (check_chain(check, table, id, &type, passed) < 0)
			return -1;
		passed = id;
	}
	check->type = 0;
	return 0;
}
