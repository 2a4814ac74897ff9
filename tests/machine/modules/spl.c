// SPDX-License-Identifier: GPL-2.0-or-later
/* Stands in for OpenZFS's spl: its name, and somebody who depends on it. */
#include <linux/module.h>

int spl_stand_in(void);

int spl_stand_in(void)
{
	return 0;
}
EXPORT_SYMBOL(spl_stand_in);

MODULE_DESCRIPTION("stand-in for spl");
MODULE_LICENSE("GPL");
