/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_TREE_NAMES_H
#define KERNEL_GUARD_SRC_ACT_KEEP_TREE_NAMES_H

#include <stdbool.h>

/* Whether what lies at this path of a module tree is not kept with it. */
bool kg_tree_leaves_out(const char *path);

#endif
