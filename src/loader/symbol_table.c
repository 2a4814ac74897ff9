// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempt.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* A symbol of a loaded module. Of one name there is only one: a second one is refused. */
struct provided_symbol {
	const char *name;
	const struct kg_export *symbol;
	const struct tried_module *provider;
};

static int compare_symbols(const void *left, const void *right)
{
	const struct provided_symbol *a = left;
	const struct provided_symbol *b = right;

	return strcmp(a->name, b->name);
}

static int provide(struct kg_module_loader *loader, const struct tried_module *module,
		   const struct kg_export *symbol, struct kg_error *err)
{
	struct provided_symbol *provided = malloc(sizeof(*provided));
	void *node;

	if (!provided)
		return kg_fail_memory(err);
	*provided = (struct provided_symbol){symbol->name, symbol, module};
	node = tsearch(provided, &loader->symbols, compare_symbols);
	if (!node || *(struct provided_symbol **)node != provided)
		free(provided);
	return node ? 0 : kg_fail_memory(err);
}

int kg_provide_symbols(struct kg_module_loader *loader, const struct tried_module *module,
		       struct kg_error *err)
{
	/* A name in both tables is found in that for all modules. */
	for (int gpl_only = 0; gpl_only <= 1; gpl_only++) {
		for (size_t i = 0; i < module->exports.count; i++) {
			const struct kg_export *symbol = &module->exports.items[i];

			if (symbol->gpl_only == (gpl_only == 1) && !symbol->hidden &&
			    provide(loader, module, symbol, err) < 0)
				return -1;
		}
	}
	return 0;
}

struct resolved kg_find_symbol(const struct kg_module_loader *loader, const char *name,
			       bool see_gpl_only)
{
	const struct provided_symbol key = {.name = name};
	const struct provided_symbol *const *provided;
	const struct kg_export *symbol =
		kg_export_table_find(&loader->kernel->vmlinux.exports, name);

	if (symbol && (see_gpl_only || !symbol->gpl_only))
		return (struct resolved){.symbol = symbol};
	provided = tfind(&key, &loader->symbols, compare_symbols);
	if (provided && (see_gpl_only || !(*provided)->symbol->gpl_only))
		return (struct resolved){(*provided)->symbol, (*provided)->provider};
	return (struct resolved){0};
}

const char *kg_provider_of(const struct kg_module_loader *loader, const struct resolved *found)
{
	return found->provider ? found->provider->name : loader->kernel->release;
}
