// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/requirement.h"

#include <stdlib.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/module.h"

int kg_requirements_add(struct kg_requirements *requirements, const char *module,
			const char *reason, struct kg_error *err)
{
	struct kg_requirement item;

	if (kg_requirements_find(requirements, module))
		return 0;
	if (kg_array_reserve(&requirements->items, &requirements->capacity, requirements->count,
			     sizeof(*requirements->items), err) < 0)
		return -1;
	item.module = kg_copy_string(module, err);
	item.reason = item.module ? kg_copy_string(reason, err) : NULL;
	if (!item.reason) {
		free(item.module);
		return -1;
	}
	requirements->items[requirements->count++] = item;
	return 0;
}

const struct kg_requirement *kg_requirements_find(const struct kg_requirements *requirements,
						  const char *module)
{
	for (size_t i = 0; i < requirements->count; i++) {
		if (kg_module_name_equal(requirements->items[i].module, module))
			return &requirements->items[i];
	}
	return NULL;
}

void kg_requirements_free(struct kg_requirements *requirements)
{
	for (size_t i = 0; i < requirements->count; i++) {
		free(requirements->items[i].module);
		free(requirements->items[i].reason);
	}
	free(requirements->items);
	*requirements = (struct kg_requirements){0};
}
