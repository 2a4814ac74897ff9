/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_FORECAST_H
#define KERNEL_GUARD_SRC_ACT_KEEP_FORECAST_H

#include <stdbool.h>

#include "kernel-guard/act/keep.h"

/* A file system, and what it has to spare at the peak of what is to come. In bytes. */
struct kg_forecast_room {
	uint64_t device;
	uint64_t free;  /* now, for those who are not root */
	uint64_t taken; /* by what is to come, and by what is to be kept */
};

/* A zeroed one knows nothing yet. */
struct kg_forecast {
	struct kg_forecast_room *rooms;
	size_t count;
	size_t capacity;
};

/*
 * The file system of the directory that a file lies or is to lie in. 0; *room is NULL where that
 * cannot be told, and lives until the next call. -1 with ENOMEM.
 */
int kg_forecast_find(struct kg_forecast *forecast, const struct kg_root *root, const char *file,
		     struct kg_forecast_room **room, struct kg_error *err);

/* Releases it and leaves a zeroed one. */
void kg_forecast_free(struct kg_forecast *forecast);

/*
 * What the module trees' file system needs free for the transaction: new trees some larger than
 * those that go, and what else grows. Of the old ones only what no other tree shares is freed. In
 * *least, which may be NULL, what it needs if nothing grows. 0 with *needed, or -1 with ENOMEM.
 */
int kg_forecast_transaction(const struct kg_root *root, const struct kg_transaction *transaction,
			    uint64_t *needed, uint64_t *least, struct kg_error *err);

/*
 * What is free when a kept module tree is gone, with all the kept trees of its release that go,
 * counted in trees, and with paired the installed one: what they alone have, of which the part of
 * this tree, in bytes. 0 with *bytes, or -1 with ENOMEM.
 */
int kg_forecast_kept_tree(const struct kg_root *root, const char *tree, size_t trees, bool paired,
			  uint64_t *bytes, struct kg_error *err);

/*
 * Takes that where the module trees lie, if it is a file system that was looked for before. 0, or
 * -1 with ENOMEM.
 */
int kg_forecast_add_transaction(struct kg_forecast *forecast, const struct kg_root *root,
				const struct kg_transaction *transaction, struct kg_error *err);

#endif
