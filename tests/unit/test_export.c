// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/export.h"
#include "unit.h"

static void add(struct kg_export_table *table, const char *name, const char *symbol_namespace,
		uint32_t crc, bool gpl_only)
{
	struct kg_error err = unit_no_error();
	const struct kg_export symbol = {
		.name = name,
		.symbol_namespace = symbol_namespace,
		.crc = crc,
		.has_crc = true,
		.gpl_only = gpl_only,
	};

	assert_ok(kg_export_table_add(table, &symbol, &err), err);
}

static void an_empty_table(void **state)
{
	struct kg_export_table table = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_null(kg_export_table_find(&table, "printk"));
	kg_export_table_sort(&table);
	assert_ok(kg_export_table_own_strings(&table, &err), err);
	assert_int_equal(table.count, 0);
	kg_export_table_free(&table);
	assert_null(table.strings);
}

static void sorted_table_finds_every_symbol(void **state)
{
	static const char *const names[] = {"printk",           "_printk", "zlib_inflate", "a",
					    "printk_ratelimit", "Zed",     "memcpy"};
	static const char *const sorted[] = {"Zed",    "_printk",          "a",           "memcpy",
					     "printk", "printk_ratelimit", "zlib_inflate"};
	enum { count = sizeof(names) / sizeof(names[0]) };
	struct kg_export_table table = {0};

	(void)state;
	for (uint32_t i = 0; i < count; i++)
		add(&table, names[i], i % 2 ? "NS" : "", 0xf0000000 + i, i % 3 == 0);
	kg_export_table_sort(&table);
	for (uint32_t i = 0; i < count; i++)
		assert_string_equal(table.items[i].name, sorted[i]);
	for (uint32_t i = 0; i < count; i++) {
		const struct kg_export *found = kg_export_table_find(&table, names[i]);

		assert_non_null(found);
		assert_string_equal(found->name, names[i]);
		assert_string_equal(found->symbol_namespace, i % 2 ? "NS" : "");
		assert_int_equal(found->crc, 0xf0000000 + i);
		assert_true(found->has_crc);
		assert_int_equal(found->gpl_only, i % 3 == 0);
	}
	assert_null(kg_export_table_find(&table, "print"));
	assert_null(kg_export_table_find(&table, "printk2"));
	assert_null(kg_export_table_find(&table, ""));
	kg_export_table_free(&table);
	assert_int_equal(table.count, 0);
	assert_null(table.items);
}

static void owned_strings_outlive_their_source(void **state)
{
	struct kg_export_table table = {0};
	struct kg_error err = unit_no_error();
	char *name = strdup("symbol");
	char *symbol_namespace = strdup("NAMESPACE");

	(void)state;
	add(&table, name, symbol_namespace, 1, false);
	add(&table, "", "", 2, true);
	assert_ok(kg_export_table_own_strings(&table, &err), err);
	memset(name, 'x', strlen(name));
	free(name);
	free(symbol_namespace);
	assert_string_equal(table.items[0].name, "symbol");
	assert_string_equal(table.items[0].symbol_namespace, "NAMESPACE");
	assert_string_equal(table.items[1].name, "");
	/* Once more, now from its own strings. */
	assert_ok(kg_export_table_own_strings(&table, &err), err);
	kg_export_table_sort(&table);
	assert_string_equal(table.items[1].name, "symbol");
	assert_string_equal(table.items[1].symbol_namespace, "NAMESPACE");
	assert_int_equal(table.items[1].crc, 1);
	assert_int_equal(table.items[0].crc, 2);
	assert_string_equal(kg_export_table_find(&table, "symbol")->name, "symbol");
	kg_export_table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table),
		cmocka_unit_test(sorted_table_finds_every_symbol),
		cmocka_unit_test(owned_strings_outlive_their_source),
	};

	return UNIT_RUN(tests);
}
