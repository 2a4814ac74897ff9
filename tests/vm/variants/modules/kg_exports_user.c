// SPDX-License-Identifier: GPL-2.0-or-later
/* Uses all of kg_exports, and the kernel's. */
#include <linux/delay.h>
#include <linux/ktime.h>

#include "kg.h"

static int __init kg_exports_user_init(void)
{
	int value = kg_exports_space_gpl(kg_exports_space(kg_exports_gpl(kg_exports_plain(kg_exports_variable))));

#ifdef EXPORT_SYMBOL_FOR_MODULES
	value = kg_exports_for_user(value);
#endif
	if (value == 0)
		msleep(1);
	return ktime_get() == 0 ? -EIO : 0;
}
module_init(kg_exports_user_init);

static void __exit kg_exports_user_exit(void)
{
}
module_exit(kg_exports_user_exit);

KG_IMPORT_NS(KG_SPACE);
KG_IMPORT_NS(KG_OTHER_SPACE);
MODULE_DESCRIPTION("kernel-guard tests: uses exports");
MODULE_LICENSE("GPL v2");
