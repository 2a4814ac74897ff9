// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk through captured proc and sys, sound ones and hostile ones. */
#include "storage_place.h"

static const char no_mountinfo[] = "what / is on the machine's mountinfo does not say";
static const char pci_modalias[] = "pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02";

/* An NVMe disk with a partition, and ext4 on it. */
static void put_nvme(void)
{
	place_block("pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1", "259:0");
	place_block("pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p2", "259:2");
	place_put("sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p2/partition", "2\n");
	place_put("sys/devices/pci0000:00/0000:01:00.0/modalias", pci_modalias);
	place_directory("sys/bus/pci/drivers/nvme");
	place_directory("sys/module/nvme");
	place_link("sys/devices/pci0000:00/0000:01:00.0/driver", "../../../bus/pci/drivers/nvme");
	place_link("sys/bus/pci/drivers/nvme/module", "../../../../module/nvme");
	place_mount("259:2", "ext4", "/dev/nvme0n1p2");
}

static void a_disk(void **state)
{
	struct kg_storage storage;

	(void)state;
	put_nvme();
	storage = place_read();
	assert_string_equal(place_needs(&storage.needs), "ext4 nvme");
	assert_string_equal(storage.needs.items[0].alias, "fs-ext4");
	assert_string_equal(storage.needs.items[1].alias, pci_modalias);
	assert_string_equal(storage.needs.items[1].driver, "nvme");
	assert_string_equal(storage.needs.items[1].reason,
			    "/ is on nvme0n1, PCI device 0000:01:00.0 "
			    "(/ > nvme0n1p2 > nvme0n1 > 0000:01:00.0)");
	assert_false(storage.encrypted);
	kg_storage_free(&storage);
	assert_null(storage.needs.items);
	kg_storage_free(&storage);
}

static void nobody_is_asked(void **state)
{
	struct kg_storage storage;
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_storage_read(NULL, NULL, &storage, &err), err);
	assert_false(storage.asked);
	assert_int_equal(storage.needs.count, 0);
	assert_failure(kg_storage_read(place_in("missing"), NULL, &storage, &err), err, ENOENT, NULL);
}

static void this_machine(void **state)
{
	struct kg_storage storage;
	struct kg_error err = unit_no_error();
	const char *type = unit_output_text("findmnt -n -o FSTYPE / | tail -n 1");

	(void)state;
	assert_ok(kg_storage_read("/", NULL, &storage, &err), err);
	/* A container's overlay needs nothing, and says so. */
	if (storage.needs.count > 0)
		assert_string_equal(storage.needs.items[0].module, type);
	else
		assert_true(storage.unknown.count > 0);
	kg_storage_free(&storage);
}

static void mounts_that_say_nothing(void **state)
{
	static const char *const texts[] = {
		"", "\n\n", " ", "1 1 259:2 / / rw - ext4\n", "1 1 259:2 / / rw ext4 /dev/x rw\n",
		"1 1 259 / / rw - ext4 /dev/x rw\n", "1 1 259: / / rw - ext4 /dev/x rw\n",
		"1 1 :2 / / rw - ext4 /dev/x rw\n",
		"1 1 259:2 / /home rw - ext4 /dev/x rw\n", "1 1 259:2 / /\n", "- - - - - -\n",
	};

	(void)state;
	put_nvme();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		place_put("proc/self/mountinfo", texts[i]);
		assert_storage("", no_mountinfo);
	}
	assert_int_equal(unlink(place_in("proc/self/mountinfo")), 0);
	assert_storage("", no_mountinfo);
	/* The first process sees the same machine. */
	place_put("proc/1/mountinfo", "27 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n");
	assert_storage("ext4 nvme", "");
	place_directory("proc/self/mountinfo");
	assert_storage("ext4 nvme", "");
}

static void the_last_mount_counts(void **state)
{
	(void)state;
	put_nvme();
	place_put("proc/self/mountinfo", "27 1 8:1 / / rw - xfs /dev/sda1 rw\n"
					 "28 27 259:2 / / rw shared:1 master:2 - ext4 /dev/nvme0n1p2 rw\n"
					 "29 28 8:1 / /usr/local rw - xfs /dev/sda1 rw");
	assert_storage("ext4 nvme", "");
}

