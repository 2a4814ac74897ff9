// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/system/machine.h"
#include "storage_sysfs.h"

enum {
	max_stat = 1 << 20,
	/* struct boot_params, with struct setup_header in it (boot.rst, zero-page.rst). */
	boot_parameters_size = 4096,
	boot_parameters_magic = 0x202,
	ramdisk_size = 0x21c,
	ext_ramdisk_size = 0xc4,
};

/* "btime SECONDS" of /proc/stat (proc(5)). */
static uint64_t read_boot_time(struct kg_sysfs *sysfs)
{
	static const char key[] = "\nbtime ";
	struct kg_buffer bytes = {0};
	uint64_t time = 0;
	char *text = NULL;

	if (kg_sysfs_read(sysfs, "/proc/stat", max_stat, &bytes))
		text = kg_sysfs_format(sysfs, "\n%.*s", (int)bytes.size, (const char *)bytes.data);
	if (text && strstr(text, key))
		time = strtoull(strstr(text, key) + strlen(key), NULL, 10);
	free(text);
	kg_buffer_free(&bytes);
	return time;
}

static uint64_t read_number(struct kg_span bytes, size_t offset)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 4; i++)
		value |= (uint64_t)bytes.data[offset + i] << (8 * i);
	return value;
}

/* ramdisk_size of x86's boot parameters, whose upper half lies elsewhere (zero-page.rst). */
static uint64_t read_initrd_size(struct kg_sysfs *sysfs)
{
	struct kg_buffer bytes = {0};
	uint64_t size = 0;

	if (kg_sysfs_read(sysfs, "/sys/kernel/boot_params/data", boot_parameters_size, &bytes) &&
	    bytes.size == boot_parameters_size &&
	    memcmp(bytes.data + boot_parameters_magic, "HdrS", 4) == 0)
		size = read_number(kg_buffer_span(&bytes), ramdisk_size) |
		       read_number(kg_buffer_span(&bytes), ext_ramdisk_size) << 32;
	kg_buffer_free(&bytes);
	return size;
}

int kg_machine_read_boot(const struct kg_root *root, struct kg_machine *machine,
			 struct kg_error *err)
{
	struct kg_sysfs sysfs = {.root = root};

	machine->release = kg_sysfs_text(&sysfs, "/proc/sys/kernel", "osrelease");
	machine->banner = kg_sysfs_text(&sysfs, "/proc", "version");
	machine->boot_time = read_boot_time(&sysfs);
	machine->initrd_size = read_initrd_size(&sysfs);
	machine->boot_id = kg_sysfs_text(&sysfs, "/proc/sys/kernel/random", "boot_id");
	return sysfs.failed ? kg_fail_memory(err) : 0;
}
