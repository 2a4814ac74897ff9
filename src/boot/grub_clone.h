/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_BOOT_GRUB_CLONE_H
#define KERNEL_GUARD_SRC_BOOT_GRUB_CLONE_H

#include <stdbool.h>

#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/grub_config.h"

/*
 * Appends the entry with another title, this id, and the names of the kept files in the place of
 * those that were kept; without "savedefault", which would make it the default. All else is
 * what is written in the entry, byte for byte but for carriage returns. 0, or -1: ENOMEM, or as
 * kg_grub_block_parse().
 */
int kg_grub_clone(const struct kg_grub_entry *entry, const struct kg_fallback *fallback,
		  const char *id, struct kg_buffer *out, struct kg_error *err);

/*
 * Whether clone starts what entry does, but for the kept files. False too where memory is out.
 */
bool kg_grub_is_clone(const struct kg_grub_entry *clone, const struct kg_grub_entry *entry,
		      const struct kg_fallback *fallback);

#endif
