// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/microcode.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/parse/initramfs.h"
#include "kernel-guard/system/boot_file.h"

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

/* The first other member ends the walk: most images are large, and begin with one. */
static int stop_at_other(void *context, const struct kg_cpio_member *member, bool *want_content,
			 struct kg_error *err)
{
	(void)context;
	(void)want_content;
	return is_of_microcode(member->path) ? 0 : kg_fail(err, ECANCELED, "%s", member->path);
}

static int pass_segment(void *context, const struct kg_initramfs_segment *segment,
			struct kg_error *err)
{
	(void)context;
	(void)segment;
	(void)err;
	return 0;
}

bool kg_initrd_is_only_microcode(const struct kg_root *root, const char *path)
{
	static const struct kg_initramfs_visitor visitor = {
		.segment = pass_segment, .member = stop_at_other};
	struct kg_boot_file boot;
	struct kg_error ignored;
	bool only;

	if (kg_boot_file_open(root, path, &boot, &ignored) < 0)
		return false;
	only = kg_initramfs_walk(&boot.source, &visitor, &ignored) == 0;
	kg_boot_file_close(&boot);
	return only;
}
