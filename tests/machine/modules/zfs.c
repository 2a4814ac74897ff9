// SPDX-License-Identifier: GPL-2.0-or-later
/* Stands in for OpenZFS's zfs: its name, and that it depends on spl. */
#include <linux/module.h>

int spl_stand_in(void);

static int __init zfs_init(void)
{
	return spl_stand_in();
}

static void __exit zfs_exit(void)
{
}

module_init(zfs_init);
module_exit(zfs_exit);
MODULE_DESCRIPTION("stand-in for zfs");
MODULE_LICENSE("GPL");
