// SPDX-License-Identifier: GPL-2.0-or-later
/* Nothing but what every module has. Most variants are made of it. */
#include <linux/module.h>

static int __init kg_plain_init(void)
{
	return 0;
}
module_init(kg_plain_init);

static void __exit kg_plain_exit(void)
{
}
module_exit(kg_plain_exit);

MODULE_DESCRIPTION("kernel-guard tests: nothing");
MODULE_LICENSE("GPL");
