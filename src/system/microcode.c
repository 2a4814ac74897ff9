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
