// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/act/keep.h"
#include "kernel-guard/boot/fallback.h"
#include "kernel-guard/boot/loader.h"
#include "kernel-guard/system/booted.h"
#include "forecast.h"
#include "placed.h"
#include "set_target.h"

/* Stays free where the originals are replaced, in bytes: what a file system takes besides. */
enum { spare = 1 << 20 };

/* Why nothing can be restored of a set that is there. */
static void tell_unfit(const struct kg_root *root, const struct kg_set *set, const char *name,
		       struct kg_error *err)
{
	if (kg_set_is_stripped(root, set))
		kg_fail(err, ENOENT, "%s: is kept no more, for its files went for want of room",
			name);
	else
		kg_fail(err, EBADMSG,
			"%s: cannot be restored: a file in %s/%s is missing, or has another size",
			name, KG_KEPT_SETS, set->id);
}

const struct kg_set *kg_restore_choose(const struct kg_system *system, const struct kg_sets *sets,
				       const char *release, struct kg_error *err)
{
	const struct kg_set *current = NULL;
	const struct kg_set *unfit = NULL;
	struct kg_error why;

	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *set = &sets->items[i];

		if (release && strcmp(release, set->release) != 0 && strcmp(release, set->id) != 0)
			continue;
		/* Without a name only what is known to boot, and whole. */
		if (!release && set->boot == 0)
			continue;
		if (!kg_set_is_whole(&system->root, set)) {
			unfit = unfit ? unfit : set;
			continue;
		}
		if (!kg_set_is_placed(&system->root, set, 0) &&
		    (release || kg_set_verify(&system->root, set, &why) == 0))
			return set;
		current = current ? current : set;
	}
	/* What was interrupted behind the files can be finished. */
	if (release && current)
		return current;
	if (unfit && (release || !current))
		tell_unfit(&system->root, unfit, release ? release : unfit->release, err);
	else if (release)
		kg_fail(err, ENOENT, "%s: no such kernel is kept", release);
	else
		kg_fail(err, ENOENT, "no kernel is kept");
	return NULL;
}

/* Where the originals lie, and what is to become of them. In bytes. */
struct originals {
	uint64_t free;
	uint64_t there;    /* what lies there, and is replaced */
	uint64_t wanted;   /* what replaces it */
	bool one_by_one;   /* each fits beside the one that it replaces */
};

static int measure(const struct kg_root *root, const struct kg_set *set,
		   struct originals *originals, struct kg_error *err)
{
	struct kg_forecast forecast = {0};
	struct kg_forecast_room *room;
	int result = kg_forecast_find(&forecast, root, set->files[0].path, &room, err);
	uint64_t bytes = room ? room->free : 0;

	*originals = (struct originals){.free = bytes, .one_by_one = true};
	for (size_t i = set->file_count; room && i-- > 0;) {
		const struct kg_set_file *file = &set->files[i];
		struct kg_error ignored;
		struct kg_file there = {0};

		if (kg_set_file_is_placed(root, set, file, 0))
			continue;
		if (kg_root_open_file(root, file->path, &there, &ignored) == 0)
			kg_file_close(&there);
		originals->one_by_one &= bytes >= file->size + spare;
		bytes += there.size;
		bytes -= bytes < file->size ? bytes : file->size;
		originals->there += there.size;
		originals->wanted += file->size;
	}
	kg_forecast_free(&forecast);
	return result;
}

/* Whether an entry starts it from its kept files. */
static int has_fallback(const struct kg_system *system, const struct kg_set *set, bool *has,
			struct kg_error *err)
{
	*has = false;
	for (size_t number = 1; !*has && number <= kg_kept_last; number++) {
		const struct kg_target *target = kg_set_target(system, set, number, err);

		*has = target && kg_is_entry(target);
		if (err->code != 0)
			return -1;
	}
	return 0;
}

/* The kernel first: without it nobody takes the images for its own. */
static int discard_originals(const struct kg_root *root, const struct kg_set *set,
			     struct kg_plan *plan, struct kg_error *err)
{
	for (size_t i = 0; i < set->file_count; i++) {
		if (!kg_set_file_is_placed(root, set, &set->files[i], 0) &&
		    kg_plan_discard(plan, set->files[i].path, err) < 0)
			return -1;
	}
	return 0;
}

int kg_restore_plan(const struct kg_system *system, const struct kg_set *set, struct kg_plan *plan,
		    struct kg_error *err)
{
	struct originals originals;
	bool kept = false;

