// SPDX-License-Identifier: GPL-2.0-or-later
#include "make_room.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forecast.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/act/tree.h"
#include "placed.h"

enum {
	megabyte = 1 << 20,
	/* Of a file system with so much room no transaction takes all. */
	plenty = 4096,
	/* What stays free for others when a set is stored. */
	reserve = 64,
};

static const char state[] = "/var/lib/kernel-guard/";
static const char trees[] = "/usr/lib/modules/";

static int find_free(const struct kg_root *root, const char *place, uint64_t *bytes,
		     struct kg_error *err)
{
	struct kg_forecast forecast = {0};
	struct kg_forecast_room *room;
	int result = kg_forecast_find(&forecast, root, place, &room, err);

	*bytes = room ? room->free : UINT64_MAX;
	kg_forecast_free(&forecast);
	return result;
}

/* Of each kernel the one that has booted last stays, and so does what runs. */
static bool can_go(const struct kg_system *system, const struct kg_sets *sets, size_t index)
{
	const struct kg_set *set = &sets->items[index];
	const char *running = system->machine.release;

	/* Nor does what was restored, and boots by default. */
	if ((running && strcmp(running, set->release) == 0) ||
	    !kg_set_is_whole(&system->root, set) || kg_set_is_placed(&system->root, set, 0))
		return false;
	for (size_t i = 0; i < index; i++) {
		if (sets->items[i].boot > 0 && kg_sets_replace(&sets->items[i], set) &&
		    kg_set_is_whole(&system->root, &sets->items[i]))
			return true;
	}
	return set->boot == 0;
}

/*
 * Empties the oldest set that can go, if any can. Its facts stay until kg_keep_prune(): what lies
 * beside the originals is ours.
 */
static int remove_oldest(const struct kg_system *system, struct kg_sets *sets, bool *removed,
			 struct kg_strings *notes, struct kg_error *err)
{
	*removed = false;
	for (size_t i = sets->count; i-- > 0 && !*removed;) {
		char *note;

		if (!can_go(system, sets, i))
			continue;
		note = kg_format(err, "for want of room the kernel %s is not kept any more (%s)",
				 sets->items[i].release, sets->items[i].id);
		if (!note || kg_set_strip(&system->root, sets, &sets->items[i], err) < 0) {
			free(note);
			return -1;
		}
		*removed = true;
		return kg_strings_take(notes, note, err);
	}
	return 0;
}

static int fail_without_room(const struct kg_set *set, uint64_t needed, uint64_t bytes,
			     struct kg_error *err)
{
	return kg_fail(err, ENOSPC,
		       "%.*s: no room to keep the kernel %s: %" PRIu64 " MiB are needed, %" PRIu64
		       " MiB are free",
		       (int)sizeof(state) - 2, state, set->release, needed / megabyte + 1,
		       bytes / megabyte);
}

int kg_make_room_to_store(const struct kg_system *system, struct kg_sets *sets,
			  const struct kg_set *set, struct kg_strings *notes,
			  struct kg_error *err)
{
	uint64_t needed = reserve * (uint64_t)megabyte + kg_set_size(set);
	uint64_t going = 0;
	uint64_t bytes;
	bool removed = true;

	if (find_free(&system->root, state, &bytes, err) < 0)
		return -1;
	if (bytes >= needed)
		return 0;
	for (size_t i = 0; i < sets->count; i++)
		going += can_go(system, sets, i) ? kg_set_size(&sets->items[i]) : 0;
	/* Nothing goes where it would not be enough. */
	if (bytes + going < needed)
		return fail_without_room(set, needed, bytes, err);
	while (removed && bytes < needed) {
		if (remove_oldest(system, sets, &removed, notes, err) < 0 ||
		    find_free(&system->root, state, &bytes, err) < 0)
			return -1;
	}
	return bytes < needed ? fail_without_room(set, needed, bytes, err) : 0;
}

static bool is_going(const struct kg_transaction *transaction, const char *release)
{
	return kg_strings_contain(&transaction->going, release);
}

/*
 * Gives up the kept trees of the releases that go, so that their files are freed with their names.
 */
static int give_up_trees(const struct kg_system *system, struct kg_sets *sets,
			 const struct kg_transaction *transaction, uint64_t needed, uint64_t bytes,
			 struct kg_strings *notes, struct kg_error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		struct kg_set *set = &sets->items[i];

		if (!set->tree || !is_going(transaction, set->release))
			continue;
		if (kg_set_give_up_tree(&system->root, sets, set, err) < 0 ||
		    kg_strings_take(
			    notes,
			    kg_format(err,
				      "there is no room for the old modules of %s beside the new "
				      "ones: %" PRIu64 " MiB are needed, %" PRIu64
				      " MiB are free. Its kernel and initramfs are kept without "
				      "them: it reaches the root, and loads no further module",
				      set->release, needed / megabyte + 1, bytes / megabyte),
			    err) < 0)
			return -1;
	}
	return 0;
}

static int make_room(const struct kg_system *system, struct kg_sets *sets,
		     const struct kg_transaction *transaction, struct kg_strings *notes,
		     struct kg_error *err)
{
	uint64_t needed;
	uint64_t bytes;
	bool removed = true;

	while (removed) {
		if (find_free(&system->root, trees, &bytes, err) < 0 ||
		    kg_forecast_transaction(&system->root, transaction, &needed, err) < 0)
			return -1;
		if (bytes >= needed)
			return 0;
		if (remove_oldest(system, sets, &removed, notes, err) < 0)
			return -1;
	}
	return give_up_trees(system, sets, transaction, needed, bytes, notes, err);
}

int kg_keep_make_room(const struct kg_system *system, struct kg_sets *sets,
		      const struct kg_transaction *transaction, struct kg_strings *notes,
		      struct kg_error *err)
{
	uint64_t bytes;
	int result;
	int lock;

	if (transaction->going.count == 0 || sets->count == 0)
		return 0;
	if (find_free(&system->root, trees, &bytes, err) < 0)
		return -1;
	if (bytes / megabyte >= plenty && bytes / 2 >= transaction->growth)
		return 0;
	lock = kg_state_lock(&system->root, err);
	if (lock < 0)
		return -1;
	result = make_room(system, sets, transaction, notes, err);
	close(lock);
	return result;
}
