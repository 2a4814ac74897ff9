// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "initramfs.h"
#include "kernel-guard/report/escape.h"
#include "kernel-guard/system/microcode.h"

static void write_segments(const struct kg_initrd *initrd)
{
	for (size_t i = 0; i < initrd->segment_count; i++) {
		const struct kg_initramfs_segment *segment = &initrd->segments[i];

		(void)printf("  segment %zu: %s at byte %" PRIu64 ", %" PRIu64
			     " bytes, unpacked %" PRIu64 ", %" PRIu64 " members\n",
			     i, kg_compression_name(segment->compression), segment->offset,
			     segment->size, segment->unpacked_size, segment->member_count);
	}
}

static void write_member(const struct kg_initrd_member *member, bool ignored)
{
	(void)fputs("  ", stdout);
	kg_write_escaped(stdout, member->path);
	if (member->link) {
		(void)fputs(" -> ", stdout);
		kg_write_escaped(stdout, member->link);
	}
	(void)puts(ignored ? " (behind what is compressed: the kernel does not see it)" : "");
}

static void write_members(const struct kg_initrd *initrd, bool verbose)
{
	size_t counts[MEMBER_KIND_COUNT] = {0};
	size_t early = kg_initrd_early_segments(initrd);

	for (size_t i = 0; i < initrd->member_count; i++) {
		const struct kg_initrd_member *member = &initrd->members[i];
		enum member_kind kind = initramfs_member_kind(member);

		counts[kind]++;
		if (kind != MEMBER_OTHER || verbose)
			write_member(member, kind == MEMBER_MICROCODE && member->segment >= early);
	}
	(void)printf("  %zu modules, %zu firmware files, %zu microcode files, %zu others\n",
		     counts[MEMBER_MODULE], counts[MEMBER_FIRMWARE], counts[MEMBER_MICROCODE],
		     counts[MEMBER_OTHER]);
}

int initramfs_write_text(const char *path, const struct kg_initrd *initrd, bool verbose,
			 struct kg_error *err)
{
	const char *generator = kg_initrd_generator_name(kg_initrd_generator_of(initrd));
	struct kg_strings releases = {0};
	int result = initramfs_releases(initrd, &releases, err);

	kg_write_escaped(stdout, path);
	(void)printf(": %zu members in %zu segments%s%s\n", initrd->member_count,
		     initrd->segment_count, generator ? ", written by " : "",
		     generator ? generator : "");
	for (size_t i = 0; i < releases.count; i++) {
		(void)fputs("  modules of Linux ", stdout);
		kg_write_escaped(stdout, releases.items[i]);
		(void)putchar('\n');
	}
	write_segments(initrd);
	write_members(initrd, verbose);
	kg_strings_free(&releases);
	return result;
}
