/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_TROUBLE_H
#define KERNEL_GUARD_SYSTEM_TROUBLE_H

#include <stddef.h>

#include "kernel-guard/core/error.h"

enum kg_trouble_kind {
	KG_TROUBLE_UNREADABLE, /* the subject could not be read at all */
	KG_TROUBLE_STATEMENT,  /* one statement of shell code is beyond the reader */
};

/* What could not be read while the system was gathered, so that it is never silence. */
struct kg_trouble {
	enum kg_trouble_kind kind;
	char *subject; /* the file, with the line behind ":" for a statement */
	struct kg_error error;
};

/* A zeroed list is a valid empty one. */
struct kg_troubles {
	struct kg_trouble *items;
	size_t count;
	size_t capacity;
};

/* Records why subject could not be read. 0, or -1 with ENOMEM in err. */
int kg_troubles_add(struct kg_troubles *troubles, enum kg_trouble_kind kind, const char *subject,
		    const struct kg_error *reason, struct kg_error *err);

/* Frees everything and leaves a valid empty list. */
void kg_troubles_free(struct kg_troubles *troubles);

#endif
