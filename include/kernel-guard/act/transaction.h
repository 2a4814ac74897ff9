/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_TRANSACTION_H
#define KERNEL_GUARD_ACT_TRANSACTION_H

#include <stdbool.h>

#include "kernel-guard/system/system.h"

/*
 * Whether a transaction of pacman is at work: its lock is there, and a record that `hook pre` has
 * taken in this boot and `hook post` has not used yet. Also of one that was killed, until its lock
 * is removed. A boot is told by its ID (random(4)), never by clocks, which are wrong or are set
 * meanwhile. Where that is not known, of the machine or of the record, or where the record cannot
 * be read, it counts as one of this boot: what is then not removed or mounted can be later.
 */
bool kg_transaction_is_at_work(const struct kg_system *system);

/*
 * Whether a transaction was interrupted before this boot: there is a record of one that `hook pre`
 * has taken in another boot and `hook post` has not used. False where that is not known.
 */
bool kg_transaction_was_interrupted(const struct kg_system *system);

#endif
