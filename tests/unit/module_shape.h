/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_MODULE_SHAPE_H
#define KERNEL_GUARD_TESTS_UNIT_MODULE_SHAPE_H

#include "kernel-guard/parse/module.h"

/* What a kernel demands of which no rule is known. */
static const struct kg_loader_rules unit_no_rules;

#define UNIT_RULE(name) (1U << KG_LOADER_RULE_##name)

/* The rules for a module's shape as they grew; a kernel keeps those that are older. */
enum unit_era {
	UNIT_UP_TO_6_3,
	UNIT_FROM_6_4,
	UNIT_FROM_6_13,
	UNIT_FROM_6_14,
	UNIT_FROM_7_0,
	UNIT_ERA_COUNT,
};

#define UNIT_RULES_6_3 UNIT_RULE(VERMAGIC)
#define UNIT_RULES_6_4 (UNIT_RULES_6_3 | UNIT_RULE(UNIQUE_SECTIONS))
#define UNIT_RULES_6_13 (UNIT_RULES_6_4 | UNIT_RULE(STRICT_STRINGS))
#define UNIT_RULES_6_14 (UNIT_RULES_6_13 | UNIT_RULE(EXTENDED_VERSIONS))
#define UNIT_RULES_7_0 (UNIT_RULES_6_14 | UNIT_RULE(STRING_TABLE_TYPES))

static const struct kg_loader_rules unit_eras[] = {
	[UNIT_UP_TO_6_3] = {UNIT_RULES_6_3, true},
	[UNIT_FROM_6_4] = {UNIT_RULES_6_4, true},
	[UNIT_FROM_6_13] = {UNIT_RULES_6_13, true},
	[UNIT_FROM_6_14] = {UNIT_RULES_6_14, true},
	[UNIT_FROM_7_0] = {UNIT_RULES_7_0, true},
};

#endif
