// SPDX-License-Identifier: GPL-2.0-or-later
/* Uses what is exported to all, and exports to all. */
#include "kg.h"

int kg_middle(int value)
{
	return kg_exports_plain(value);
}
EXPORT_SYMBOL(kg_middle);

MODULE_DESCRIPTION("kernel-guard tests: between two");
MODULE_LICENSE("Dual MIT/GPL");
