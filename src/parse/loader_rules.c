// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/loader_rules.h"

#include <stddef.h>
#include <string.h>

/* KERN_SOH of include/linux/kern_levels.h begins every message. */
enum { start_of_header = 1 };

static const struct {
	const char *text;
	size_t length;
} messages[] = {
#define X(name, message, meaning) {message, sizeof(message) - 1},
	KG_LOADER_RULES(X)
#undef X
};

static uint32_t rule_of(struct kg_span message)
{
	for (size_t i = 0; i < KG_LOADER_RULE_COUNT; i++) {
		if (kg_span_starts_with(message, messages[i].text, messages[i].length))
			return 1U << i;
	}
	return 0;
}

struct kg_loader_rules kg_loader_rules_read(struct kg_span strings)
{
	struct kg_loader_rules rules = {0};
	struct kg_span rest = strings;
	const unsigned char *mark;

	while (rest.size > 0 && (mark = memchr(rest.data, start_of_header, rest.size))) {
		size_t at = (size_t)(mark - rest.data) + 1;

		(void)kg_span_sub(rest, at, rest.size - at, &rest);
		rules.present |= rule_of(rest);
	}
	rules.known = kg_loader_rules_have(&rules, KG_LOADER_RULE_VERMAGIC);
	return rules;
}

bool kg_loader_rules_have(const struct kg_loader_rules *rules, enum kg_loader_rule rule)
{
	return (rules->present & 1U << rule) != 0;
}
