/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_CHECK_PREPARE_AHEAD_H
#define KERNEL_GUARD_SRC_CHECK_PREPARE_AHEAD_H

#include "kernel-guard/loader/module_loader.h"
#include "kernel-guard/system/module_tree.h"

/*
 * Reads and prepares the modules of a tree on all cores, a few ahead of where they are
 * loaded, which is done in order.
 */
struct kg_prepare_ahead;

/* A module that has been prepared. */
struct kg_ahead {
	const struct kg_prepared_module *prepared; /* NULL where it could not be read */
	const char *path;                          /* below the root */
	const struct kg_error *unread;             /* why */
};

/*
 * Starts with the modules at paths, relative to the tree. All of the arguments must outlive
 * it. NULL, and err, with ENOMEM. Where no thread can be started the work is done by
 * kg_prepare_ahead_next().
 */
struct kg_prepare_ahead *kg_prepare_ahead_start(const struct kg_kernel *kernel,
						const struct kg_load_situation *situation,
						const struct kg_module_tree *tree,
						const struct kg_strings *paths,
						struct kg_error *err);

/*
 * The next module, in the order of paths; valid until the next call. 1, 0 after the last
 * one, or -1 with ENOMEM.
 */
int kg_prepare_ahead_next(struct kg_prepare_ahead *ahead, struct kg_ahead *module,
			  struct kg_error *err);

/* Stops the threads and releases it; NULL is fine. */
void kg_prepare_ahead_free(struct kg_prepare_ahead *ahead);

#endif
