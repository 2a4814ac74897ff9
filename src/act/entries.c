// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/entries.h"

#include "kernel-guard/boot/loader.h"

static int add_files(struct kg_plan *plan, const struct kg_entry_files *files, struct kg_error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct kg_entry_file *file = &files->items[i];
		int result = file->remove
				     ? kg_plan_remove(plan, file->path, err)
				     : kg_plan_write(plan, file->path,
						     kg_buffer_span(&file->content), 0644, err);

		if (result < 0)
			return -1;
	}
	return 0;
}

int kg_entries_plan(const struct kg_system *system, struct kg_plan *plan, struct kg_strings *notes,
		    struct kg_error *err)
{
	struct kg_fallbacks fallbacks = {0};
	struct kg_entry_files files = {0};
	const struct kg_boot_loader *loader;
	int result = kg_fallbacks_find(system, &fallbacks, notes, err);

	for (size_t i = 0; result == 0 && (loader = kg_boot_loader(i)); i++)
		result = loader->plan(system, &fallbacks, &files, notes, err);
	if (result == 0)
		result = add_files(plan, &files, err);
	kg_entry_files_free(&files);
	kg_fallbacks_free(&fallbacks);
	return result;
}
