// SPDX-License-Identifier: GPL-2.0-or-later
/* What fills the sections that the kernel looks for by name. */
#include <linux/bug.h>
#include <linux/cache.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/srcu.h>
#include <linux/static_call.h>
#include <linux/uaccess.h>

#include "kg.h"

static DEFINE_PER_CPU(int, kg_per_cpu);
DEFINE_STATIC_SRCU(kg_srcu);
static DEFINE_STATIC_KEY_FALSE(kg_key);
static int kg_after_init __ro_after_init;

static int kg_called(int value)
{
	return value;
}
DEFINE_STATIC_CALL(kg_call, kg_called);

static int __init kg_features_init(void)
{
	int index = srcu_read_lock(&kg_srcu);
	char byte = 0;

	kg_after_init = static_call(kg_call)(1);
	this_cpu_inc(kg_per_cpu);
	if (static_branch_unlikely(&kg_key))
		pr_debug("never\n");
	WARN_ON(kg_after_init != 1);
	if (get_user(byte, (char __user *)NULL) == 0)
		pr_info("null can be read: %d\n", byte);
	srcu_read_unlock(&kg_srcu, index);
	return 0;
}
module_init(kg_features_init);

static void __exit kg_features_exit(void)
{
	this_cpu_dec(kg_per_cpu);
}
module_exit(kg_features_exit);

MODULE_ALIAS("kg-features");
MODULE_DESCRIPTION("kernel-guard tests: sections of every kind");
MODULE_LICENSE("GPL");
