// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/module.h"
#include "storage_walk.h"

/* What tells one need from another: the best that is known of it. */
static const char *key(const char *module, const char *alias, const char *driver)
{
	if (module)
		return module;
	return driver ? driver : alias;
}

static void free_need(struct kg_storage_need *need)
{
	free(need->module);
	free(need->alias);
	free(need->driver);
	free(need->reason);
	kg_strings_free(&need->others);
}

void kg_storage_need_add_any(struct kg_storage_walk *walk, const struct kg_storage_need *first,
			     const struct kg_strings *others)
{
	struct kg_storage_need need = {0};
	struct kg_error err;

	need.module = kg_sysfs_copy(&walk->reader->sysfs, first->module);
	need.reason = kg_sysfs_copy(&walk->reader->sysfs, first->reason);
	if (!need.module || !need.reason || kg_strings_add_all(&need.others, others, &err) < 0 ||
	    kg_array_reserve(&walk->needs->items, &walk->needs->capacity, walk->needs->count,
			     sizeof(*walk->needs->items), &err) < 0) {
		walk->reader->sysfs.failed = true;
		free_need(&need);
		return;
	}
	walk->needs->items[walk->needs->count++] = need;
}

void kg_storage_need_add(struct kg_storage_walk *walk, const char *module, const char *alias,
			 const char *driver, const char *reason, bool advisory)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	struct kg_storage_needs *needs = walk->needs;
	struct kg_storage_need need = {.advisory = advisory};
	struct kg_error err;

	for (size_t i = 0; i < needs->count; i++) {
		struct kg_storage_need *known = &needs->items[i];

		if (kg_module_name_equal(key(known->module, known->alias, known->driver),
					 key(module, alias, driver))) {
			known->advisory = known->advisory && advisory;
			return;
		}
	}
	need.module = kg_sysfs_copy(sysfs, module);
	need.alias = kg_sysfs_copy(sysfs, alias);
	need.driver = kg_sysfs_copy(sysfs, driver);
	need.reason = kg_sysfs_copy(sysfs, reason);
	if (sysfs->failed || kg_array_reserve(&needs->items, &needs->capacity, needs->count,
					      sizeof(*needs->items), &err) < 0) {
		sysfs->failed = true;
		free_need(&need);
		return;
	}
	needs->items[needs->count++] = need;
}

void kg_storage_needs_free(struct kg_storage_needs *needs)
{
	for (size_t i = 0; i < needs->count; i++)
		free_need(&needs->items[i]);
	free(needs->items);
	*needs = (struct kg_storage_needs){0};
}

void kg_storage_unknown(struct kg_storage_walk *walk, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		walk->reader->sysfs.failed = true;
		return;
	}
	kg_sysfs_add(&walk->reader->sysfs, &walk->reader->storage->unknown, text);
	free(text);
}
