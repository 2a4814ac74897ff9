// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/boot_setup.h"

#include <errno.h>
#include <string.h>

static bool fstab_mounts_boot_partition(const struct kg_mount_table *fstab)
{
	bool result = !fstab->known;

	for (size_t i = 0; !result && i < fstab->count; i++)
		result = kg_path_is_below(fstab->items[i].point, "/boot") ||
			 strcmp(fstab->items[i].point, "/efi") == 0;
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

bool kg_root_is_set_up_to_boot(const struct kg_root *root, const struct kg_mount_table *fstab)
{
	return kg_root_has_directory(root, "/run/systemd/system") ||
	       fstab_mounts_boot_partition(fstab) || holds_boot_files(root, "/boot") ||
	       holds_boot_files(root, "/efi");
}
