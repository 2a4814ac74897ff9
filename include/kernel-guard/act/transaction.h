/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_TRANSACTION_H
#define KERNEL_GUARD_ACT_TRANSACTION_H

#include <stdbool.h>

#include "kernel-guard/system/system.h"

/*
 * Whether a transaction of pacman is at work: its lock is there, and a record that `hook pre` has
 * taken since this boot and `hook post` has not used yet. Also of one that was killed, until its
 * lock is removed. Never where it is not known when this machine was booted.
 */
bool kg_transaction_is_at_work(const struct kg_system *system);

/*
 * Whether a transaction was interrupted before this boot: there is a record of one, which `hook
 * post` has not used.
 */
bool kg_transaction_was_interrupted(const struct kg_system *system);

#endif
