/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_RECORD_JSON_H
#define KERNEL_GUARD_ACT_RECORD_JSON_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/system/record.h"

/* Stores the record as the state file KG_STATE_RECORD. 0, or -1 as kg_state_write(). */
int kg_record_store(const struct kg_root *root, const struct kg_record *record,
		    struct kg_error *err);

/*
 * Loads the stored record. 0, or -1: ENOENT where none is stored; EBADMSG where it is
 * damaged; ENOTSUP where it is of another schema; or as kg_state_read().
 */
int kg_record_load(const struct kg_root *root, struct kg_record *record, struct kg_error *err);

#endif
