// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"
#include "kernel-guard/parse/boot_entry.h"

static struct kg_boot_entry parse(const char *text)
{
	struct kg_span bytes = unit_copy(kg_span_of_string(text));
	struct kg_boot_entry entry = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_boot_entry_parse(bytes, &entry, &err), err);
	unit_free(bytes);
	return entry;
}

static void all_keys(void **state)
{
	struct kg_boot_entry entry = parse("title      Arch Linux\n"
					   "version    6.12.9-arch1-1\n"
					   "machine-id 0123456789abcdef0123456789abcdef\n"
					   "sort-key   arch\n"
					   "linux      /vmlinuz-linux\n"
					   "initrd     /initramfs-linux.img\n"
					   "efi        /EFI/tool.efi\n"
					   "uki        /EFI/Linux/arch.efi\n"
					   "options    root=LABEL=x rw quiet\n"
					   "architecture x64\n"
					   "devicetree /dtb\n"
					   "extra      /extra.cred\n");

	(void)state;
	assert_string_equal(entry.title, "Arch Linux");
	assert_string_equal(entry.version, "6.12.9-arch1-1");
	assert_string_equal(entry.machine_id, "0123456789abcdef0123456789abcdef");
	assert_string_equal(entry.sort_key, "arch");
	assert_string_equal(entry.linux_path, "/vmlinuz-linux");
	assert_string_equal(entry.efi, "/EFI/tool.efi");
	assert_string_equal(entry.uki, "/EFI/Linux/arch.efi");
	assert_string_equal(entry.options, "root=LABEL=x rw quiet");
	assert_int_equal(entry.initrds.count, 1);
	assert_string_equal(entry.initrds.items[0], "/initramfs-linux.img");
	kg_boot_entry_free(&entry);
	assert_null(entry.title);
	assert_int_equal(entry.initrds.count, 0);
	kg_boot_entry_free(&entry);
}

static void absent_keys(void **state)
{
	struct kg_boot_entry entry = parse("# nothing\n\n   \n\t\n#linux /x\n  # linux /y\n");

	(void)state;
	assert_null(entry.title);
	assert_null(entry.version);
	assert_null(entry.machine_id);
	assert_null(entry.sort_key);
	assert_null(entry.linux_path);
	assert_null(entry.efi);
	assert_null(entry.uki);
	assert_null(entry.options);
	assert_int_equal(entry.initrds.count, 0);
	kg_boot_entry_free(&entry);
	entry = parse("");
	assert_null(entry.title);
}

static void repeated_keys(void **state)
{
	struct kg_boot_entry entry = parse("title first\n"
					   "initrd /amd-ucode.img\n"
					   "options root=/dev/sda2\n"
					   "linux /old\n"
					   "initrd /initramfs-linux.img\n"
					   "options rw  quiet\n"
					   "title second\n"
					   "options\n"
					   "options last\n"
					   "linux /new\n"
					   "linux\n"
					   "initrd \t\n");

	(void)state;
	assert_string_equal(entry.title, "second");
	assert_string_equal(entry.linux_path, "/new");
	assert_string_equal(entry.options, "root=/dev/sda2 rw  quiet last");
	assert_int_equal(entry.initrds.count, 2);
	assert_string_equal(entry.initrds.items[0], "/amd-ucode.img");
	assert_string_equal(entry.initrds.items[1], "/initramfs-linux.img");
	kg_boot_entry_free(&entry);
}

static void blanks_and_line_ends(void **state)
{
	struct kg_boot_entry entry = parse("\t title\t \tArch  Linux \t\r\n"
					   "linux\t/vmlinuz\r\n"
					   "\r\n"
					   "options \t a#b # c\r\n"
					   "sort-key last-line-without-end");

	(void)state;
	assert_string_equal(entry.title, "Arch  Linux");
	assert_string_equal(entry.linux_path, "/vmlinuz");
	assert_string_equal(entry.options, "a#b # c");
	assert_string_equal(entry.sort_key, "last-line-without-end");
	kg_boot_entry_free(&entry);
}

/* As systemd-boot reads them. */
static void quotes(void **state)
{
	struct kg_boot_entry entry = parse("title \"Arch Linux\"\nlinux '/vmlinuz'\ninitrd \"\"\n"
					   "version \"1\noptions \"a=b\" \"c\"\nefi \"\n");

	(void)state;
	assert_string_equal(entry.title, "Arch Linux");
	assert_string_equal(entry.linux_path, "/vmlinuz");
	assert_int_equal(entry.initrds.count, 0);
	assert_string_equal(entry.version, "\"1");
	assert_string_equal(entry.options, "a=b\" \"c");
	assert_string_equal(entry.efi, "\"");
	kg_boot_entry_free(&entry);
}

