/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_SET_STORE_H
#define KERNEL_GUARD_SRC_ACT_KEEP_SET_STORE_H

#include "kernel-guard/act/kept_set.h"

/* Opens the directory of the sets, made where it is missing. Its descriptor, or -1. */
int kg_sets_open(const struct kg_root *root, struct kg_error *err);

/* Writes the facts of a stored set anew, in the open directory of the sets. 0, or -1. */
int kg_set_refresh_facts(const struct kg_set *set, int sets, struct kg_error *err);

#endif
