/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_OS_RELEASE_H
#define KERNEL_GUARD_PARSE_OS_RELEASE_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/*
 * The value of a key in the text of an os-release(5), as systemd-boot reads it
 * (line_get_key_value() of its util.c, version 257): the last line that has it counts, and further
 * "=" before the value and quotes around it are left out. The caller frees it. NULL where there is
 * none: err->code is then 0; or with ENOMEM.
 */
char *kg_os_release_value(struct kg_span text, const char *key, struct kg_error *err);

#endif