static void keys_are_exact(void **state)
{
	struct kg_boot_entry entry = parse("Title a\nLINUX b\nlinux-x c\nlinu d\n"
					   "linux=e\nsort_key f\nuki-url g\n");

	(void)state;
	assert_null(entry.title);
	assert_null(entry.linux_path);
	assert_null(entry.sort_key);
	assert_null(entry.uki);
	kg_boot_entry_free(&entry);
}

static void values_are_bytes(void **state)
{
	struct kg_boot_entry entry = parse("title \xc3\x9c \xff\x1b[0m\noptions \"a b\" %s\n");

	(void)state;
	assert_string_equal(entry.title, "\xc3\x9c \xff\x1b[0m");
	assert_string_equal(entry.options, "\"a b\" %s");
	kg_boot_entry_free(&entry);
}

static void nul_bytes_are_damage(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
		{"title a\0b\n", 10},
		{"linux /x\n\0", 10},
		{"# \0\n", 4},
		{"li\0nux /x\n", 10},
		{"options a\noptions b\0\n", 21},
		{"\0", 1},
		{"initrd \0/x\n", 11},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_span bytes = unit_copy(kg_span_of(cases[i].text, cases[i].size));
		struct kg_boot_entry entry = {.title = (char *)(uintptr_t) "untouched"};
		struct kg_error err = unit_no_error();

		assert_failure(kg_boot_entry_parse(bytes, &entry, &err), err, EBADMSG,
			       "holds a NUL byte");
		assert_string_equal(entry.title, "untouched");
		unit_free(bytes);
	}
}

static void size_is_limited(void **state)
{
	enum { limit = 1 << 20 };
	char *text = malloc(limit + 1);
	struct kg_boot_entry entry = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_non_null(text);
	memset(text, 'x', limit + 1);
	memcpy(text, "title ", 6);
	assert_failure(kg_boot_entry_parse(kg_span_of(text, limit + 1), &entry, &err), err, EFBIG,
		       "has more than 1048576 bytes");
	assert_ok(kg_boot_entry_parse(kg_span_of(text, limit), &entry, &err), err);
	assert_int_equal(strlen(entry.title), limit - 6);
	kg_boot_entry_free(&entry);
	free(text);
}

static void assert_value(const char *text, const char *key, const char *expected)
{
	struct kg_span bytes = unit_copy(kg_span_of_string(text));
	struct kg_error err = unit_no_error();
	char *value = kg_boot_configuration_value(bytes, key, &err);

	assert_int_equal(err.code, 0);
	if (expected)
		assert_string_equal(value, expected);
	else
		assert_null(value);
	free(value);
	unit_free(bytes);
}

static void configuration_values(void **state)
{
	static const char text[] = "#default commented\n"
				   "timeout 3\n"
				   "default\tarch.conf \r\n"
				   "console-mode  keep\n"
				   "  default @saved\n"
				   "editor\n"
				   "defaults no";

	(void)state;
	assert_value(text, "default", "@saved");
	assert_value(text, "timeout", "3");
	assert_value(text, "console-mode", "keep");
	assert_value(text, "defaults", "no");
	assert_value(text, "editor", "");
	assert_value(text, "missing", NULL);
	assert_value(text, "#default", NULL);
	assert_value("", "default", NULL);
}

static void real_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const char *loader = unit_cache("tree/%s/boot/loader", unit_series[i]);
		struct kg_span text = unit_read_file(unit_text("%s/entries/arch.conf", loader));
		struct kg_span config = unit_read_file(unit_text("%s/loader.conf", loader));
		struct kg_boot_entry entry = {0};
		struct kg_error err = unit_no_error();
		char *name;

		assert_ok(kg_boot_entry_parse(text, &entry, &err), err);
		assert_string_equal(entry.title, "Arch Linux");
		assert_string_equal(entry.linux_path, "/vmlinuz-linux");
		assert_string_equal(entry.initrds.items[0], "/initramfs-linux.img");
		assert_string_equal(entry.options,
				    "root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw");
		kg_boot_entry_free(&entry);
		name = kg_boot_configuration_value(config, "default", &err);
		assert_string_equal(name, "arch.conf");
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys),
		cmocka_unit_test(absent_keys),
		cmocka_unit_test(repeated_keys),
		cmocka_unit_test(blanks_and_line_ends),
		cmocka_unit_test(quotes),
		cmocka_unit_test(keys_are_exact),
		cmocka_unit_test(values_are_bytes),
		cmocka_unit_test(nul_bytes_are_damage),
		cmocka_unit_test(size_is_limited),
		cmocka_unit_test(configuration_values),
		cmocka_unit_test(real_entries),
	};

	return UNIT_RUN(tests);
}
