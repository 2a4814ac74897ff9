// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/boot/fallback.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/boot/loader.h"
#include "kernel-guard/system/microcode.h"

/* Whether the kept twin of a file is there; then the file's path is added to kept. */
static int add_kept(const struct kg_system *system, const char *path, size_t number,
		    struct kg_strings *kept, bool *found, struct kg_error *err)
{
	char *twin = kg_kept_name(path, number, err);

	if (!twin)
		return -1;
	*found = kg_root_has_file(&system->root, twin);
	free(twin);
	return *found ? kg_strings_add(kept, path, err) : 0;
}

/* Every image has to be kept, or to fit any kernel. *whole says whether it is so. */
static int keep_images(const struct kg_system *system, struct kg_fallback *fallback,
		       struct kg_strings *notes, bool *whole, struct kg_error *err)
{
	const struct kg_strings *images = &fallback->target->initrds;

	*whole = true;
	/* Those of a unified image are inside of it. */
	for (size_t i = 0; !fallback->target->unified && i < images->count; i++) {
		bool found;

		if (add_kept(system, images->items[i], fallback->number, &fallback->kept, &found,
			     err) < 0)
			return -1;
		if (found || kg_initrd_is_only_microcode(&system->root, images->items[i]))
			continue;
		*whole = false;
		return kg_strings_take(
			notes,
			kg_format(err,
				  "%s: the kept kernel %s gets no entry, because %s was not "
				  "kept with it",
				  fallback->target->entry, fallback->release, images->items[i]),
			err);
	}
	return 0;
}

static void free_fallback(struct kg_fallback *fallback)
{
	kg_strings_free(&fallback->kept);
}

static int find_one(const struct kg_system *system, const struct kg_target *target,
		    size_t number, struct kg_fallbacks *fallbacks, struct kg_strings *notes,
		    struct kg_error *err)
{
	struct kg_fallback fallback = {.target = target, .number = number};
	struct kg_error why;
	bool found;
	bool whole = false;
	char *kernel;
	int result = add_kept(system, target->kernel, number, &fallback.kept, &found, err);

	if (result < 0 || !found)
		return result;
	kernel = kg_kept_name(target->kernel, number, err);
	if (!kernel)
		result = -1;
	else if (kg_kernel_read_release(&system->root, kernel, fallback.release,
					sizeof(fallback.release), &why) < 0)
		result = kg_strings_take(
			notes,
			kg_format(err, "the kept kernel %s gets no entry: %s", kernel, why.message),
			err);
	else
		result = keep_images(system, &fallback, notes, &whole, err);
	free(kernel);
	if (result == 0 && whole)
		result = kg_array_reserve(&fallbacks->items, &fallbacks->capacity, fallbacks->count,
					  sizeof(*fallbacks->items), err);
	if (result < 0 || !whole) {
		free_fallback(&fallback);
		return result;
	}
	fallbacks->items[fallbacks->count++] = fallback;
	return 0;
}

/* Whether both are a loader's entries for one kernel, of which one is cloned. */
static bool starts_same(const struct kg_target *target, const struct kg_target *other)
{
	return other->loader == target->loader && other->unified == target->unified &&
	       !other->foreign &&
	       strcmp(other->kernel, target->kernel) == 0 && !kg_is_own_entry(other);
}

/* Of the targets of one loader that start this kernel, the one that is cloned if it can be. */
static const struct kg_target *chosen_target(const struct kg_system *system,
					     const struct kg_target *target)
{
	const struct kg_target *chosen = NULL;

	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *other = &system->targets.items[i];

		if (!starts_same(target, other))
			continue;
		if (other->is_default)
			return other;
		if (!chosen)
			chosen = other;
	}
	return chosen;
}

/* Clones another target with the chosen one's kernel, whose images are those that were kept. */
static int find_other(const struct kg_system *system, const struct kg_target *chosen,
		      size_t number, struct kg_fallbacks *fallbacks, struct kg_error *err)
{
	struct kg_strings ignored = {0};
	size_t before = fallbacks->count;
	int result = 0;

	for (size_t i = 0;
	     result == 0 && fallbacks->count == before && i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target != chosen && starts_same(chosen, target))
			result = find_one(system, target, number, fallbacks, &ignored, err);
	}
	kg_strings_free(&ignored);
	return result;
}

