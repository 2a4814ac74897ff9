/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_EXPORT_H
#define KERNEL_GUARD_PARSE_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"

/* A symbol that vmlinux or a module offers to modules (include/linux/export.h). */
struct kg_export {
	const char *name;
	const char *symbol_namespace; /* "" where it is in none */
	uint32_t crc;                 /* of CONFIG_MODVERSIONS, where has_crc */
	bool has_crc;
	bool gpl_only;
	bool crc_cut_off; /* its place in the table of CRCs is behind the table's end */
	bool hidden;      /* of a module's table that is not sorted: bisection does not find it */
};

/* A zeroed table is a valid empty one. */
struct kg_export_table {
	struct kg_export *items; /* sorted by name after kg_export_table_sort() */
	size_t count;
	size_t capacity;
	char *strings; /* owned by the table after kg_export_table_own_strings() */
};

/* Copies *symbol, strings borrowed, to the end. 0, or -1 with ENOMEM. */
int kg_export_table_add(struct kg_export_table *table, const struct kg_export *symbol,
			struct kg_error *err);

/* Sorts by name, as kg_export_table_find() needs it. */
void kg_export_table_sort(struct kg_export_table *table);

/*
 * Copies every string into one block that the table owns, so that what was
 * parsed can be freed. 0, or -1 with ENOMEM and the table as it was.
 */
int kg_export_table_own_strings(struct kg_export_table *table, struct kg_error *err);

/* The symbol of this name in a sorted table, or NULL. */
const struct kg_export *kg_export_table_find(const struct kg_export_table *table, const char *name);

/* Frees the array and owned strings; leaves a valid empty table. */
void kg_export_table_free(struct kg_export_table *table);

#endif
