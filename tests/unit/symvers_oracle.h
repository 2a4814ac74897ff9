/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_SYMVERS_ORACLE_H
#define KERNEL_GUARD_TESTS_UNIT_SYMVERS_ORACLE_H

#include "fixture.h"
#include "kernel-guard/parse/export.h"

/* One line of a Module.symvers in the current form, read without the parsers under test. */
struct oracle_line {
	const char *name;
	const char *provider;
	const char *symbol_namespace;
	unsigned int crc;
	bool gpl_only;
};

struct oracle {
	struct oracle_line *lines;
	size_t count;
};

static inline struct oracle oracle_read(const char *series)
{
	struct kg_span bytes =
		unit_read_file(unit_text("%s/build/Module.symvers", unit_module_tree(series)));
	char *text = unit_text("%.*s", (int)bytes.size, (const char *)bytes.data);
	struct oracle oracle = {.lines = unit_keep(calloc(50000, sizeof(struct oracle_line)))};
	char *line;

	while ((line = strsep(&text, "\n")) && *line) {
		struct oracle_line *entry = &oracle.lines[oracle.count++];
		char *columns[5];

		for (int i = 0; i < 5; i++)
			assert_non_null(columns[i] = strsep(&line, "\t"));
		assert_int_equal(sscanf(columns[0], "0x%8x", &entry->crc), 1);
		entry->name = columns[1];
		entry->provider = columns[2];
		entry->gpl_only = strcmp(columns[3], "EXPORT_SYMBOL_GPL") == 0;
		assert_true(entry->gpl_only || strcmp(columns[3], "EXPORT_SYMBOL") == 0);
		entry->symbol_namespace = columns[4];
		assert_true(oracle.count < 50000);
	}
	return oracle;
}

/* How many things differ between a table and the lines of a provider; says which. */
static inline size_t oracle_differences(const struct oracle *oracle, const char *provider,
					const struct kg_export_table *table, bool with_crc,
					size_t *count)
{
	size_t differences = 0;

	*count = 0;
	for (size_t i = 0; i < oracle->count; i++) {
		const struct oracle_line *line = &oracle->lines[i];
		const struct kg_export *found;

		if (strcmp(line->provider, provider) != 0)
			continue;
		++*count;
		found = kg_export_table_find(table, line->name);
		if (found && found->has_crc == with_crc && (!with_crc || found->crc == line->crc) &&
		    found->gpl_only == line->gpl_only &&
		    strcmp(found->symbol_namespace, line->symbol_namespace) == 0)
			continue;
		print_error("%s of %s differs\n", line->name, provider);
		differences++;
	}
	/* No name is twice in Module.symvers, so that equal numbers are equal sets. */
	return differences +
	       (*count > table->count ? *count - table->count : table->count - *count);
}

#endif
