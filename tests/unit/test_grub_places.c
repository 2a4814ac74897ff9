// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the files lie that GRUB names by a device and a path on it. */
#include "fixture.h"
#include "kernel-guard/system/grub_places.h"

static const char *root_path;

/* A fresh root with files, one a word, and this fstab. */
static void make_root(const char *fstab, const char *files)
{
	static int number;

	root_path = unit_text("%s/%d", unit_directory(), number++);
	(void)unit_output(unit_text("mkdir -p %s/etc && cd %s && for f in %s; do mkdir -p \"$(dirname \"$f\")\" && "
				    ": >\"$f\"; done",
				    root_path, root_path, files));
	if (fstab)
		unit_write_file(unit_text("%s/etc/fstab", root_path), kg_span_of_string(fstab));
}

static const char *map(const char *first, const char *second)
{
	static const char *const names[] = {"", "foreign", "hidden", "untold"};
	struct kg_root root;
	struct kg_mount_table fstab;
	struct kg_grub_places places;
	struct kg_troubles troubles = {0};
	struct kg_strings files = {0};
	struct kg_strings paths = {0};
	enum kg_grub_mapping mapping;
	struct kg_error err = unit_no_error();
	const char *text;

	assert_ok(kg_root_open(root_path, &root, &err), err);
	assert_ok(kg_fstab_read(&root, &fstab, &troubles, &err), err);
	assert_int_equal(troubles.count, 0);
	assert_ok(kg_grub_places_read(&fstab, &places, &err), err);
	kg_mount_table_free(&fstab);
	assert_ok(kg_strings_add(&files, first, &err), err);
	if (second)
		assert_ok(kg_strings_add(&files, second, &err), err);
	assert_ok(kg_grub_places_map(&root, &places, &files, &mapping, &paths, &err), err);
	assert_int_equal(paths.count, mapping == KG_GRUB_MAPPED ? files.count : 0);
	text = names[mapping];
	for (size_t i = 0; i < paths.count; i++)
		text = unit_text("%s%s%s", text, i ? " " : "", paths.items[i]);
	kg_strings_free(&paths);
	kg_strings_free(&files);
	kg_grub_places_free(&places);
	kg_root_close(&root);
	return text;
}

#define assert_map(file, expected) assert_string_equal(map(file, NULL), expected)

static void separate_boot(void **state)
{
	(void)state;
	make_root("# UUID=x /x\nUUID=aa-BB / ext4 rw 0 1\nUUID=4B47-5541 /boot vfat\n"
		  "UUID=\"cc\" /home/my\\040home ext4\nUUID=dd none swap\nLABEL=EFI /efi vfat\n",
		  "boot/vmlinuz");
	assert_map("(UUID=4b47-5541)/vmlinuz", "/boot/vmlinuz");
	assert_map("(UUID=4B47-5541)/missing", "/boot/missing");
	assert_map("(UUID=4B47-5541)//a/b", "/boot/a/b");
	assert_map("(UUID=AA-bb)/vmlinuz", "/vmlinuz");
	assert_map("(UUID=aa-bb)/boot/vmlinuz", "hidden");
	assert_map("(UUID=aa-bb)/bootx", "/bootx");
	assert_map("(UUID=cc)/k", "/home/my home/k");
	assert_map("(LABEL=EFI)/k", "/efi/k");
	assert_map("(UUID=dd)/k", "foreign");
	assert_map("(UUID=ee)/vmlinuz", "foreign");
	assert_map("(own)/vmlinuz", "/boot/vmlinuz");
	assert_map("(own)/missing", "/boot/missing");
	assert_map("(hd0,gpt1)/vmlinuz", "/boot/vmlinuz");
	assert_map("(hd0,gpt1)/missing", "untold");
	assert_map("(hd0,gpt1)+1", "untold");
	assert_map("no device", "untold");
	assert_string_equal(map("(hd0)/missing", "(hd0)/vmlinuz"), "/boot/missing /boot/vmlinuz");
}

