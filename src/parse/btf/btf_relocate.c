// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "btf_relocation.h"

bool kg_btf_is_composite(const struct kg_btf_type *type)
{
	return type->kind == KG_BTF_STRUCT || type->kind == KG_BTF_UNION;
}

void kg_btf_look_at(struct kg_btf_relocation *relocation, const char *section, uint32_t id,
		    const struct kg_btf_type *type)
{
	relocation->check->section = section;
	relocation->check->type = id;
	relocation->check->kind = type->kind;
}

/* btf_relocate_validate_distilled_base() */
static int check_distilled(struct kg_btf_relocation *relocation)
{
	struct kg_btf_check *check = relocation->check;
	struct kg_btf_type type;

	for (uint32_t id = 1; id < relocation->distilled->count; id++) {
		(void)kg_btf_table_type(relocation->distilled, id, &type);
		kg_btf_look_at(relocation, ".BTF.base", id, &type);
		switch (type.kind) {
		case KG_BTF_INT:
		case KG_BTF_FLOAT:
		case KG_BTF_ENUM:
		case KG_BTF_STRUCT:
		case KG_BTF_UNION:
		case KG_BTF_FWD:
			if (type.name)
				break;
			return kg_btf_refuse(check, EINVAL, "has no name");
		default:
			return kg_btf_refuse(check, EINVAL, "is of a kind that is not looked up");
		}
	}
	return 0;
}

static int relocate(struct kg_btf_relocation *relocation)
{
	if (check_distilled(relocation) < 0 || kg_btf_mark_embedded(relocation) < 0 ||
	    kg_btf_find_counterparts(relocation) < 0)
		return -1;
	return kg_btf_check_references(relocation);
}

/* One more, so that none of them is of size 0. */
static void *allocate(size_t count, size_t item_size)
{
	return calloc(count + 1, item_size);
}

int kg_btf_check_relocation(struct kg_btf_check *check, const struct kg_btf_table *module,
			    const struct kg_btf_table *kernel)
{
	const struct kg_btf_table *distilled = module->base;
	struct kg_btf_relocation relocation = {
		.check = check,
		.module = module,
		.distilled = distilled,
		.kernel = kernel,
		.counterparts = allocate(distilled->count, sizeof(*relocation.counterparts)),
		.names = allocate(distilled->strings.size, sizeof(*relocation.names)),
		.infos = allocate(distilled->count, sizeof(*relocation.infos)),
		.walks = allocate(module->count, sizeof(*relocation.walks)),
		.namesakes = allocate(kernel->strings.size, sizeof(*relocation.namesakes)),
	};
	int result = -1;

	if (!relocation.counterparts || !relocation.names || !relocation.infos ||
	    !relocation.walks || !relocation.namesakes) {
		(void)kg_fail_memory(check->err);
		(void)kg_btf_no_memory(check);
	} else {
		result = relocate(&relocation);
	}
	free(relocation.counterparts);
	free(relocation.names);
	free(relocation.infos);
	free(relocation.walks);
	free(relocation.namesakes);
	return result;
}
