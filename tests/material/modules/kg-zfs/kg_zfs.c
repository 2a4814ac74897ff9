// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What zfs is to a machine that has its root on it. Its tag says CDDL, as that of zfs does. It needs kg_spl and
 * libcrc32c (crc16 where that is built in), so that its closure holds an out-of-tree and an in-tree module.
 * Two variants use, besides, a symbol that they were allowed when they were built and that the kernel now refuses them.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/crc16.h>
#include <linux/crc32c.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/version.h>

#include "kg_spl.h"

#define KG_SIZE 64

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define kg_checksum crc16
#else
#define kg_checksum crc32c
#endif

/* Always NULL, but the compiler cannot know. */
static struct bio *kg_bio;

/* What gplonly calls is GPL-only since 6.2.8: the change that left zfs users without their root. */
static void kg_zfs_account(struct bio *bio)
{
#ifdef KG_GPLONLY
	bio_start_io_acct(bio);
#endif
#ifdef KG_MISSING
	void kg_vanished_symbol(struct bio *);

	kg_vanished_symbol(bio);
#endif
}

static int __init kg_zfs_init(void)
{
	void *memory = kg_spl_alloc(KG_SIZE);

	if (!memory)
		return -ENOMEM;
	memset(memory, 0, KG_SIZE);
	if (READ_ONCE(kg_bio))
		kg_zfs_account(kg_bio);
	pr_info("kg_zfs: loaded, checksum %08x\n", kg_checksum(0, memory, KG_SIZE));
	kg_spl_free(memory);
	return 0;
}

static void __exit kg_zfs_exit(void)
{
}

module_init(kg_zfs_init);
module_exit(kg_zfs_exit);

MODULE_ALIAS("fs-kg_zfs");
MODULE_DESCRIPTION("kernel-guard test module, modelled on zfs");
MODULE_LICENSE("CDDL");
MODULE_VERSION("2.1.9");