/* 10 MB, and 17, which is more than is read. */
static void long_mountinfo(void **state)
{
	static const size_t sizes[] = {10 << 20, 17 << 20};
	static const char line[] = "36 27 0:30 / /mnt/a\\040b rw shared:9 - tmpfs tmpfs rw\n";
	static const char root[] = "27 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n";

	(void)state;
	put_nvme();
	for (size_t i = 0; i < 2; i++) {
		size_t count = sizes[i] / (sizeof(line) - 1);
		char *text = malloc(count * (sizeof(line) - 1) + sizeof(root));

		assert_non_null(text);
		memcpy(text, root, sizeof(root) - 1);
		for (size_t j = 0; j < count; j++)
			memcpy(text + sizeof(root) - 1 + j * (sizeof(line) - 1), line, sizeof(line) - 1);
		unit_write_file(place_in("proc/self/mountinfo"),
				kg_span_of(text, sizeof(root) - 1 + count * (sizeof(line) - 1)));
		free(text);
		assert_storage(i == 0 ? "ext4 nvme" : "", i == 0 ? "" : no_mountinfo);
	}
}

static void what_is_not_looked_at(void **state)
{
	static const struct {
		const char *type;
		const char *unknown;
	} cases[] = {
		{"nfs4", "/ is nfs4, and so on the network, which is not looked at"},
		{"overlay", "/ is overlay, and so on several layers, which is not looked at"},
		{"squashfs", "/ is squashfs, and so on an image, which is not looked at"},
		{"fuse.sshfs", "/ is fuse.sshfs, and so on a program, which is not looked at"},
		{"virtiofs", "/ is virtiofs, and so on the host's disk, which is not looked at"},
	};

	(void)state;
	put_nvme();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		place_mount("0:30", cases[i].type, "somewhere");
		assert_storage("", cases[i].unknown);
	}
	place_mount("8:1", "ext4", "/dev/root");
	assert_storage("ext4", "/ is on /dev/root, which sysfs does not show");
	place_mount("0:30", "btrfs", "/dev/root");
	assert_storage("btrfs", "/ is on /dev/root, which sysfs does not show");
	place_mount("0:30", "tmpfs", "none");
	assert_storage("", "/ is tmpfs, and so on memory, which is not looked at");
}

/* Names that lead to a device where there is no number. */
static void names_of_devices(void **state)
{
	static const char *const names[] = {
		"/dev/nvme0n1p2", "/dev/mapper/vg--0-root", "/dev/vg-0/root", "/dev/disk/by-uuid/6b67",
		"/dev/dm-0",
	};
	static const char *const wrong[] = {"", "/", "/dev", "/dev/", "/dev/../x", "nvme0n1p2", "/dev/nosuch",
					    "/dev/mapper/", "/dev/mapper/nosuch", "/dev/disk/by-uuid/nosuch"};

	(void)state;
	put_nvme();
	place_block("virtual/block/dm-0", "254:0");
	place_put("sys/devices/virtual/block/dm-0/dm/name", "vg--0-root\n");
	place_link("sys/devices/virtual/block/dm-0/slaves/nvme0n1p2", "/sys/class/block/nvme0n1p2");
	place_link("dev/disk/by-uuid/6b67", "../../nvme0n1p2");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		place_mount("0:30", "ext4", names[i]);
		if (strchr(names[i], 'r'))
			assert_storage(strstr(names[i], "root") ? "ext4 dm_mod nvme" : "ext4 nvme", "");
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		place_mount("0:30", "ext4", wrong[i]);
		assert_storage("ext4", *wrong[i] ? unit_text("/ is on %s, which sysfs does not show", wrong[i])
						 : "/ is on , which sysfs does not show");
	}
}

