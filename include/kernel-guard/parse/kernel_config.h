/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_KERNEL_CONFIG_H
#define KERNEL_GUARD_PARSE_KERNEL_CONFIG_H

#include <stdbool.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/* What a configuration (.config) says of an option. */
enum kg_config_value {
	KG_CONFIG_UNKNOWN, /* there is no configuration, or it does not name the option */
	KG_CONFIG_UNSET,   /* "# CONFIG_… is not set" */
	KG_CONFIG_SET,     /* "CONFIG_…=" and anything */
};

/*
 * What the text of a configuration says of an option, which is named with its CONFIG_
 * (Documentation/kbuild/kconfig.rst). The last line that names it counts.
 */
enum kg_config_value kg_config_lookup(struct kg_span text, const char *option);

/*
 * Unpacks the configuration that is embedded in a vmlinux (CONFIG_IKCONFIG,
 * kernel/configs.c) from the section in which it lies, .rodata, to the end of out. 0, or
 * -1: ENOENT where there is none, EBADMSG where it is damaged, EFBIG over 4 MiB.
 */
int kg_config_extract(struct kg_span section, struct kg_buffer *out, struct kg_error *err);

#endif
