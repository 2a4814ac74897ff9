// SPDX-License-Identifier: GPL-2.0-or-later
/* mountinfo and fstab, by libmount, from bytes alone. */
#include "fixture.h"
#include "kernel-guard/system/mount_table.h"

typedef int parser(struct kg_span text, struct kg_mount_table *table, struct kg_error *err);

static struct kg_mount_table table;

static int tear_down(void **state)
{
	(void)state;
	kg_mount_table_free(&table);
	return 0;
}

static void parse_span(parser *parse, struct kg_span text)
{
	struct kg_error err = unit_no_error();

	kg_mount_table_free(&table);
	assert_ok(parse(text, &table, &err), err);
	assert_true(table.known);
}

static void parse_text(parser *parse, const char *text)
{
	parse_span(parse, kg_span_of_string(text));
}

/* "POINT TYPE SOURCE OPTIONS", a line each. */
static const char *in_words(void)
{
	const char *text = "";

	for (size_t i = 0; i < table.count; i++) {
		const struct kg_mount *mount = &table.items[i];

		text = unit_text("%s%s %s %s %s\n", text, mount->point, mount->type, mount->source, mount->options);
	}
	return text;
}

static void mountinfo_lines(void **state)
{
	const struct kg_mount *mount;

	(void)state;
	parse_text(kg_mountinfo_parse,
		   "25 1 259:2 /@\\040root / rw,relatime shared:1 master:2 - ext4 /dev/root rw,errors=remount-ro\n"
		   "30 25 0:40 / /boot rw - autofs systemd-1 rw\n"
		   "31 30 259:1 / /boot ro,nosuid - vfat /dev/nvme0n1p1 rw,fmask=0022\n"
		   "32 25 8:1 / /a\\134b\\011c rw,rootcontext=x - vfat none ro,x=\"ro,ro\"\n");
	assert_string_equal(in_words(), "/ ext4 /dev/root rw,relatime,errors=remount-ro\n"
					"/boot autofs systemd-1 rw\n"
					"/boot vfat /dev/nvme0n1p1 ro,nosuid,fmask=0022\n"
					"/a\\b\tc vfat none ro,rootcontext=x,x=\"ro,ro\"\n");
	mount = kg_mount_at(&table, "/boot");
	assert_ptr_equal(mount, &table.items[2]);
	assert_true(mount->read_only);
	assert_int_equal(mount->major, 259);
	assert_int_equal(mount->minor, 1);
	assert_string_equal(mount->directory, "/");
	assert_ptr_equal(kg_mount_by_id(&table, mount->parent), &table.items[1]);
	assert_string_equal(table.items[0].directory, "/@ root");
	assert_false(table.items[0].read_only);
	assert_true(table.items[3].read_only);
	assert_null(kg_mount_at(&table, "/boo"));
	assert_null(kg_mount_by_id(&table, 7));
}

static void fstab_lines(void **state)
{
	(void)state;
	parse_text(kg_fstab_parse, "# /dev/x /comment ext4\n\n"
				   "\t UUID=\"4B47-5541\"\t/boot/  vfat defaults,ro 0 2\n"
				   "PARTLABEL=EFI\\040system /my\\040esp auto\n"
				   "/dev/root / ext4 rw 0 1\n"
				   "12 34 ext4 rw\n"
				   "only\n/dev/sda1 /two\n"
				   "/efi/EFI/arch /boot none bind 0 0 # and more\n"
				   "UUID=1 none swap sw");
	assert_string_equal(in_words(), "/boot vfat UUID=4B47-5541 defaults,ro\n"
					"/my esp auto PARTLABEL=EFI system \n"
					"/ ext4 /dev/root rw\n34 ext4 12 rw\n"
					"/boot none /efi/EFI/arch bind\nnone swap UUID=1 sw\n");
	assert_null(table.items[0].directory);
	assert_string_equal(kg_mount_at(&table, "/boot")->type, "none");
}

static void nothing_in_it(void **state)
{
	static const char *const texts[] = {"", "\n", "\n\n\n", "#", " ", "\\", "-", "- - - - - - -\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		parse_text(kg_mountinfo_parse, texts[i]);
		assert_int_equal(table.count, 0);
		if (i < 6) {
			parse_text(kg_fstab_parse, texts[i]);
			assert_int_equal(table.count, 0);
		}
	}
}

/* A line with a NUL is cut there; those behind it are read. */
static void bytes_of_all_kinds(void **state)
{
	static const char text[] = "25 1 259:2 / / rw - ext4 /dev/a rw\n\0\n26 25 259:2 / /x\0y rw - ext4 /dev/b rw\n"
				   "27 25 259:2 / /\377\001 rw - ext4 /dev/c rw\n";
	char noise[4096];

	(void)state;
	parse_span(kg_mountinfo_parse, kg_span_of(text, sizeof(text) - 1));
	assert_string_equal(in_words(), "/ ext4 /dev/a rw\n/\377\001 ext4 /dev/c rw\n");
	for (unsigned int seed = 0; seed < 200; seed++) {
		srandom(seed);
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = "0123456789:/ \t\n\\-#=\"rwa,"[random() % 24];
		parse_span(kg_mountinfo_parse, kg_span_of(noise, sizeof(noise)));
		parse_span(kg_fstab_parse, kg_span_of(noise, sizeof(noise)));
	}
}

