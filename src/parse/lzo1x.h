/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_LZO1X_H
#define KERNEL_GUARD_SRC_PARSE_LZO1X_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/span.h"

/*
 * Unpacks one LZO1X block into exactly size bytes at data (Documentation/staging/lzo.rst, Linux
 * 6.12; of its bitstream versions 0). False where the block is damaged or gives another size.
 */
bool kg_lzo1x_unpack(struct kg_span block, unsigned char *data, size_t size);

#endif
