/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_CLEARING_H
#define KERNEL_GUARD_ACT_CLEARING_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"

/* How what killed processes have left is cleared. A zeroed one does it, and tells nothing. */
struct kg_clearing {
	bool dry_run;               /* nothing is changed */
	struct kg_strings *changes; /* gets what is done, or would be, a sentence each; or NULL */
};

/* Adds "DONE DIRECTORY/NAME" to the changes that are told. 0, or -1 with ENOMEM. */
int kg_clearing_tell(const struct kg_clearing *clearing, const char *done, const char *directory,
		     const char *name, struct kg_error *err);

/*
 * Clears the file name in the open directory, which is called so: "removed DIRECTORY/NAME". One
 * that is not there is fine. 0, or -1 with why it cannot be removed, or ENOMEM.
 */
int kg_clearing_remove(const struct kg_clearing *clearing, int fd, const char *directory,
		       const char *name, struct kg_error *err);

#endif
