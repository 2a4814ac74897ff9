// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/boot_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { max_fstab = 1 << 20 };

/* Whether a line of fstab mounts something where boot partitions lie. */
static bool mounts_boot_partition(struct kg_span line, struct kg_error *err)
{
	struct kg_strings words = {0};
	char *text = kg_span_copy_string(line, err);
	bool result = true;

	if (text && kg_strings_add_words(&words, text, err) == 0) {
		bool comment = words.count < 2 || words.items[0][0] == '#';
		const char *place = comment ? "" : words.items[1];

		result = strcmp(place, "/boot") == 0 || strcmp(place, "/efi") == 0 ||
			 strncmp(place, "/boot/", 6) == 0;
	}
	kg_strings_free(&words);
	free(text);
	return result;
}

static bool fstab_mounts_boot_partition(const struct kg_root *root)
{
	struct kg_buffer text = {0};
	struct kg_error err;
	struct kg_span rest;
	struct kg_span line;
	bool result = false;

	if (kg_root_read_file(root, "/etc/fstab", max_fstab, &text, &err) < 0) {
		result = err.code != ENOENT;
	} else {
		rest = kg_buffer_span(&text);
		while (!result && kg_span_next_line(&rest, &line))
			result = mounts_boot_partition(line, &err);
	}
	kg_buffer_free(&text);
	return result;
}

/* Anything but microcode, which the packages intel-ucode and amd-ucode put there. */
static bool holds_boot_files(const struct kg_root *root, const char *directory)
{
	struct kg_strings names = {0};
	struct kg_error err;
	bool result = false;

	if (kg_root_list(root, directory, &names, &err) < 0)
		return err.code != ENOENT;
	for (size_t i = 0; i < names.count && !result; i++)
		result = !kg_ends_with(names.items[i], "-ucode.img");
	kg_strings_free(&names);
	return result;
}

bool kg_root_is_set_up_to_boot(const struct kg_root *root)
{
	return kg_root_has_directory(root, "/run/systemd/system") ||
	       fstab_mounts_boot_partition(root) || holds_boot_files(root, "/boot") ||
	       holds_boot_files(root, "/efi");
}
