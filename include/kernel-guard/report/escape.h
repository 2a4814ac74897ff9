/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_REPORT_ESCAPE_H
#define KERNEL_GUARD_REPORT_ESCAPE_H

#include <stdio.h>

#include "kernel-guard/core/error.h"

/*
 * A copy of text that is valid UTF-8 and cannot steer a terminal: control characters
 * and bytes that are no UTF-8 become \xNN. Names of a foreign tree are hostile. The
 * caller frees it. NULL, and err, with ENOMEM.
 */
char *kg_escape(const char *text, struct kg_error *err);

/* Writes text in that form. */
void kg_write_escaped(FILE *out, const char *text);

#endif
