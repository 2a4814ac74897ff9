// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"
#include "kernel-guard/parse/symvers.h"

struct seen {
	char text[4096]; /* the lines as they were read, in a form of our own */
	int stop_after;  /* fail at this line; 0: never */
	int count;
};

static int see(void *context, const struct kg_symvers_line *line, struct kg_error *err)
{
	struct seen *seen = context;
	size_t used = strlen(seen->text);

	if (++seen->count == seen->stop_after)
		return kg_fail(err, ECANCELED, "stopped at %s", line->symbol.name);
	assert_true(line->symbol.has_crc);
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%08x %s %s [%s]%s\n",
		       line->symbol.crc, line->symbol.name, line->provider,
		       line->symbol.symbol_namespace, line->symbol.gpl_only ? " gpl" : "");
	return 0;
}

static void assert_lines(const char *text, const char *expected)
{
	struct kg_span bytes = unit_copy(kg_span_of_string(text));
	struct seen seen = {.text = ""};
	struct kg_error err = unit_no_error();

	assert_ok(kg_symvers_parse(bytes, see, &seen, &err), err);
	assert_string_equal(seen.text, expected);
	unit_free(bytes);
}

static void assert_refused(const char *text, size_t size, const char *message)
{
	struct kg_span bytes = unit_copy(kg_span_of(text, size));
	struct kg_export_table table = {.count = 42};
	struct seen seen = {.text = ""};
	struct kg_error err = unit_no_error();

	assert_failure(kg_symvers_parse(bytes, see, &seen, &err), err, EBADMSG, message);
	err = unit_no_error();
	assert_failure(kg_symvers_vmlinux_exports(bytes, &table, &err), err, EBADMSG, message);
	assert_int_equal(table.count, 42);
	unit_free(bytes);
}

static void current_columns(void **state)
{
	(void)state;
	assert_lines("0xf7370f56\tsystem_state\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0xbea5ff1e\tstatic_key_initialized\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
		     "0x00000000\tdma_get\tdrivers/dma-buf/dma_buf\tEXPORT_SYMBOL_GPL\tDMA_BUF\n"
		     "0xffffffff\tmodule_ns\tvmlinux\tEXPORT_SYMBOL_GPL\tmodule:kvm,kvm-*\n",
		     "f7370f56 system_state vmlinux []\n"
		     "bea5ff1e static_key_initialized vmlinux [] gpl\n"
		     "00000000 dma_get drivers/dma-buf/dma_buf [DMA_BUF] gpl\n"
		     "ffffffff module_ns vmlinux [module:kvm,kvm-*] gpl\n");
}

static void columns_of_5_4(void **state)
{
	(void)state;
	assert_lines("0x12345678\tusb_stor_probe1\tUSB_STORAGE\tdrivers/usb/storage/usb-storage\t"
		     "EXPORT_SYMBOL_GPL\n"
		     "0x00000001\tprintk\t\tvmlinux\tEXPORT_SYMBOL\n",
		     "12345678 usb_stor_probe1 drivers/usb/storage/usb-storage [USB_STORAGE] gpl\n"
		     "00000001 printk vmlinux []\n");
}

static void columns_before_5_4(void **state)
{
	(void)state;
	assert_lines("0x12345678\tprintk\tvmlinux\tEXPORT_SYMBOL\n"
		     "0x00000001\told\tvmlinux\tEXPORT_UNUSED_SYMBOL_GPL\n"
		     "0x00000002\tsoon\tvmlinux\tEXPORT_SYMBOL_GPL_FUTURE\n",
		     "12345678 printk vmlinux []\n"
		     "00000001 old vmlinux [] gpl\n"
		     "00000002 soon vmlinux [] gpl\n");
}

static void damaged_lines_are_named(void **state)
{
	static const char *const damaged[] = {
		"",
		"junk",
		"0x00000001",
		"0x00000001\tsymbol",
		"0x00000001\tsymbol\tvmlinux",
		"0x00000001\tsymbol\tvmlinux\t",
		"0x00000001\tsymbol\tvmlinux\tEXPORT",
		"0x00000001\tsymbol\tvmlinux\texport_symbol\t",
		"0x00000001\tsymbol\tvmlinux\tNS\tTYPE",
		"0x00000001\t\tvmlinux\tEXPORT_SYMBOL\t",
		"0x00000001\tsymbol\tvmlinux\tEXPORT_SYMBOL\tNS\tmore",
		"0x00000001 symbol vmlinux EXPORT_SYMBOL",
		"\tsymbol\tvmlinux\tEXPORT_SYMBOL\t",
		"0x\tsymbol\tvmlinux\tEXPORT_SYMBOL\t",
		"0x100000000\tsymbol\tvmlinux\tEXPORT_SYMBOL\t",
		"0x99999999999999999999\tsymbol\tvmlinux\tEXPORT_SYMBOL\t",
		"0x0000000g\tsymbol\tvmlinux\tEXPORT_SYMBOL\t",
		"00000001\tsymbol\tvmlinux\tEXPORT_SYMBOL\t",
		"-0x1\tsymbol\tvmlinux\tEXPORT_SYMBOL\t",
		" 0x1\tsymbol\tvmlinux\tEXPORT_SYMBOL\t",
		"symbol\t0x00000001\tvmlinux\tEXPORT_SYMBOL\t",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		const char *text = unit_text("0x00000001\tsound\tvmlinux\tEXPORT_SYMBOL\t\n%s\n"
					     "0x00000001\tlast\tvmlinux\tEXPORT_SYMBOL\t\n",
					     damaged[i]);

		assert_refused(text, strlen(text), "line 2: is no line of Module.symvers");
	}
}

