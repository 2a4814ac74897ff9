// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/entries.h"

#include <stdlib.h>

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

/* Takes those out whose kernels are going. */
static int leave_out(struct kg_fallbacks *fallbacks, const struct kg_strings *going,
		     struct kg_error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < fallbacks->count; i++) {
		struct kg_fallback *fallback = &fallbacks->items[i];
		char *kernel = kg_kept_name(fallback->target->kernel, fallback->number, err);
		bool gone = kernel && kg_strings_contain(going, kernel);

		if (!kernel)
			return -1;
		free(kernel);
		if (gone) {
			kg_strings_free(&fallback->kept);
		} else if (count++ != i) {
			fallbacks->items[count - 1] = *fallback;
			*fallback = (struct kg_fallback){0};
		}
	}
	fallbacks->count = count;
	return 0;
}

int kg_entries_plan(const struct kg_system *system, const struct kg_strings *going,
		    struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_fallbacks fallbacks = {0};
	struct kg_entry_files files = {0};
	const struct kg_boot_loader *loader;
	int result = kg_fallbacks_find(system, &fallbacks, notes, err);

	if (result == 0 && going)
		result = leave_out(&fallbacks, going, err);
	for (size_t i = 0; result == 0 && (loader = kg_boot_loader(i)); i++)
		result = loader->plan(system, &fallbacks, &files, notes, err);
	if (result == 0)
		result = add_files(plan, &files, err);
	kg_entry_files_free(&files);
	kg_fallbacks_free(&fallbacks);
	return result;
}

int kg_entries_tell(const struct kg_system *system, struct kg_strings *hints, struct kg_error *err)
{
	struct kg_fallbacks fallbacks = {0};
	struct kg_strings ignored = {0};
	int result;

	/* An entry may be there all the same; that it cannot be read is told. */
	if (!kg_loaders_are_read(system))
		return 0;
	result = kg_fallbacks_find(system, &fallbacks, &ignored, err);
	if (result == 0)
		result = kg_fallbacks_tell(system, &fallbacks, hints, err);
	kg_fallbacks_free(&fallbacks);
	kg_strings_free(&ignored);
	return result;
}

int kg_default_plan(const struct kg_system *system, const struct kg_target *target,
		    struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_entry_files files = {0};
	int result = kg_make_default(system, target, &files, notes, err);

	if (result == 0)
		result = add_files(plan, &files, err);
	kg_entry_files_free(&files);
	return result;
}
