// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/* Of COMMAND_LINE_SIZE, 2048 on x86, there is more than enough. */
enum { max_text = 65536 };

/* Files of proc and sys tell no size. Without the newline at the end. */
static char *read_text(const struct kg_root *root, const char *path, struct kg_error *err)
{
	struct kg_file file;
	char *text = malloc(max_text + 1);
	size_t size = 0;
	ssize_t count = 0;

	*err = (struct kg_error){0};
	if (!text) {
		kg_fail_memory(err);
		return NULL;
	}
	if (kg_root_open_file(root, path, &file, err) < 0) {
		*err = (struct kg_error){0};
		free(text);
		return NULL;
	}
	while (size < max_text && (count = read(file.fd, text + size, max_text - size)) > 0)
		size += (size_t)count;
	kg_file_close(&file);
	if (count < 0) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

int kg_machine_read(const char *place, struct kg_machine *machine, struct kg_error *err)
{
	const struct {
		const char *path;
		char **text;
	} files[] = {
		{"/proc/cmdline", &machine->command_line},
		{"/sys/kernel/security/lockdown", &machine->lockdown},
		{"/sys/module/module/parameters/sig_enforce", &machine->sig_enforce},
	};
	struct kg_root root;
	int result = 0;

	*machine = (struct kg_machine){0};
	if (!place)
		return 0;
	if (kg_root_open(place, &root, err) < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < sizeof(files) / sizeof(files[0]); i++) {
		*files[i].text = read_text(&root, files[i].path, err);
		result = err->code == 0 ? 0 : -1;
	}
	if (result == 0)
		result = kg_machine_read_efi(&root, machine, err);
	if (result == 0)
		result = kg_machine_read_boot(&root, machine, err);
	kg_root_close(&root);
	if (result < 0)
		kg_machine_free(machine);
	return result;
}

void kg_machine_free(struct kg_machine *machine)
{
	free(machine->command_line);
	free(machine->lockdown);
	free(machine->sig_enforce);
	free(machine->esp);
	free(machine->loader);
	free(machine->preferred_entry);
	free(machine->last_entry);
	free(machine->selected_entry);
	free(machine->release);
	free(machine->banner);
	free(machine->boot_id);
	*machine = (struct kg_machine){0};
}
