/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_BOOT_GRUB_CUSTOM_H
#define KERNEL_GUARD_SRC_BOOT_GRUB_CUSTOM_H

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/* A custom.cfg around the block of kernel-guard. The spans point into its text. */
struct kg_grub_custom {
	struct kg_span before;
	struct kg_span behind; /* empty where there is no block */
};

/*
 * Finds the block. 0, or -1 with EBADMSG where its marks do not stand for one block: what is
 * the user's can then not be told from it.
 */
int kg_grub_custom_split(struct kg_span text, struct kg_grub_custom *custom, struct kg_error *err);

/*
 * Appends the file with these entries in the block, or, where there are none, as it is without
 * it: byte for byte what was there before the block. 0, or -1 with ENOMEM.
 */
int kg_grub_custom_join(const struct kg_grub_custom *custom, struct kg_span entries,
			struct kg_buffer *out, struct kg_error *err);

#endif
