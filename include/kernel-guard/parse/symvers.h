/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_SYMVERS_H
#define KERNEL_GUARD_PARSE_SYMVERS_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/export.h"

/* One line of Module.symvers. The strings belong to the line's callee. */
struct kg_symvers_line {
	struct kg_export symbol;
	const char *provider; /* "vmlinux", or the module's path without .ko */
};

/*
 * Reads Module.symvers (Documentation/kbuild/modules.rst: CRC, symbol, module,
 * export type and, from 5.4, the namespace, separated by tabs; Linux 5.4 itself
 * had the namespace third) and calls each() for every line, with strings that
 * live only for the call. 0, or -1: EBADMSG with the line's number where a line
 * has another form, or what each() failed with. An empty file is EBADMSG: no
 * kernel exports nothing.
 */
int kg_symvers_parse(struct kg_span text,
		     int (*each)(void *context, const struct kg_symvers_line *line,
				 struct kg_error *err),
		     void *context, struct kg_error *err);

/*
 * The symbols that vmlinux exports, sorted, strings owned by the table. 0, or -1
 * as kg_symvers_parse().
 */
int kg_symvers_vmlinux_exports(struct kg_span text, struct kg_export_table *table,
			       struct kg_error *err);

#endif