static void nul_bytes_and_long_lines(void **state)
{
	static const char nul[] = "0x00000001\tsym\0bol\tvmlinux\tEXPORT_SYMBOL\t\n";
	char line[5001];

	(void)state;
	assert_refused(nul, sizeof(nul) - 1, "line 1: is no line of Module.symvers");
	memset(line, 'x', sizeof(line));
	memcpy(line, "0x00000001\t", 11);
	memcpy(line + sizeof(line) - 25, "\tvmlinux\tEXPORT_SYMBOL\t\n", 25);
	assert_refused(line, sizeof(line) - 1, "line 1: is no line of Module.symvers");
}

static void an_empty_file(void **state)
{
	(void)state;
	assert_refused("", 0, "is empty");
	assert_refused("\n", 1, "line 1: is no line of Module.symvers");
}

/* Half of "EXPORT_SYMBOL_GPL" would be taken for something else. */
static void a_cut_last_line(void **state)
{
	static const char text[] = "0x00000001\tsymbol\tvmlinux\tEXPORT_SYMBOL\t\n"
				   "0x00000002\tother\tvmlinux\tEXPORT_SYMBOL_GPL\tNS\n";

	(void)state;
	for (size_t size = 43; size < strlen(text); size++)
		assert_refused(text, size, "is cut off in its last line");
}

static void the_callers_failure_ends_it(void **state)
{
	struct kg_span text = kg_span_of_string("0x00000001\ta\tvmlinux\tEXPORT_SYMBOL\t\n"
						"0x00000001\tb\tvmlinux\tEXPORT_SYMBOL\t\n"
						"0x00000001\tc\tvmlinux\tEXPORT_SYMBOL\t\n");
	struct seen seen = {.stop_after = 2};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_failure(kg_symvers_parse(text, see, &seen, &err), err, ECANCELED, "stopped at b");
	assert_int_equal(seen.count, 2);
}

static void only_what_vmlinux_exports(void **state)
{
	struct kg_span text =
		unit_copy(kg_span_of_string("0x0000000b\tb\tvmlinux\tEXPORT_SYMBOL_GPL\tNS_B\n"
					    "0x0000000c\tc\tfs/ext4/ext4\tEXPORT_SYMBOL\t\n"
					    "0x0000000a\ta\tvmlinux\tEXPORT_SYMBOL\t\n"
					    "0x0000000d\td\tvmlinux/not\tEXPORT_SYMBOL\t\n"));
	struct kg_export_table table = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_symvers_vmlinux_exports(text, &table, &err), err);
	/* The table's strings are its own. */
	memset(unit_writable(text), 'x', text.size);
	unit_free(text);
	assert_int_equal(table.count, 2);
	assert_string_equal(table.items[0].name, "a");
	assert_string_equal(table.items[0].symbol_namespace, "");
	assert_int_equal(table.items[0].crc, 0xa);
	assert_false(table.items[0].gpl_only);
	assert_string_equal(table.items[1].name, "b");
	assert_string_equal(table.items[1].symbol_namespace, "NS_B");
	assert_int_equal(table.items[1].crc, 0xb);
	assert_true(table.items[1].gpl_only);
	assert_ptr_equal(kg_export_table_find(&table, "b"), &table.items[1]);
	assert_null(kg_export_table_find(&table, "c"));
	kg_export_table_free(&table);
}

/* Every line of the real files, compared with what awk counts. */
static void real_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const char *path =
			unit_text("%s/build/Module.symvers", unit_module_tree(unit_series[i]));
		struct kg_span text = unit_read_file(path);
		struct kg_export_table table;
		struct kg_error err = unit_no_error();
		size_t gpl_only = 0;
		size_t in_namespace = 0;

		assert_ok(kg_symvers_vmlinux_exports(text, &table, &err), err);
		for (size_t j = 0; j < table.count; j++) {
			gpl_only += table.items[j].gpl_only;
			in_namespace += table.items[j].symbol_namespace[0] != '\0';
		}
		assert_string_equal(
			unit_text("%zu %zu %zu", table.count, gpl_only, in_namespace),
			unit_output_text(
				unit_text("awk -F'\\t' '$3 == \"vmlinux\" { n++; g += $4 ~ /_GPL/; "
					  "s += $5 != \"\" } END { print n, g, s }' %s",
					  path)));
		kg_export_table_free(&table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(current_columns),
		cmocka_unit_test(columns_of_5_4),
		cmocka_unit_test(columns_before_5_4),
		cmocka_unit_test(damaged_lines_are_named),
		cmocka_unit_test(nul_bytes_and_long_lines),
		cmocka_unit_test(an_empty_file),
		cmocka_unit_test(a_cut_last_line),
		cmocka_unit_test(the_callers_failure_ends_it),
		cmocka_unit_test(only_what_vmlinux_exports),
		cmocka_unit_test(real_files),
	};

	return UNIT_RUN(tests);
}
