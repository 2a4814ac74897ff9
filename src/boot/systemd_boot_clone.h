/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_BOOT_SYSTEMD_BOOT_CLONE_H
#define KERNEL_GUARD_SRC_BOOT_SYSTEMD_BOOT_CLONE_H

#include <stdbool.h>

#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/core/buffer.h"

/* What the names and the sort-keys of our entries end in. */
extern const char kg_systemd_boot_suffix[];

/* Where an id's boot counting begins, NAME+LEFT[-DONE].conf (UAPI.1), or NULL. */
const char *kg_systemd_boot_counter(const char *id);

/* The length of an id without its counter and suffix. */
size_t kg_systemd_boot_name_length(const char *id);

/* Whether the text of an entry bears our mark, in its first line. */
bool kg_systemd_boot_is_own(struct kg_span text);

/*
 * Whether the options name images, by which the EFI stub loads them (admin-guide/efi-stub.rst). It
 * looks for "initrd=" anywhere, also where it is no word of its own.
 */
bool kg_systemd_boot_names_initrd(const char *options);

/*
 * Appends the text of an entry with the kept files in the place of those that were kept, also in
 * the words initrd= of its options, which are to be no quoted ones then; a title
 * and a version that say so, a later sort-key where it has one, and our mark; all other lines are
 * those of the entry. 0, or -1 with ENOMEM and nothing in out.
 */
int kg_systemd_boot_clone(const struct kg_fallback *fallback, struct kg_span text,
			  struct kg_buffer *out, struct kg_error *err);

#endif
