// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The story again, one long-term kernel later: a module under the CDDL that uses wbinvd_on_cpu, which is EXPORT_SYMBOL in
 * 6.12. In 7.2 it is for GPL modules only, and only for those of KVM.
 */
#include <linux/module.h>
#include <linux/smp.h>

static bool flush;
module_param(flush, bool, 0444);

static int __init kg_flush_init(void)
{
	if (flush)
		wbinvd_on_cpu(0);
	pr_info("kg_flush: loaded\n");
	return 0;
}

static void __exit kg_flush_exit(void)
{
}

module_init(kg_flush_init);
module_exit(kg_flush_exit);

MODULE_DESCRIPTION("kernel-guard test module, whose symbol turns GPL-only in 7.2");
MODULE_LICENSE("CDDL");
MODULE_VERSION("1.0");
