// SPDX-License-Identifier: GPL-2.0-or-later
/* An out-of-tree module that may use GPL-only symbols, and does: nothing is wrong with it. */
#include <linux/module.h>
#include <linux/rcupdate.h>

static int __init kg_gpl_init(void)
{
	synchronize_rcu();
	pr_info("kg_gpl: loaded\n");
	return 0;
}

static void __exit kg_gpl_exit(void)
{
}

module_init(kg_gpl_init);
module_exit(kg_gpl_exit);

MODULE_DESCRIPTION("kernel-guard test module under the GPL");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0");
