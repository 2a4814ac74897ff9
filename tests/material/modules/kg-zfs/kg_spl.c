// SPDX-License-Identifier: GPL-2.0-or-later
/* What spl is to zfs. Its tag says CDDL, as spl's does: the kernel goes by the tag, not by this file's licence. */
#include <linux/module.h>
#include <linux/slab.h>

#include "kg_spl.h"

void *kg_spl_alloc(size_t size)
{
	return kmalloc(size, GFP_KERNEL);
}
EXPORT_SYMBOL(kg_spl_alloc);

void kg_spl_free(void *memory)
{
	kfree(memory);
}
EXPORT_SYMBOL(kg_spl_free);

static int __init kg_spl_init(void)
{
	pr_info("kg_spl: loaded\n");
	return 0;
}

static void __exit kg_spl_exit(void)
{
}

module_init(kg_spl_init);
module_exit(kg_spl_exit);

MODULE_DESCRIPTION("kernel-guard test module, provider of kg_zfs");
MODULE_LICENSE("CDDL");
MODULE_VERSION("2.1.9");