	if (kg_has_release_directory(set->files[0].path))
		return 0;
	if (measure(&system->root, set, &originals, err) < 0)
		return -1;
	if (!originals.one_by_one) {
		if (has_fallback(system, set, &kept, err) < 0)
			return -1;
		if (!kept || originals.free + originals.there < originals.wanted + spare)
			return kg_fail(err, ENOSPC,
				       "%s: no room to restore %s: %" PRIu64
				       " MiB are needed beside what lies there, %" PRIu64
				       " MiB are free",
				       set->files[0].path, set->release,
				       (originals.wanted + spare) / spare, originals.free / spare);
		if (discard_originals(&system->root, set, plan, err) < 0)
			return -1;
	}
	return kg_set_plan(set, 0, plan, err);
}

/*
 * Whether a restoring was interrupted: the images are those of the set already, and the kernel,
 * which comes last, is another.
 */
static bool is_half_restored(const struct kg_root *root, const struct kg_set *current,
			     const struct kg_set *set)
{
	if (kg_set_holds(root, set, &set->files[0], &current->files[0]))
		return false;
	for (size_t i = 1; i < current->file_count; i++) {
		bool found = false;

		for (size_t j = 1; j < set->file_count && !found; j++)
			found = kg_set_holds(root, set, &set->files[j], &current->files[i]);
		if (!found)
			return false;
	}
	return current->file_count > 1;
}

/* There may have been no room for the modules of what was displaced earlier. */
static int complete_displaced(const struct kg_system *system, const struct kg_sets *sets,
			      struct kg_strings *notes, struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		const struct kg_set *stored = &sets->items[i];
		struct kg_set set;
		int result;

		if (stored->boot > 0 || stored->tree || !kg_set_is_whole(&system->root, stored))
			continue;
		if (kg_set_copy(stored, &set, err) < 0)
			return -1;
		result = kg_set_complete(&system->root, &set, notes, err);
		kg_set_free(&set);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* Whether what lies there is what this machine runs. */
static int is_running(const struct kg_system *system, const struct kg_target *target, bool *running,
		      struct kg_error *err)
{
	const struct kg_target *booted;
	char *ignored = NULL;

	if (kg_booted_target(system, &booted, &ignored, err) < 0)
		return -1;
	free(ignored);
	*running = booted && strcmp(booted->kernel, target->kernel) == 0;
	return 0;
}

static int tell_displaced(const char *displaced, const char *why, struct kg_strings *notes,
			  struct kg_error *err)
{
	return kg_strings_take(notes,
			       kg_format(err, "%s, which is replaced, cannot be restored again: %s",
					 displaced, why),
			       err);
}

/*
 * What was never seen to boot must not stand in the way of what was, where there is no room for
 * both.
 */
static int store_target(const struct kg_system *system, const struct kg_sets *sets,
			const struct kg_target *target, struct kg_set *current, char **stored,
			struct kg_strings *notes, struct kg_error *err)
{
	struct kg_error why;
	bool running;
	int result = kg_set_store(&system->root, sets, current, 0, notes, &why);

	if (is_running(system, target, &running, err) < 0)
		return -1;
	/* One of this ID may be known to have booted, of which a copy was damaged. */
	if (result == 0)
		return running || current->boot > 0 ||
				       (*stored = kg_copy_string(current->id, err))
			       ? 0
			       : -1;
	if (!running && kg_is_out_of_room(&why))
		return tell_displaced(target->kernel, why.message, notes, err);
	*err = why;
	return -1;
}

int kg_restore_store_current(const struct kg_system *system, const struct kg_sets *sets,
			     const struct kg_set *set, char **stored, struct kg_strings *notes,
			     struct kg_error *err)
{
	struct kg_error why;

	*stored = NULL;
	if (complete_displaced(system, sets, notes, &why) < 0) {
		if (!kg_is_out_of_room(&why)) {
			*err = why;
			return -1;
		}
		if (kg_strings_add(notes, why.message, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];
		struct kg_set current;
		int result = 0;

		if (strcmp(target->kernel, set->files[0].path) != 0 ||
		    kg_set_of_target(system, target, &current, &why) < 0)
			continue;
		if (!kg_sets_match(&system->root, sets, &current) &&
		    !is_half_restored(&system->root, &current, set))
			result = store_target(system, sets, target, &current, stored, notes, err);
		kg_set_free(&current);
		return result;
	}
	return 0;
}

int kg_restore_forget_current(const struct kg_system *system, const char *stored,
			      struct kg_strings *notes, struct kg_error *err)
{
	struct kg_strings ignored = {0};
	struct kg_sets sets = {0};
	const struct kg_set *set = NULL;
	int result = kg_sets_read(&system->root, &sets, &ignored, err);

	if (result == 0)
		set = kg_sets_find(&sets, stored);
	if (set)
		result = tell_displaced(set->release, "there is no room to keep it", notes, err);
	if (set && result == 0)
		result = kg_set_remove(&system->root, &sets, set, err);
	kg_strings_free(&ignored);
	kg_sets_free(&sets);
	return result;
}
