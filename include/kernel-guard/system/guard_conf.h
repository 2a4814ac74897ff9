/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_GUARD_CONF_H
#define KERNEL_GUARD_SYSTEM_GUARD_CONF_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"

/* What /etc/kernel-guard.conf sets. */
struct kg_guard_conf {
	unsigned int keep; /* kept sets of each kernel, 0 to kg_fallback_max */
	bool doubtful;     /* what is wanted cannot be told: nothing may go on its account */
};

/*
 * Reads the configuration below root: "keep = N" in the section [keep] or before any section, with
 * comments behind "#" and ";". What it does not say has its default. Where it cannot be read, or
 * says what is not understood, it is doubtful, with a sentence in notes for each such place. 0, or
 * -1 with ENOMEM.
 */
int kg_guard_conf_read(const struct kg_root *root, struct kg_guard_conf *conf,
		       struct kg_strings *notes, struct kg_error *err);

#endif