/* Of every length of a text the whole lines are read, and nothing behind them. */
static void cut_anywhere(void **state)
{
	static const char text[] = "25 1 259:2 / / rw - ext4 /dev/root rw\n26 25 8:1 / /boot rw - vfat /dev/sda1 rw\n";

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++) {
		char *copy = unit_keep(malloc(size + 1));

		memcpy(copy, text, size);
		parse_span(kg_mountinfo_parse, kg_span_of(copy, size));
		assert_in_range(table.count, size > 37 ? 1 : 0, 2);
	}
	assert_int_equal(table.count, 2);
}

static char *option(const char *options, const char *name)
{
	struct kg_mount mount = {.options = unit_text("%s", options)};
	struct kg_error err = unit_no_error();
	char *value = kg_mount_option(&mount, name, &err);

	assert_int_equal(err.code, 0);
	return value ? unit_keep(value) : NULL;
}

static bool has(const char *options, const char *name)
{
	const struct kg_mount mount = {.options = unit_text("%s", options)};

	return kg_mount_has_option(&mount, name);
}

static void options_of_a_mount(void **state)
{
	(void)state;
	assert_string_equal(option("rw,subvol=/@,x", "subvol"), "/@");
	assert_string_equal(option("subvol=/@,subvol=/b", "subvol"), "/b");
	assert_string_equal(option("subvol=,x", "subvol"), "");
	assert_null(option("rw,subvolid=5", "subvol"));
	assert_null(option("", "subvol"));
	assert_null(option("subvol", "subvol"));
	assert_true(has("defaults,ro", "ro"));
	assert_true(has("noauto", "noauto"));
	assert_false(has("root,error=ro,x=\"a,ro,b\"", "ro"));
	assert_false(has("", "ro"));
}

static void paths_below(void **state)
{
	(void)state;
	assert_true(kg_path_is_below("/boot", "/boot"));
	assert_true(kg_path_is_below("/boot/efi", "/boot"));
	assert_false(kg_path_is_below("/bootstrap", "/boot"));
	assert_false(kg_path_is_below("/", "/boot"));
	assert_true(kg_path_is_below("/boot", "/"));
	assert_false(kg_path_is_below("none", "/"));
}

/* fstab below a root: one that is not there mounts nothing, of one that cannot be read nothing is known. */
static void fstab_of_a_root(void **state)
{
	const char *path = unit_text("%s/root", unit_directory());
	struct kg_troubles troubles = {0};
	struct kg_error err = unit_no_error();
	struct kg_root root;

	(void)state;
	kg_mount_table_free(&table);
	(void)unit_output(unit_text("mkdir -p %s/etc", path));
	assert_ok(kg_root_open(path, &root, &err), err);
	assert_ok(kg_fstab_read(&root, &table, &troubles, &err), err);
	assert_true(table.known);
	assert_int_equal(table.count + troubles.count, 0);
	unit_write_file(unit_text("%s/etc/fstab", path), kg_span_of_string("/dev/a /boot vfat\n"));
	assert_ok(kg_fstab_read(&root, &table, &troubles, &err), err);
	assert_int_equal(table.count, 1);
	kg_mount_table_free(&table);
	(void)unit_output(unit_text("rm %s/etc/fstab && mkdir %s/etc/fstab", path, path));
	assert_ok(kg_fstab_read(&root, &table, &troubles, &err), err);
	assert_false(table.known);
	assert_int_equal(troubles.count, 1);
	assert_string_equal(troubles.items[0].subject, "/etc/fstab");
	kg_troubles_free(&troubles);
	kg_root_close(&root);
}

/* This machine's own table, against what the kernel lists. */
static void own_mountinfo(void **state)
{
	struct kg_error err = unit_no_error();

	(void)state;
	kg_mount_table_free(&table);
	assert_ok(kg_mountinfo_read("/", &table, &err), err);
	assert_true(table.known);
	assert_int_equal(table.count, atoi(unit_output_text("grep -c . /proc/self/mountinfo")));
	for (size_t i = 0; i < table.count; i++)
		assert_int_equal(table.items[i].point[0], '/');
	kg_mount_table_free(&table);
	assert_ok(kg_mountinfo_read(NULL, &table, &err), err);
	assert_false(table.known);
	assert_failure(kg_mountinfo_read("/nonexistent", &table, &err), err, ENOENT, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(mountinfo_lines, tear_down),
		cmocka_unit_test_teardown(fstab_lines, tear_down),
		cmocka_unit_test_teardown(nothing_in_it, tear_down),
		cmocka_unit_test_teardown(bytes_of_all_kinds, tear_down),
		cmocka_unit_test_teardown(cut_anywhere, tear_down),
		cmocka_unit_test(options_of_a_mount),
		cmocka_unit_test(paths_below),
		cmocka_unit_test_teardown(fstab_of_a_root, tear_down),
		cmocka_unit_test_teardown(own_mountinfo, tear_down),
	};

	return UNIT_RUN(tests);
}
