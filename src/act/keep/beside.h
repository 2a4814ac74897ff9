/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_BESIDE_H
#define KERNEL_GUARD_SRC_ACT_KEEP_BESIDE_H

#include "forecast.h"
#include "kernel-guard/act/kept_set.h"

/*
 * Takes the room that the next kernel and images of the set's kernel need where its originals lie,
 * beyond what those free: images a quarter larger. Kept files that lie there already count as
 * room. 0, or -1 with ENOMEM.
 */
int kg_beside_forecast(const struct kg_root *root, const struct kg_sets *sets,
		       const struct kg_set *set, struct kg_forecast *forecast,
		       struct kg_error *err);

/*
 * Whether the kept files of the set fit beside the originals into what the forecast has left; then
 * their room is taken. With leave, those that lie there under the number fit. What does not is a
 * sentence in notes, which may be NULL. 0, or -1 with ENOMEM.
 */
int kg_beside_take(const struct kg_root *root, const struct kg_set *set, size_t number, bool leave,
		   struct kg_forecast *forecast, bool *fits, struct kg_strings *notes,
		   struct kg_error *err);

#endif
