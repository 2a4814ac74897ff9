// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf_relocation.h"

enum {
	size_mask = 0x7fffffff, /* unsigned int size: 31 */
	encoding_shift = 24,
	count_max = 255,
	/* Pairs of the same name that are compared; real ones are a few thousand. */
	pairs_max = 1 << 26,
};

/* cmp_btf_name_size(): larger ones first, where both sides have to have a size. */
static int compare_infos(const struct kg_btf_name_info *left, const struct kg_btf_name_info *right)
{
	int order = strcmp(left->name, right->name);

	if (order || !left->needs_size || !right->needs_size)
		return order;
	return (right->size > left->size) - (right->size < left->size);
}

static int compare_for_sort(const void *left, const void *right)
{
	return compare_infos(left, right);
}

static int gather_infos(struct kg_btf_relocation *relocation)
{
	const struct kg_btf_table *distilled = relocation->distilled;
	struct kg_btf_check *check = relocation->check;
	uint32_t name_max = check->rules->name_max;
	struct kg_btf_type type;

	for (uint32_t id = 0; id < distilled->count; id++) {
		const char *name;

		(void)kg_btf_table_type(distilled, id, &type);
		name = kg_btf_table_string(distilled, type.name);
		kg_btf_look_at(relocation, ".BTF.base", id, &type);
		/* Of integers any is accepted: comparing them must not take for ever. */
		if (!name || strnlen(name, (size_t)name_max + 1) > name_max)
			return kg_btf_refuse(check, EINVAL,
					     "the kernel has none of so long a name");
		relocation->infos[id] = (struct kg_btf_name_info){
			.name = name,
			.needs_size = true,
			.size = type.size & size_mask,
			.id = id,
		};
	}
	qsort(relocation->infos, distilled->count, sizeof(*relocation->infos), compare_for_sort);
	return 0;
}

static void count_namesakes(struct kg_btf_relocation *relocation)
{
	struct kg_btf_type type;

	for (uint32_t id = 1; id < relocation->kernel->count; id++) {
		if (!kg_btf_table_type(relocation->kernel, id, &type) ||
		    !kg_btf_is_composite(&type) || type.name == 0 ||
		    type.name >= relocation->kernel->strings.size)
			continue;
		if (relocation->namesakes[type.name] < count_max)
			relocation->namesakes[type.name]++;
	}
}

/* What of the kernel's types is looked for: false for one that nothing can refer to. */
static bool describe(const struct kg_btf_relocation *relocation, uint32_t id,
		     const struct kg_btf_type *type, struct kg_btf_name_info *info)
{
	*info = (struct kg_btf_name_info){.id = id, .size = type->size & size_mask};
	info->name = type->name ? kg_btf_table_string(relocation->kernel, type->name) : NULL;
	switch (type->kind) {
	case KG_BTF_INT:
	case KG_BTF_FLOAT:
	case KG_BTF_ENUM:
	case KG_BTF_ENUM64:
		info->needs_size = true;
		break;
	case KG_BTF_FWD:
		info->size = 0;
		break;
	case KG_BTF_STRUCT:
	case KG_BTF_UNION:
		info->needs_size = info->name && relocation->namesakes[type->name] > 1;
		break;
	default:
		return false;
	}
	return info->name != NULL;
}

/* search_btf_name_size(): the first of those that equal info; the count where none does. */
static uint32_t first_equal(const struct kg_btf_relocation *relocation,
			    const struct kg_btf_name_info *info)
{
	uint32_t count = relocation->distilled->count;
	uint32_t low = 0;
	uint32_t high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare_infos(&relocation->infos[middle], info) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t encoding_of(const struct kg_btf_type *type)
{
	return kg_btf_item(type, 4, 0, 0) >> encoding_shift & 0xf;
}

static bool is_forward_of(const struct kg_btf_type *forward, const struct kg_btf_type *type)
{
	switch (type->kind) {
	case KG_BTF_FWD:
		return forward->flag == type->flag;
	case KG_BTF_STRUCT:
		return !type->flag;
	case KG_BTF_UNION:
		return type->flag;
	default:
		return false;
	}
}

/* Whether the distilled type, of the name and where need be of the size, is this one. */
static bool is_compatible(const struct kg_btf_relocation *relocation, uint32_t id,
			  const struct kg_btf_type *distilled, const struct kg_btf_type *type)
{
	switch (distilled->kind) {
	case KG_BTF_FWD:
		return is_forward_of(distilled, type);
	case KG_BTF_INT:
		return type->kind == KG_BTF_INT && encoding_of(type) == encoding_of(distilled);
	case KG_BTF_FLOAT:
		return type->kind == KG_BTF_FLOAT;
	case KG_BTF_ENUM:
		return type->kind == KG_BTF_ENUM || type->kind == KG_BTF_ENUM64;
	case KG_BTF_STRUCT:
	case KG_BTF_UNION:
		return relocation->counterparts[id] != KG_BTF_EMBEDDED ||
		       type->size == distilled->size;
	default:
		return false;
	}
}

static int match(struct kg_btf_relocation *relocation, const struct kg_btf_name_info *info,
		 const struct kg_btf_type *type, uint32_t *pairs)
{
	struct kg_btf_check *check = relocation->check;
	uint32_t count = relocation->distilled->count;

	for (uint32_t i = first_equal(relocation, info);
	     i < count && compare_infos(info, &relocation->infos[i]) == 0; i++) {
		uint32_t id = relocation->infos[i].id;
		uint32_t *counterpart = &relocation->counterparts[id];
		struct kg_btf_type distilled;

		(void)kg_btf_table_type(relocation->distilled, id, &distilled);
		kg_btf_look_at(relocation, ".BTF.base", id, &distilled);
		if (id == 0)
			return kg_btf_refuse(check, EINVAL,
					     "void is named like a type of the kernel");
		if ((*pairs)++ == pairs_max)
			return kg_btf_cannot_tell(check, "has too many of one name");
		if (!is_compatible(relocation, id, &distilled, type))
			continue;
		if (*counterpart && *counterpart != KG_BTF_EMBEDDED)
			return kg_btf_refuse(check, EINVAL, "the kernel has several of \"%.60s\"",
					     info->name);
		*counterpart = info->id;
		relocation->names[distilled.name] = true;
	}
	return 0;
}

int kg_btf_find_counterparts(struct kg_btf_relocation *relocation)
{
	const struct kg_btf_table *kernel = relocation->kernel;
	struct kg_btf_check *check = relocation->check;
	struct kg_btf_name_info info;
	struct kg_btf_type type;
	uint32_t pairs = 0;

	if (gather_infos(relocation) < 0)
		return -1;
	count_namesakes(relocation);
	for (uint32_t id = 1; id < kernel->count; id++) {
		if (!kg_btf_table_type(kernel, id, &type) ||
		    !describe(relocation, id, &type, &info))
			continue;
		if (match(relocation, &info, &type, &pairs) < 0)
			return -1;
	}
	for (uint32_t id = 1; id < relocation->distilled->count; id++) {
		const char *name;

		if (relocation->counterparts[id] && relocation->counterparts[id] != KG_BTF_EMBEDDED)
			continue;
		(void)kg_btf_table_type(relocation->distilled, id, &type);
		kg_btf_look_at(relocation, ".BTF.base", id, &type);
		name = kg_btf_table_string(relocation->distilled, type.name);
		return kg_btf_refuse(check, EINVAL, "the kernel has no such \"%.60s\"",
				     name ? name : "");
	}
	return 0;
}
