/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_ACT_KEEP_SET_JSON_H
#define KERNEL_GUARD_SRC_ACT_KEEP_SET_JSON_H

#include "kernel-guard/act/kept_set.h"

#define KG_SET_FACTS "set.json"

/* Writes the set's facts to KG_SET_FACTS in the open directory, as kg_replace_file(). */
int kg_set_write_facts(int directory, const struct kg_set *set, struct kg_error *err);

/* Reads what kg_set_write_facts() has written for the set of this ID. 0, or -1: EBADMSG … */
int kg_set_read_facts(const struct kg_root *root, const char *id, struct kg_set *set,
		      struct kg_error *err);

#endif
