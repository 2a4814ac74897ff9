// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/export.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

int kg_export_table_add(struct kg_export_table *table, const struct kg_export *symbol,
			struct kg_error *err)
{
	if (kg_array_reserve(&table->items, &table->capacity, table->count, sizeof(*table->items),
			     err) < 0)
		return -1;
	table->items[table->count++] = *symbol;
	return 0;
}

static int compare_exports(const void *left, const void *right)
{
	const struct kg_export *a = left;
	const struct kg_export *b = right;

	return strcmp(a->name, b->name);
}

void kg_export_table_sort(struct kg_export_table *table)
{
	if (table->count > 1)
		qsort(table->items, table->count, sizeof(*table->items), compare_exports);
}

int kg_export_table_own_strings(struct kg_export_table *table, struct kg_error *err)
{
	size_t size = 1;
	char *strings;
	char *next;

	for (size_t i = 0; i < table->count; i++)
		size += strlen(table->items[i].name) + 1 +
			strlen(table->items[i].symbol_namespace) + 1;
	strings = malloc(size);
	if (!strings)
		return kg_fail_memory(err);
	next = strings;
	for (size_t i = 0; i < table->count; i++) {
		char *name = next;

		next = stpcpy(next, table->items[i].name) + 1;
		table->items[i].name = name;
		name = next;
		next = stpcpy(next, table->items[i].symbol_namespace) + 1;
		table->items[i].symbol_namespace = name;
	}
	free(table->strings);
	table->strings = strings;
	return 0;
}

const struct kg_export *kg_export_table_find(const struct kg_export_table *table, const char *name)
{
	struct kg_export key = {.name = name};

	if (table->count == 0)
		return NULL;
	return bsearch(&key, table->items, table->count, sizeof(*table->items), compare_exports);
}

void kg_export_table_free(struct kg_export_table *table)
{
	free(table->items);
	free(table->strings);
	*table = (struct kg_export_table){0};
}
