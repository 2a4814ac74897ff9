/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_PROGRAM_H
#define KERNEL_GUARD_PARSE_PROGRAM_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

enum kg_program_kind {
	KG_PROGRAM_OTHER,   /* nothing that execve(2) starts */
	KG_PROGRAM_SCRIPT,  /* begins with "#!" */
	KG_PROGRAM_ELF,     /* a 64-bit little-endian program or library */
	KG_PROGRAM_FOREIGN, /* an ELF file of another class or byte order, which is not read */
};

/* What a program needs to be started, as it says itself. All strings are owned. */
struct kg_program {
	enum kg_program_kind kind;
	char *interpreter;        /* behind "#!", or PT_INTERP; NULL where there is none */
	struct kg_strings needed; /* DT_NEEDED */
	/* Directories of DT_RUNPATH, or of DT_RPATH where there is none, as written. */
	struct kg_strings search;
};

/*
 * Reads the head of a script (fs/binfmt_script.c, Linux 6.12) or the program headers and dynamic
 * section of an ELF file (gABI, chapter 5). 0, or -1: EBADMSG where an ELF file's headers point
 * outside of it; ENOMEM. kg_program_free() releases it.
 */
int kg_program_parse(struct kg_span bytes, struct kg_program *program, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_program_free(struct kg_program *program);

#endif
