// SPDX-License-Identifier: GPL-2.0-or-later
/* Uses a symbol that need not be there. */
#include "kg.h"

static int __init kg_weak_init(void)
{
	return kg_absent ? kg_absent(1) : 0;
}
module_init(kg_weak_init);

static void __exit kg_weak_exit(void)
{
}
module_exit(kg_weak_exit);

MODULE_DESCRIPTION("kernel-guard tests: a weak symbol");
MODULE_LICENSE("GPL");
