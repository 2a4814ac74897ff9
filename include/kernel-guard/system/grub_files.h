/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_GRUB_FILES_H
#define KERNEL_GUARD_SYSTEM_GRUB_FILES_H

#include <stdbool.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/parse/grub_config.h"

/* A file that a configuration has asked for. */
struct kg_grub_file {
	char *path; /* below the root */
	struct kg_buffer text;
	struct kg_error why; /* code 0 where it has been read */
};

/*
 * The files beside a configuration, read when it asks for them, each once; the context of
 * kg_grub_files_find(). root, config and what is replaced are set by the caller, who keeps
 * them; all else is zero.
 */
struct kg_grub_files_read {
	const struct kg_root *root;
	const char *config;   /* path of the configuration below the root */
	const char *replaced; /* the name of a file that is not looked for, or NULL */
	struct kg_span text;  /* what is read in its place; an empty one is not there */
	bool asked;           /* for that one */
	struct kg_grub_file *items;
	size_t count;
	size_t capacity;
	size_t size;   /* of all texts */
	bool failed;   /* memory is out */
};

/*
 * The find of struct kg_grub_files. Of files that do not lie beside the configuration, of more
 * than 1000, and of those beyond 32 MiB in all nothing is known.
 */
int kg_grub_files_find(void *context, const char *path, struct kg_span *text);

/* Releases what was read. */
void kg_grub_files_free(struct kg_grub_files_read *files);

#endif
