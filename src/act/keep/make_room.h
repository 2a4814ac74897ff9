/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_MAKE_ROOM_H
#define KERNEL_GUARD_SRC_ACT_KEEP_MAKE_ROOM_H

#include "kernel-guard/act/keep.h"

/*
 * Whether there is room to store the set's files, and some to spare; sets that are not needed go
 * for it, the oldest first, with a sentence each in notes: in sets they are emptied. Of each kernel
 * the one that booted last stays, and the one that fits beside the originals; and all where those
 * that can go would not be enough. With the lock held. 0, or -1: ENOSPC where there is not, ENOMEM,
 * or what removing says.
 */
int kg_make_room_to_store(const struct kg_system *system, struct kg_sets *sets,
			  const struct kg_set *set, struct kg_strings *notes,
			  struct kg_error *err);

#endif
