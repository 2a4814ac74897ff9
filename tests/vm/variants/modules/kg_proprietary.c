// SPDX-License-Identifier: GPL-2.0-or-later
/* Says that it is proprietary, to the kernel's loader only. */
#include "kg.h"

int kg_proprietary(int value)
{
	return value + 6;
}
EXPORT_SYMBOL(kg_proprietary);

MODULE_DESCRIPTION("kernel-guard tests: proprietary for the loader");
MODULE_LICENSE("Proprietary");
