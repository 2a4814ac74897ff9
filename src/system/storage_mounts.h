/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_SYSTEM_STORAGE_MOUNTS_H
#define KERNEL_GUARD_SRC_SYSTEM_STORAGE_MOUNTS_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/* A line of mountinfo. The strings are owned. */
struct kg_mount {
	unsigned int major; /* 0: an anonymous device */
	unsigned int minor;
	char *type;
	char *source; /* unescaped */
};

/*
 * Finds the last line of /proc/PID/mountinfo (proc(5); show_mountinfo() of
 * fs/proc_namespace.c, Linux 6.12) that mounts something at point, which hides those
 * before it. Lines of another form are skipped. False where there is none, and where
 * memory runs out, with ENOMEM in err->code, which is 0 otherwise. kg_mount_free()
 * releases it.
 */
bool kg_mountinfo_find(struct kg_span text, const char *point, struct kg_mount *mount,
		       struct kg_error *err);

/* Reads "MAJOR:MINOR", and nothing else. False where it is of another form. */
bool kg_device_number(struct kg_span text, unsigned int *major, unsigned int *minor);

/* Releases it; a zeroed one is left alone. */
void kg_mount_free(struct kg_mount *mount);

#endif