/* dm/uuid says what a device is. */
static void device_mapper(void **state)
{
	static const struct {
		const char *uuid;
		const char *needs;
		bool encrypted;
	} cases[] = {
		{"CRYPT-LUKS2-6b67-root\n", "ext4 dm_crypt crypto-xts? nvme", true},
		{"CRYPT-LUKS1-6b67-root\n", "ext4 dm_crypt crypto-xts? nvme", true},
		{"CRYPT-PLAIN-root", "ext4 dm_crypt crypto-xts? nvme", true},
		{"CRYPT-BITLK-6b67-root", "ext4 dm_crypt crypto-xts? nvme", true},
		{"CRYPT-FUTURE-root", "ext4 dm_crypt crypto-xts? nvme", true},
		{"CRYPT-VERITY-6b67-root", "ext4 dm_verity nvme", false},
		{"CRYPT-INTEGRITY-6b67-root", "ext4 dm_integrity nvme", false},
		{"LVM-6b67", "ext4 dm_mod nvme", false},
		{"mpath-3600", "ext4 dm_multipath nvme", false},
		{"part2-mpath-3600", "ext4 dm_mod nvme", false},
		{"", "ext4 dm_mod nvme", false},
		{"CRYPT", "ext4 dm_mod nvme", false},
	};

	(void)state;
	put_nvme();
	place_block("virtual/block/dm-0", "254:0");
	place_put("sys/devices/virtual/block/dm-0/dm/name", "root\n");
	place_link("sys/devices/virtual/block/dm-0/slaves/nvme0n1p2", "/sys/class/block/nvme0n1p2");
	place_mount("254:0", "ext4", "/dev/mapper/root");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_storage storage;

		place_put("sys/devices/virtual/block/dm-0/dm/uuid", cases[i].uuid);
		storage = place_read();
		assert_string_equal(place_needs(&storage.needs), cases[i].needs);
		assert_int_equal(storage.encrypted, cases[i].encrypted);
		kg_storage_free(&storage);
	}
	/* Nothing below it: then what it lies on is not known. */
	assert_int_equal(unlink(place_in("sys/devices/virtual/block/dm-0/slaves/nvme0n1p2")), 0);
	assert_storage("ext4 dm_mod", "/ is on dm-0, of which nobody says what it lies on");
}

/* The parts of an LVM volume tell its target. */
static void lvm_parts(void **state)
{
	static const struct {
		const char *part;
		const char *needs;
	} cases[] = {
		{"vg-lv_rimage_0", "ext4 dm_mod dm_raid"},	{"vg-lv_rmeta_12", "ext4 dm_mod dm_raid"},
		{"vg-lv_mimage_1", "ext4 dm_mod dm_mirror"},	{"vg-pool-tpool", "ext4 dm_mod dm_thin_pool"},
		{"vg-pool_tdata", "ext4 dm_mod dm_thin_pool"},	{"vg-lv_corig", "ext4 dm_mod dm_cache"},
		{"vg-lv_wcorig", "ext4 dm_mod dm_writecache"},	{"vg-lv-real", "ext4 dm_mod dm_snapshot"},
		{"vg-lv-cow", "ext4 dm_mod dm_snapshot"},	{"vg-lv_rimage_x", "ext4 dm_mod"},
		{"vg-lv_tdatax", "ext4 dm_mod"},		{"vg-realm", "ext4 dm_mod"},
	};

	(void)state;
	place_block("virtual/block/dm-0", "254:0");
	place_block("virtual/block/dm-1", "254:1");
	place_put("sys/devices/virtual/block/dm-0/dm/uuid", "LVM-abc\n");
	place_link("sys/devices/virtual/block/dm-0/slaves/dm-1", "../../dm-1");
	place_put("sys/devices/virtual/block/dm-1/dm/uuid", "LVM-abd\n");
	place_mount("254:0", "ext4", "/dev/mapper/root");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		place_put("sys/devices/virtual/block/dm-1/dm/name", cases[i].part);
		assert_storage(cases[i].needs, "/ is on dm-1, of which nobody says what it lies on");
	}
}

static void md_levels(void **state)
{
	static const struct {
		const char *level;
		const char *needs;
	} cases[] = {
		{"raid0\n", "ext4 raid0 nvme"},	  {"raid1", "ext4 raid1 nvme"},	 {"raid10\n", "ext4 raid10 nvme"},
		{"raid4\n", "ext4 raid456 nvme"}, {"raid5\n", "ext4 raid456 nvme"}, {"raid6\n", "ext4 raid456 nvme"},
		{"linear\n", "ext4 md_linear nvme"}, {"", "ext4 md_mod nvme"},	 {"raid99\n", "ext4 md_mod nvme"},
	};

	(void)state;
	put_nvme();
	place_block("virtual/block/md0", "9:0");
	place_link("sys/devices/virtual/block/md0/slaves/nvme0n1p2", "/sys/class/block/nvme0n1p2");
	place_mount("9:0", "ext4", "/dev/md0");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		place_put("sys/devices/virtual/block/md0/md/level", cases[i].level);
		assert_storage(cases[i].needs, "");
	}
}