static void boot_in_root(void **state)
{
	(void)state;
	make_root("UUID=aa / ext4\n", "boot/vmlinuz vmlinuz");
	assert_map("(UUID=aa)/boot/vmlinuz", "/boot/vmlinuz");
	assert_map("(UUID=aa)/boot/missing", "/boot/missing");
	assert_map("(UUID=aa)/vmlinuz", "/vmlinuz");
	assert_map("(own)/boot/missing", "/boot/missing");
	assert_map("(UUID=bb)/boot/vmlinuz", "foreign");
	assert_map("(LABEL=x)/boot/vmlinuz", "/boot/vmlinuz");
	assert_map("(LABEL=x)/boot/missing", "untold");
}

static void devices_that_fstab_names_otherwise(void **state)
{
	static const char *const tables[] = {
		NULL, "", "/dev/sda2 / ext4\n", "PARTUUID=aa / ext4\n", "UUID=aa / ext4\n/dev/sda1 /boot vfat\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		make_root(tables[i], "boot/vmlinuz");
		assert_map("(UUID=bb)/vmlinuz", "/boot/vmlinuz");
		assert_map("(UUID=bb)/boot/vmlinuz", "/boot/vmlinuz");
		assert_map("(UUID=bb)/missing", "untold");
	}
	make_root("/dev/sda2 / ext4\n/dev/sda1 /efi vfat\n", "efi/a/vmlinuz");
	assert_map("(UUID=bb)/a/vmlinuz", "/efi/a/vmlinuz");
}

static void subvolumes(void **state)
{
	(void)state;
	make_root("UUID=aa / btrfs rw,subvol=/@,compress=zstd 0 0\nUUID=aa /home btrfs subvol=@home\n"
		  "UUID=aa /boot/kept btrfs subvolid=300,subvol=@/kept/\n",
		  "boot/vmlinuz");
	assert_map("(UUID=aa)/@/boot/vmlinuz", "/boot/vmlinuz");
	assert_map("(UUID=aa)/@/boot/missing", "/boot/missing");
	assert_map("(UUID=aa)/@home/x", "/home/x");
	assert_map("(UUID=aa)/@/kept/x", "/boot/kept/x");
	assert_map("(UUID=aa)/@/.snapshots/1/snapshot/boot/vmlinuz", "/.snapshots/1/snapshot/boot/vmlinuz");
	assert_map("(UUID=aa)/@old/boot/vmlinuz", "foreign");
	assert_map("(UUID=aa)/boot/vmlinuz", "foreign");
	/* The default subvolume is not in fstab: by what is there. */
	make_root("UUID=aa / btrfs rw 0 0\n", "boot/vmlinuz boot/initrd");
	assert_map("(UUID=aa)/@/boot/vmlinuz", "/boot/vmlinuz");
	assert_map("(UUID=aa)/@/.snapshots/1/snapshot/boot/vmlinuz", "/boot/vmlinuz");
	assert_map("(UUID=aa)/@/boot/missing", "/boot/missing");
	assert_string_equal(map("(UUID=aa)/@x/boot/missing", "(UUID=aa)/@x/boot/initrd"),
			    "/boot/missing /boot/initrd");
	/* ZFS is mounted without fstab. */
	make_root("UUID=4B47-5541 /efi vfat\n", "boot/vmlinuz");
	assert_map("(UUID=1234)/ROOT/default@/boot/vmlinuz", "/boot/vmlinuz");
	assert_map("(own)/ROOT/default@/boot/missing", "/boot/missing");
	assert_map("(own)/a/b/c/d/e/f/g/h/boot/vmlinuz", "/boot/vmlinuz");
	assert_map("(own)/a/b/c/d/e/f/g/h/i/j/k/l/vmlinuz", "/boot/a/b/c/d/e/f/g/h/i/j/k/l/vmlinuz");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(separate_boot),
		cmocka_unit_test(boot_in_root),
		cmocka_unit_test(devices_that_fstab_names_otherwise),
		cmocka_unit_test(subvolumes),
	};

	return UNIT_RUN(tests);
}
