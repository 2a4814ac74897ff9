// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"
#include "kernel-guard/parse/kernel_config.h"

/* usr/Kconfig (Linux 6.12); each selects the decompressor that lib/decompress.c then has. */
static const char *const options[] = {
	[KG_COMPRESSION_GZIP] = "CONFIG_RD_GZIP", [KG_COMPRESSION_BZIP2] = "CONFIG_RD_BZIP2",
	[KG_COMPRESSION_LZMA] = "CONFIG_RD_LZMA", [KG_COMPRESSION_XZ] = "CONFIG_RD_XZ",
	[KG_COMPRESSION_LZO] = "CONFIG_RD_LZO",   [KG_COMPRESSION_LZ4] = "CONFIG_RD_LZ4",
	[KG_COMPRESSION_ZSTD] = "CONFIG_RD_ZSTD",
};

static int check_image(const struct kg_check *check, const struct kg_initrd_slot *slot,
		       struct kg_error *err)
{
	const struct kg_kernel *kernel = &check->facts->kernel->kernel;
	const struct kg_finding_about about = {.subject = slot->path, .image = slot->path};

	for (size_t i = 0; i < slot->initrd.segment_count; i++) {
		const struct kg_initramfs_segment *segment = &slot->initrd.segments[i];
		const char *option = options[segment->compression];

		if (!option || kg_config_lookup(kg_buffer_span(&kernel->config), option) !=
				       KG_CONFIG_UNSET)
			continue;
		return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_COMPRESSION, &about,
				       err,
				       "%s is compressed with %s at byte %" PRIu64
				       ", which %s cannot undo (%s is not set)",
				       slot->path, kg_compression_name(segment->compression),
				       segment->offset, kernel->release, option);
	}
	return 0;
}

/* Can this kernel undo the compression of its images? */
int kg_check_compression(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;

	if (facts->kernel->error.code)
		return 0;
	for (size_t i = 0; i < facts->initrd_count; i++) {
		if (!facts->initrds[i].error.code &&
		    check_image(check, &facts->initrds[i], err) < 0)
			return -1;
	}
	return 0;
}
