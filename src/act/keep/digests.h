/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_DIGESTS_H
#define KERNEL_GUARD_SRC_ACT_KEEP_DIGESTS_H

#include <pthread.h>
#include <stdbool.h>

#include "kernel-guard/act/kept_set.h"

/* The digests of a set's copies, which are made while something else is done. */
struct kg_digests {
	struct kg_set *set;
	int directory; /* the copies lie in it; a descriptor of its own */
	pthread_t thread;
	bool is_thread;
	bool is_begun;
	int result;
	struct kg_error error;
};

/*
 * Begins to digest the copies of the set's files in the open directory. The set and its files are
 * not to be touched until kg_digests_finish(). 0, or -1 where the descriptor cannot be had.
 */
int kg_digests_begin(struct kg_digests *digests, struct kg_set *set, int directory,
		     struct kg_error *err);

/*
 * Waits for them, fills the set's digests and names it, at the first call; a further one answers
 * the same. 0, also where they were not begun, or -1: why a copy cannot be read, or ENOMEM.
 */
int kg_digests_finish(struct kg_digests *digests, struct kg_error *err);

#endif