static void other_virtual_devices(void **state)
{
	static const struct {
		const char *name;
		const char *needs;
		const char *unknown;
	} cases[] = {
		{"loop0", "ext4 loop", "/ is on loop0, and so on a file, which is not looked at"},
		{"nbd0", "ext4 nbd", "/ is on nbd0, and so on the network, which is not looked at"},
		{"zd0", "ext4 zfs", "/ is on zd0, and so on a ZFS pool, which is not looked at"},
		{"zram0", "ext4 zram", ""},
		{"new0", "ext4", "/ is on new0, of which nobody says what it lies on"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		place_block(unit_text("virtual/block/%s", cases[i].name), "7:0");
		place_mount("7:0", "ext4", "/dev/x");
		assert_storage(cases[i].needs, cases[i].unknown);
	}
}

/* dm-0 lies on dm-1, dm-1 on dm-0 and on itself. */
static void circles(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *directory = unit_text("sys/devices/virtual/block/dm-%d", i);

		place_block(unit_text("virtual/block/dm-%d", i), unit_text("254:%d", i));
		place_put(unit_text("%s/dm/uuid", directory), i ? "mpath-a" : "LVM-abc");
		place_link(unit_text("%s/slaves/dm-0", directory), "../../dm-0");
		place_link(unit_text("%s/slaves/dm-1", directory), "../../dm-1");
	}
	place_mount("254:0", "ext4", "/dev/mapper/root");
	assert_storage("ext4 dm_mod dm_multipath", "/ is on too many layers of several paths");
	/* Links that lead to themselves. */
	place_link("sys/devices/virtual/block/dm-0/slaves/dm-1", "dm-1");
	place_link("sys/devices/virtual/block/dm-0/slaves/dm-0", "dm-1");
	assert_storage("ext4 dm_mod", "/ is on dm-0, of which nobody says what it lies on");
	place_link("sys/dev/block/254:0", "254:0");
	place_link("sys/class/block/dm-0", "../../dev/block/254:0");
	assert_storage("ext4", "/ is on /dev/mapper/root, which sysfs does not show");
}

/* 64 multipath devices on each other: a walk without a bound takes hours, and the watchdog ends it. */
static void many_ways(void **state)
{
	(void)state;
	for (int i = 0; i < 64; i++) {
		const char *directory = unit_text("sys/devices/virtual/block/dm-%d", i);

		place_block(unit_text("virtual/block/dm-%d", i), unit_text("254:%d", i));
		place_put(unit_text("%s/dm/uuid", directory), "mpath-a");
		for (int j = 0; j < 64; j++)
			place_link(unit_text("%s/slaves/dm-%d", directory, j), unit_text("../../dm-%d", j));
	}
	place_mount("254:0", "ext4", "/dev/mapper/root");
	assert_storage("ext4 dm_multipath", "/ is on too many layers of several paths");
}

static void ten_thousand_layers(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++) {
		const char *directory = unit_text("sys/devices/virtual/block/dm-%d", i);

		place_directory(unit_text("%s/dm", directory));
		place_link(unit_text("%s/slaves/dm-%d", directory, i + 1), unit_text("../../dm-%d", i + 1));
	}
	place_link("sys/dev/block/254:0", "/sys/devices/virtual/block/dm-0");
	place_mount("254:0", "ext4", "/dev/mapper/root");
	assert_storage("ext4 dm_mod",
		       "/ is on more than 1024 devices, which are not all looked at");
}

/* A device as deep as a path can be: openat2 takes no longer one. */
static void a_deep_device(void **state)
{
	char path[4096] = "sys/devices";
	const char *name = place_path;

	(void)state;
	for (size_t i = 0; strlen(name) + strlen(path) < 4000; i++)
		(void)strcat(path, "/a");
	place_directory(path);
	place_put(unit_text("%s/modalias", path), "pci:a");
	place_link("sys/dev/block/8:0", unit_text("/%s", path));
	place_mount("8:0", "ext4", "/dev/sda");
	assert_storage("ext4 pci:a", "/ is on a, below more than 64 devices");
}

