// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a chain, which uses symbols for GPL modules only. */
#include <linux/ktime.h>

#include "kg.h"

static int __init kg_last_init(void)
{
	return kg_middle(1) == 0 || ktime_get() == 0 ? -EIO : 0;
}
module_init(kg_last_init);

static void __exit kg_last_exit(void)
{
}
module_exit(kg_last_exit);

MODULE_DESCRIPTION("kernel-guard tests: last of a chain");
MODULE_LICENSE("Dual BSD/GPL");
