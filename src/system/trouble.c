// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/trouble.h"

#include <stdlib.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"

int kg_troubles_add(struct kg_troubles *troubles, enum kg_trouble_kind kind, const char *subject,
		    const struct kg_error *reason, struct kg_error *err)
{
	char *copy;

	if (kg_array_reserve(&troubles->items, &troubles->capacity, troubles->count,
			     sizeof(*troubles->items), err) < 0)
		return -1;
	copy = kg_copy_string(subject, err);
	if (!copy)
		return -1;
	troubles->items[troubles->count++] =
		(struct kg_trouble){.kind = kind, .subject = copy, .error = *reason};
	return 0;
}

void kg_troubles_free(struct kg_troubles *troubles)
{
	for (size_t i = 0; i < troubles->count; i++)
		free(troubles->items[i].subject);
	free(troubles->items);
	*troubles = (struct kg_troubles){0};
}
