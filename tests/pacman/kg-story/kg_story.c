// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What zfs was to its users when 6.2.8 came: a module under the CDDL that the machine needs, and that uses a symbol which
 * the next kernel exports to GPL modules only. recalibrate_cpu_khz is EXPORT_SYMBOL in 6.1 and EXPORT_SYMBOL_GPL in
 * 6.12: the real headers of both kernels tell the story, nothing is made up.
 */
#include <linux/module.h>
#include <linux/timex.h>
#include <asm/timer.h>

static bool recalibrate;
module_param(recalibrate, bool, 0444);

static int __init kg_story_init(void)
{
#ifndef KG_FIXED
	if (recalibrate)
		recalibrate_cpu_khz();
#endif
	pr_info("kg_story: loaded\n");
	return 0;
}

static void __exit kg_story_exit(void)
{
}

module_init(kg_story_init);
module_exit(kg_story_exit);

MODULE_DESCRIPTION("kernel-guard test module, whose symbol turns GPL-only");
MODULE_LICENSE("CDDL");
MODULE_VERSION("1.0");
