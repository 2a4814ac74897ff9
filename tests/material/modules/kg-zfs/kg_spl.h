/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KG_SPL_H
#define KG_SPL_H

#include <linux/types.h>

void *kg_spl_alloc(size_t size);
void kg_spl_free(void *memory);

#endif
