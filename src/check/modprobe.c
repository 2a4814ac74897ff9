// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/parse/module.h"

/* A command that runs modprobe loads the module after all, as far as can be told. */
static bool loads_it(const char *command)
{
	return strstr(command, "modprobe") != NULL || strstr(command, "insmod") != NULL;
}

static int report(const struct kg_check *check, enum kg_finding_id id,
		  const struct kg_modprobe_line *line, const struct kg_requirement *requirement,
		  const char *module, struct kg_error *err)
{
	const struct kg_finding_about about = {.subject = line->path, .module = module};
	char *why = kg_requirement_why(requirement, err);
	int result = -1;

	if (why && line->command == KG_MODPROBE_INSTALL)
		result = kg_findings_add(check->findings, id, &about, err,
					 "modprobe runs \"%s\" instead of loading %s, which is %s",
					 line->value, module, why);
	else if (why)
		result = kg_findings_add(check->findings, id, &about, err,
					 "modprobe is told not to load %s, which is %s", module,
					 why);
	free(why);
	return result;
}

static int check_module(const struct kg_check *check, const char *module,
			const struct kg_requirement *requirement, struct kg_error *err)
{
	const struct kg_modprobe *modprobe = &check->system->modprobe;
	const struct kg_modprobe_line *line =
		kg_modprobe_find(modprobe, KG_MODPROBE_INSTALL, module);

	if (line && !loads_it(line->value))
		return report(check, KG_FINDING_MODPROBE_INSTALL, line, requirement, module, err);
	line = kg_modprobe_find(modprobe, KG_MODPROBE_BLACKLIST, module);
	return line ? report(check, KG_FINDING_MODPROBE_BLACKLIST, line, requirement, module, err)
		    : 0;
}

/* The module and what modules.dep says it needs. */
static int find_closure(const struct kg_module_tree *tree, const char *module,
			struct kg_strings *closure, struct kg_error *err)
{
	enum kg_module_presence presence;
	struct kg_strings paths = {0};
	int result = kg_module_tree_find(tree, module, &presence, &paths, err);

	for (size_t i = 0; result == 0 && i < paths.count; i++)
		result = kg_module_tree_closure(tree, paths.items[i], closure, err);
	kg_strings_free(&paths);
	return result;
}

static int check_closure(const struct kg_check *check, const struct kg_requirement *requirement,
			 struct kg_strings *checked, struct kg_error *err)
{
	struct kg_strings closure = {0};
	int result = find_closure(check->facts->tree->tree, requirement->module, &closure, err);

	for (size_t i = 0; result == 0 && i < closure.count; i++) {
		char *name = kg_module_name_of_path(closure.items[i], err);

		if (!name)
			result = -1;
		else if (!kg_strings_contain(checked, name))
			result = kg_strings_add(checked, name, err) < 0
					 ? -1
					 : check_module(check, name, requirement, err);
		free(name);
	}
	kg_strings_free(&closure);
	return result;
}

/* Does modprobe's configuration keep a required module, or one it needs, from being loaded? */
int kg_check_modprobe(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	const struct kg_requirements *requirements = &facts->requirements;
	struct kg_strings checked = {0};
	int result = 0;

	if (!facts->tree || !facts->tree->tree || check->system->modprobe.count == 0)
		return 0;
	for (size_t i = 0; result == 0 && i < requirements->count; i++) {
		/* Another module may do. */
		if (requirements->items[i].others.count == 0)
			result = check_closure(check, &requirements->items[i], &checked, err);
	}
	kg_strings_free(&checked);
	return result;
}
