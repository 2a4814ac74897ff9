/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_BOOT_FILE_H
#define KERNEL_GUARD_SYSTEM_BOOT_FILE_H

#include "kernel-guard/core/root.h"
#include "kernel-guard/core/source.h"
#include "kernel-guard/parse/pe.h"

/*
 * A file that a boot loader hands to the machine, or a section of a unified kernel image, which is
 * written "FILE:.SECTION" ("/boot/EFI/Linux/arch.efi:.initrd"; the section is that of profile 0).
 * It is not to be copied while it is open.
 */
struct kg_boot_file {
	struct kg_file file;
	struct kg_source whole; /* all of the file */
	struct kg_source_range range;
	struct kg_source source; /* the section, or all of the file */
};

/*
 * Opens path below root; a file of exactly this name comes before a section. 0, or -1: as
 * kg_root_open_file(); ENOENT also where the program has no such section; as kg_pe_parse().
 * kg_boot_file_close() releases it.
 */
int kg_boot_file_open(const struct kg_root *root, const char *path, struct kg_boot_file *boot,
		      struct kg_error *err);

/*
 * As kg_boot_file_open() for what of path is the kernel: the section .linux where it is a unified
 * kernel image, else the file. ENOTSUP for another EFI program.
 */
int kg_boot_file_open_kernel(const struct kg_root *root, const char *path,
			     struct kg_boot_file *boot, struct kg_error *err);

/*
 * Whether the file at path is a kernel itself, and no program that holds one (boot.rst: "HdrS" at
 * 0x202). False also where it cannot be read.
 */
bool kg_boot_file_is_kernel(const struct kg_root *root, const char *path);

/* Releases it. */
void kg_boot_file_close(struct kg_boot_file *boot);

/*
 * Reads all of the source to the end of out. 0, or -1: EFBIG where it is larger than limit
 * bytes, or what the source says.
 */
int kg_boot_file_read(const struct kg_boot_file *boot, uint64_t limit, struct kg_buffer *out,
		      struct kg_error *err);

/* As kg_boot_file_read(), of at most the first bytes. */
int kg_boot_file_read_head(const struct kg_boot_file *boot, uint64_t most, struct kg_buffer *out,
			   struct kg_error *err);

#endif
