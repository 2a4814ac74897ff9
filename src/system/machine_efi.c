// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/system/machine.h"
#include "storage_sysfs.h"

enum {
	max_variable = 1 << 16,
	attributes_size = 4,
};

#define GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOADER "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define SHIM "605dab50-e046-4300-abb6-3dd810dd8b23"

/* The value of a variable, without its attributes. False where it is not there. */
static bool read_variable(struct kg_sysfs *sysfs, const char *name, struct kg_buffer *bytes,
			  struct kg_span *value)
{
	char *path = kg_sysfs_format(sysfs, "/sys/firmware/efi/efivars/%s", name);
	bool read = path && kg_sysfs_read(sysfs, path, max_variable, bytes);

	free(path);
	return read &&
	       kg_span_sub(kg_buffer_span(bytes), attributes_size,
			   bytes->size < attributes_size ? 0 : bytes->size - attributes_size,
			   value);
}

static bool is_set(struct kg_sysfs *sysfs, const char *name)
{
	struct kg_buffer bytes = {0};
	struct kg_span value = {0};
	bool set = read_variable(sysfs, name, &bytes, &value) && value.size == 1 &&
		   value.data[0] == 1;

	kg_buffer_free(&bytes);
	return set;
}

/* A text of UTF-16 that is ASCII, as paths and entries' ids are; NULL for any other. */
static char *read_text(struct kg_sysfs *sysfs, const char *name)
{
	struct kg_buffer bytes = {0};
	struct kg_span value = {0};
	char *text = NULL;
	size_t length = 0;
	uint16_t unit = 0;

	if (read_variable(sysfs, name, &bytes, &value))
		text = kg_sysfs_format(sysfs, "%*s", (int)(value.size / 2), "");
	while (text && kg_span_le16(value, length * 2, &unit) && unit > 0 && unit < 0x80)
		text[length++] = (char)unit;
	if (text)
		text[length] = '\0';
	if (text && (unit >= 0x80 || length == 0)) {
		free(text);
		text = NULL;
	}
	kg_buffer_free(&bytes);
	return text;
}

int kg_machine_read_efi(const struct kg_root *root, struct kg_machine *machine,
			struct kg_error *err)
{
	struct kg_sysfs sysfs = {.root = root};

	machine->secure_boot = is_set(&sysfs, "SecureBoot-" GLOBAL) &&
			       !is_set(&sysfs, "SetupMode-" GLOBAL);
	machine->shim_lenient = is_set(&sysfs, "MokSBStateRT-" SHIM);
	machine->esp = read_text(&sysfs, "LoaderDevicePartUUID-" LOADER);
	machine->loader = read_text(&sysfs, "LoaderImageIdentifier-" LOADER);
	machine->preferred_entry = read_text(&sysfs, "LoaderEntryDefault-" LOADER);
	machine->last_entry = read_text(&sysfs, "LoaderEntryLastBooted-" LOADER);
	machine->selected_entry = read_text(&sysfs, "LoaderEntrySelected-" LOADER);
	for (char *c = machine->loader; c && *c; c++)
		*c = *c == '\\' ? '/' : *c;
	return sysfs.failed ? kg_fail_memory(err) : 0;
}
