// SPDX-License-Identifier: GPL-2.0-or-later
#include "btf_check.h"

/*
 * What btf_parse_module() and btf_parse_base() have in common: header, strings, each type,
 * chains of modifiers. Those of a base, where void is number 0, are looked at from 1 on.
 */
static int check_table(struct kg_btf_check *check, const char *name, struct kg_span bytes,
		       struct kg_btf_table *table)
{
	check->section = name;
	check->type = 0;
	if (bytes.size > UINT32_MAX)
		return kg_btf_cannot_tell(check, "is larger than the kernel can count");
	if (kg_btf_check_sections(check, bytes, table) < 0)
		return -1;
	if (kg_btf_check_types(check, table) < 0)
		return -1;
	return kg_btf_check_modifiers(check, table, table->base ? table->start_id : 1);
}

static int check_module(struct kg_btf_check *check, const struct kg_btf_table *kernel,
			struct kg_span section, const struct kg_span *base_section)
{
	struct kg_btf_table distilled = {0};
	struct kg_btf_table module = {.base = kernel};
	int result = 0;

	if (base_section) {
		result = check_table(check, ".BTF.base", *base_section, &distilled);
		module.base = &distilled;
	}
	module.start_id = kg_btf_table_end(module.base);
	module.start_string = (uint32_t)module.base->strings.size;
	if (result == 0)
		result = check_table(check, ".BTF", section, &module);
	if (result == 0 && base_section)
		result = kg_btf_check_relocation(check, &module, kernel);
	kg_btf_table_free(&module);
	kg_btf_table_free(&distilled);
	return result;
}

int kg_btf_check_module(const struct kg_btf *kernel, const struct kg_btf_rules *rules,
			const struct kg_span *section, const struct kg_span *base_section,
			struct kg_btf_verdict *verdict, struct kg_error *err)
{
	struct kg_btf_verdict found = {.answer = KG_BTF_VALID};
	struct kg_btf_check check = {.rules = rules, .verdict = &found, .err = err};

	if (rules->reads_modules && section && section->size > 0)
		(void)check_module(&check, kg_btf_table_of(kernel), *section,
				   rules->reads_base ? base_section : NULL);
	if (check.no_memory)
		return -1;
	*verdict = found;
	return 0;
}
