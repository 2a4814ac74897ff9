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
 * Lowers *count until the kept files of the first *count sets, all of one kernel, fit beside the
 * originals into what the forecast has left, and takes their room; with leave what lies there
 * stays. What does not fit is a sentence in notes. 0, or -1 with ENOMEM.
 */
int kg_beside_limit(const struct kg_root *root, const struct kg_set *const *sets, size_t *count,
		    bool leave, struct kg_forecast *forecast, struct kg_strings *notes,
		    struct kg_error *err);

#endif
