// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/microcode.h"

#include <string.h>
#include <sys/stat.h>

bool kg_initrd_is_microcode(const struct kg_initrd_member *member)
{
	/* ucode_path of arch/x86/kernel/cpu/microcode/{amd,intel}.c. */
	return S_ISREG(member->mode) && (strcmp(member->path,
						"kernel/x86/microcode/GenuineIntel.bin") == 0 ||
					 strcmp(member->path,
						"kernel/x86/microcode/AuthenticAMD.bin") == 0);
}

size_t kg_initrd_early_segments(const struct kg_initrd *initrd)
{
	size_t count = 0;

	while (count < initrd->segment_count &&
	       initrd->segments[count].compression == KG_COMPRESSION_NONE)
		count++;
	return count;
}

/* Also the directories above the files, and the mark that mkinitcpio leaves. */
static bool is_of_microcode(const char *path)
{
	return strcmp(path, ".") == 0 || strcmp(path, "early_cpio") == 0 ||
	       strcmp(path, "kernel") == 0 || strncmp(path, "kernel/x86", 10) == 0;
}

bool kg_initrd_is_only_microcode(const struct kg_root *root, const char *path)
{
	struct kg_error ignored;
	struct kg_initrd initrd;
	bool only;

	if (kg_initrd_read(root, path, NULL, NULL, &initrd, &ignored) < 0)
		return false;
	only = initrd.damage.code == 0;
	for (size_t i = 0; only && i < initrd.member_count; i++)
		only = is_of_microcode(initrd.members[i].path);
	kg_initrd_free(&initrd);
	return only;
}
