/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_PE_H
#define KERNEL_GUARD_PARSE_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/source.h"

/* Bytes of a section's name in its header; shorter ones are padded with NUL. */
enum { kg_pe_name_size = 8 };

/* A section that lies in the file. */
struct kg_pe_section {
	char name[kg_pe_name_size + 1];
	uint64_t offset; /* in the file, bytes */
	uint64_t size;   /* bytes: VirtualSize, or less where the rest is zeros in memory alone */
};

/* An EFI program (PE/COFF, Microsoft's PE Format, "COFF File Header" and what follows it). */
struct kg_pe {
	uint16_t machine; /* 0x8664: x86-64 */
	struct kg_pe_section *sections;
	size_t section_count;
	/* Of the certificate table, in bytes: 0 where nothing is signed, or it is cut off. */
	uint64_t certificates_size;
};

/* Whether the source begins with "MZ", as every EFI program does. False also on I/O errors. */
bool kg_pe_has_magic(const struct kg_source *source);

/*
 * Reads the headers. The length of a section is its VirtualSize, as systemd's stub takes it;
 * the rounded SizeOfRawData has to lie inside the file, or firmware refuses the program
 * (PeCoffLoaderGetImageInfo() of EDK II). 0, or -1: EBADMSG where it is no EFI program, or a
 * header or section reaches over its end (the message names the byte); ENOMEM; the
 * source's error. kg_pe_free() releases it.
 */
int kg_pe_parse(const struct kg_source *source, struct kg_pe *pe, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_pe_free(struct kg_pe *pe);

/*
 * How many profiles a unified kernel image offers (UAPI.5 Unified Kernel Image, "Multi-Profile
 * UKIs"): its sections named .profile, and one where there are none.
 */
size_t kg_pe_profile_count(const struct kg_pe *pe);

/*
 * The section of this name that a profile uses: its own, or else that of the base, which is
 * all before the first .profile. The first of several counts. NULL where there is none.
 */
const struct kg_pe_section *kg_pe_section(const struct kg_pe *pe, size_t profile,
					  const char *name);

#endif
