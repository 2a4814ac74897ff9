// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/requirement.h"

#include <stdlib.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/module.h"

static void free_item(struct kg_requirement *item)
{
	free(item->module);
	free(item->reason);
	kg_strings_free(&item->others);
	*item = (struct kg_requirement){0};
}

static struct kg_requirement *find(const struct kg_requirements *requirements, const char *module)
{
	for (size_t i = 0; i < requirements->count; i++) {
		if (kg_module_name_equal(requirements->items[i].module, module))
			return &requirements->items[i];
	}
	return NULL;
}

int kg_requirements_add_item(struct kg_requirements *requirements, struct kg_requirement *item,
			     struct kg_error *err)
{
	struct kg_requirement *known = find(requirements, item->module);

	/* Who wants just this module is not served by others. */
	if (known && !item->advisory &&
	    (known->advisory || (known->others.count > 0 && item->others.count == 0))) {
		free_item(known);
		*known = *item;
	} else if (known) {
		free_item(item);
	} else if (kg_array_reserve(&requirements->items, &requirements->capacity,
				    requirements->count, sizeof(*requirements->items), err) < 0) {
		free_item(item);
		return -1;
	} else {
		requirements->items[requirements->count++] = *item;
	}
	*item = (struct kg_requirement){0};
	return 0;
}

int kg_requirements_add(struct kg_requirements *requirements, const char *module,
			const char *reason, struct kg_error *err)
{
	struct kg_requirement item = {
		.module = kg_copy_string(module, err),
		.reason = kg_copy_string(reason, err),
	};

	if (!item.module || !item.reason) {
		free_item(&item);
		return -1;
	}
	return kg_requirements_add_item(requirements, &item, err);
}

int kg_requirements_add_all(struct kg_requirements *requirements,
			    const struct kg_requirements *from, struct kg_error *err)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct kg_requirement *other = &from->items[i];
		struct kg_requirement item = {
			.module = kg_copy_string(other->module, err),
			.reason = kg_copy_string(other->reason, err),
			.fact = other->fact,
			.advisory = other->advisory,
		};

		if (!item.module || !item.reason ||
		    kg_strings_add_all(&item.others, &other->others, err) < 0) {
			free_item(&item);
			return -1;
		}
		if (kg_requirements_add_item(requirements, &item, err) < 0)
			return -1;
	}
	return 0;
}

const struct kg_requirement *kg_requirements_find(const struct kg_requirements *requirements,
						  const char *module)
{
	return find(requirements, module);
}

char *kg_requirement_why(const struct kg_requirement *requirement, struct kg_error *err)
{
	return kg_format(err, "%s %s", requirement->fact ? "needed because" : "required by",
			 requirement->reason);
}

void kg_requirements_free(struct kg_requirements *requirements)
{
	for (size_t i = 0; i < requirements->count; i++)
		free_item(&requirements->items[i]);
	free(requirements->items);
	*requirements = (struct kg_requirements){0};
}