/* Outside lies a device that would be found. */
static void links_that_lead_out(void **state)
{
	const char *outside = unit_text("%s/../outside", place_path);

	(void)state;
	assert_int_equal(mkdir(outside, 0755), 0);
	assert_int_equal(mkdir(unit_text("%s/dm", outside), 0755), 0);
	unit_write_file(unit_text("%s/mountinfo", outside),
			kg_span_of_string("27 1 8:0 / / rw - xfs /dev/sda rw\n"));
	place_link("proc/self/mountinfo", "../../../outside/mountinfo");
	assert_storage("", no_mountinfo);
	place_link("proc/self/mountinfo", outside);
	assert_storage("", no_mountinfo);
	assert_int_equal(unlink(place_in("proc/self/mountinfo")), 0);
	place_mount("8:0", "ext4", "/dev/sda");
	place_link("sys/dev/block/8:0", "../../../../outside");
	assert_storage("ext4", "/ is on /dev/sda, which sysfs does not show");
	place_link("sys/dev/block/8:0", outside);
	assert_storage("ext4", "/ is on /dev/sda, which sysfs does not show");
	place_link("sys/dev/block/8:0", "/proc/self/root");
	place_link("proc/self/root", outside);
	assert_storage("ext4", "/ is on /dev/sda, which sysfs does not show");
}

static void resume(void **state)
{
	static const char *const none[] = {"0:0\n", "", "x", "8", "8:", ":1", "-8:0"};

	(void)state;
	put_nvme();
	place_block("virtual/block/dm-0", "254:0");
	place_put("sys/devices/virtual/block/dm-0/dm/uuid", "CRYPT-LUKS2-6b67-swap\n");
	place_link("sys/devices/virtual/block/dm-0/slaves/nvme0n1p2", "/sys/class/block/nvme0n1p2");
	place_put("sys/power/resume", "254:0\n");
	assert_storage("ext4 nvme dm_crypt crypto-xts?", "");
	place_put("sys/power/resume", "254:1\n");
	assert_storage("ext4 nvme", "the resume device is 254:1, which sysfs does not show");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		place_put("sys/power/resume", none[i]);
		assert_storage("ext4 nvme", "");
	}
}

/* One without a way home, and directories where files should be. */
static void what_is_of_another_kind(void **state)
{
	(void)state;
	put_nvme();
	place_directory("sys/devices/pci0000:00/0000:01:00.0/nvme/modalias");
	place_put("sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0/driver", "a file");
	place_put("sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0/modalias", "\n");
	place_put("sys/power/resume", "");
	assert_int_equal(mkfifo(place_in("sys/devices/pci0000:00/modalias"), 0644), 0);
	assert_storage("ext4 nvme", "");
	place_put("sys/devices/pci0000:00/0000:01:00.0/modalias", unit_text("%05000d", 0));
	assert_storage("ext4 nvme", "");
	place_link("sys/bus/pci/drivers/nvme/module", unit_text("%0250d", 0));
	assert_storage(unit_text("ext4 %0250d", 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_disk, place_set_up),
		cmocka_unit_test_setup(nobody_is_asked, place_set_up),
		cmocka_unit_test(this_machine),
		cmocka_unit_test_setup(mounts_that_say_nothing, place_set_up),
		cmocka_unit_test_setup(the_last_mount_counts, place_set_up),
		cmocka_unit_test_setup(long_mountinfo, place_set_up),
		cmocka_unit_test_setup(what_is_not_looked_at, place_set_up),
		cmocka_unit_test_setup(names_of_devices, place_set_up),
		cmocka_unit_test_setup(device_mapper, place_set_up),
		cmocka_unit_test_setup(lvm_parts, place_set_up),
		cmocka_unit_test_setup(md_levels, place_set_up),
		cmocka_unit_test_setup(other_virtual_devices, place_set_up),
		cmocka_unit_test_setup(circles, place_set_up),
		cmocka_unit_test_setup(many_ways, place_set_up),
		cmocka_unit_test_setup(ten_thousand_layers, place_set_up),
		cmocka_unit_test_setup(a_deep_device, place_set_up),
		cmocka_unit_test_setup(links_that_lead_out, place_set_up),
		cmocka_unit_test_setup(resume, place_set_up),
		cmocka_unit_test_setup(what_is_of_another_kind, place_set_up),
	};

	return UNIT_RUN(tests);
}
