// SPDX-License-Identifier: GPL-2.0-or-later
/* Becomes proprietary by what it uses, and uses a symbol for GPL modules only. */
#include <linux/ktime.h>

#include "kg.h"

static int __init kg_proprietary_user_init(void)
{
	return kg_proprietary(1) == 0 || ktime_get() == 0 ? -EIO : 0;
}
module_init(kg_proprietary_user_init);

static void __exit kg_proprietary_user_exit(void)
{
}
module_exit(kg_proprietary_user_exit);

MODULE_DESCRIPTION("kernel-guard tests: uses a proprietary module");
MODULE_LICENSE("GPL");