/* What booted may have been another image than the default's. */
static int find_number(const struct kg_system *system, const struct kg_target *chosen,
		       size_t number, struct kg_fallbacks *fallbacks,
		       struct kg_strings *notes, struct kg_error *err)
{
	struct kg_strings why = {0};
	size_t before = fallbacks->count;
	int result = find_one(system, chosen, number, fallbacks, &why, err);

	/* Why there is none says the chosen one, where there is a kernel that is kept. */
	if (result == 0 && why.count > 0)
		result = find_other(system, chosen, number, fallbacks, err);
	if (result == 0 && fallbacks->count == before)
		result = kg_strings_add_all(notes, &why, err);
	kg_strings_free(&why);
	return result;
}

int kg_fallbacks_find(const struct kg_system *system, struct kg_fallbacks *fallbacks,
		      struct kg_strings *notes, struct kg_error *err)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (chosen_target(system, target) != target)
			continue;
		for (size_t number = 1; number <= kg_kept_last; number++) {
			if (find_number(system, target, number, fallbacks, notes, err) < 0) {
				kg_fallbacks_free(fallbacks);
				return -1;
			}
		}
	}
	return 0;
}

void kg_fallbacks_free(struct kg_fallbacks *fallbacks)
{
	for (size_t i = 0; i < fallbacks->count; i++)
		free_fallback(&fallbacks->items[i]);
	free(fallbacks->items);
	*fallbacks = (struct kg_fallbacks){0};
}

/* "KERNEL with IMAGE and IMAGE", of those that were kept. */
static char *describe_kept(const struct kg_fallback *fallback, struct kg_error *err)
{
	char *text = NULL;

	for (size_t i = 0; i < fallback->kept.count; i++) {
		char *file = kg_kept_name(fallback->kept.items[i], fallback->number, err);
		char *longer = NULL;

		if (file && text)
			longer = kg_format(err, "%s %s %s", text, i == 1 ? "with" : "and", file);
		if (file && !text) {
			text = file;
			continue;
		}
		free(file);
		free(text);
		text = longer;
		if (!text)
			break;
	}
	return text;
}

/* Addons lie in a directory that is called after the image: systemd-stub(7). */
static int tell_addons(const struct kg_system *system, const struct kg_fallback *fallback,
		       struct kg_strings *hints, struct kg_error *err)
{
	char *addons = kg_format(err, "%s.extra.d", fallback->target->kernel);
	char *kernel = kg_kept_name(fallback->target->kernel, fallback->number, err);
	int result = addons && kernel ? 0 : -1;

	if (result == 0 && kg_root_has_directory(&system->root, addons))
		result = kg_strings_take(
			hints,
			kg_format(err,
				  "%s starts without the addons in %s: if it needs them, copy them "
				  "to %s.extra.d",
				  kernel, addons, kernel),
			err);
	free(addons);
	free(kernel);
	return result;
}

static int tell_one(const struct kg_system *system, const struct kg_fallback *fallback,
		    struct kg_strings *hints, struct kg_error *err)
{
	const struct kg_target *target = fallback->target;
	char *kernel = kg_kept_name(target->kernel, fallback->number, err);
	bool started = kernel && kg_is_started(system, kernel);
	char *files;
	int result;

	free(kernel);
	if (!kernel)
		return -1;
	if (target->unified && tell_addons(system, fallback, hints, err) < 0)
		return -1;
	/* Of those that a loader's entries are written for, it says itself why there is none. */
	if (started || kg_gets_entry(target))
		return 0;
	files = describe_kept(fallback, err);
	if (!files)
		return -1;
	result = kg_strings_take(hints,
				 kg_format(err,
					   "no entry of a known boot loader starts the kept kernel "
					   "%s: give yours one for %s, or choose it there by hand",
					   fallback->release, files),
				 err);
	free(files);
	return result;
}

int kg_fallbacks_tell(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		      struct kg_strings *hints, struct kg_error *err)
{
	for (size_t i = 0; i < fallbacks->count; i++) {
		if (tell_one(system, &fallbacks->items[i], hints, err) < 0)
			return -1;
	}
	return 0;
}
