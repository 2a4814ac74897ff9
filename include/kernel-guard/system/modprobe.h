/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_MODPROBE_H
#define KERNEL_GUARD_SYSTEM_MODPROBE_H

#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/system/trouble.h"

enum kg_modprobe_command {
	KG_MODPROBE_BLACKLIST, /* not loaded by its aliases, nor by modprobe -b */
	KG_MODPROBE_INSTALL,   /* a command that is run instead of loading it */
};

/* One line of modprobe's configuration that keeps a module from being loaded. */
struct kg_modprobe_line {
	enum kg_modprobe_command command;
	char *module;
	char *value; /* of install: the command; "" otherwise */
	char *path;  /* of the file, or "modprobe.blacklist=" */
};

/* A zeroed one is a valid empty one. */
struct kg_modprobe {
	struct kg_modprobe_line *lines;
	size_t count;
	size_t capacity;
};

/*
 * Reads modprobe.d(5) below the root: the files *.conf of /etc, /run, /usr/local/lib,
 * /usr/lib and /lib, of which one hides those of its name in later directories; lines
 * that end in "\" go on, "#" begins a comment. What cannot be read is added to troubles.
 * 0, or -1 with ENOMEM. kg_modprobe_free() releases it.
 */
int kg_modprobe_read(const struct kg_root *root, struct kg_modprobe *modprobe,
		       struct kg_troubles *troubles, struct kg_error *err);

/* The first line of this kind about the module, "-" and "_" being one, or NULL. */
const struct kg_modprobe_line *kg_modprobe_find(const struct kg_modprobe *modprobe,
						enum kg_modprobe_command command,
						const char *module);

/* Releases it and leaves an empty one. */
void kg_modprobe_free(struct kg_modprobe *modprobe);

#endif
