// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/system/machine.h"
#include "storage_sysfs.h"

enum { max_stat = 1 << 20 };

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

int kg_machine_read_boot(const struct kg_root *root, struct kg_machine *machine,
			 struct kg_error *err)
{
	struct kg_sysfs sysfs = {.root = root};

	machine->release = kg_sysfs_text(&sysfs, "/proc/sys/kernel", "osrelease");
	machine->banner = kg_sysfs_text(&sysfs, "/proc", "version");
	machine->boot_time = read_boot_time(&sysfs);
	return sysfs.failed ? kg_fail_memory(err) : 0;
}
