// SPDX-License-Identifier: GPL-2.0-or-later
#include "make_room.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choose.h"
#include "forecast.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/act/tree.h"
#include "needed.h"

enum {
	megabyte = 1 << 20,
	/* Of a file system with so much room no transaction takes all. */
	plenty = 4096,
	/* What stays free for others when a set is stored. */
	reserve = 64,
};

/* Where room is made, and by whom. */
struct room {
	const struct kg_system *system;
	struct kg_sets *sets;
	const struct kg_transaction *transaction; /* that it is made for, or NULL */
	const char *place;                        /* on its file system */
	struct kg_strings beside; /* IDs of what lies beside the originals, or is to */
	struct kg_strings *notes;
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

/*
 * Of each kernel one set stays that fits beside the originals, which are not counted on: they may
 * be about to be written anew.
 */
static int find_beside(struct room *room, struct kg_error *err)
{
	const struct kg_refresh refresh = {
		.keep = 1, .replacing = true, .transaction = room->transaction};
	struct kg_strings ignored = {0};
	struct kg_groups groups;
	int result = kg_groups_choose(room->system, room->sets, &refresh, &groups, &ignored,
				      &ignored, err);

	kg_strings_free(&room->beside);
	if (result == 0)
		result = kg_groups_chosen(&groups, &room->beside, err);
	kg_groups_free(&groups);
	kg_strings_free(&ignored);
	return result;
}

/* Of each kernel the one that has booted last stays too. */
static bool can_go(const struct room *room, size_t index)
{
	const struct kg_need need = {.booted = 1, .beside = &room->beside};

	return kg_set_is_whole(&room->system->root, &room->sets->items[index]) &&
	       !kg_set_is_needed(room->system, room->sets, index, &need);
}

/*
 * Empties the oldest set that can go, if any can. Its facts stay until kg_keep_prune(): what lies
 * beside the originals is ours.
 */
static int remove_oldest(struct room *room, bool *removed, struct kg_error *err)
{
	struct kg_sets *sets = room->sets;

	*removed = false;
	for (size_t i = sets->count; i-- > 0 && !*removed;) {
		char *note;

		if (!can_go(room, i))
			continue;
		note = kg_format(err, "for want of room the kernel %s is not kept any more (%s)",
				 sets->items[i].release, sets->items[i].id);
		if (!note ||
		    kg_set_strip(&room->system->root, sets, &sets->items[i], err) < 0) {
			free(note);
			return -1;
		}
		*removed = true;
		if (kg_strings_take(room->notes, note, err) < 0)
			return -1;
	}
	/* There may be room for another one then. */
	return *removed ? find_beside(room, err) : 0;
}

static bool is_going(const struct room *room, const char *release)
{
	return room->transaction && kg_strings_contain(&room->transaction->going, release);
}

/* Whether two places are on one file system. */
static int share_room(const struct kg_root *root, const char *left, const char *right, bool *share,
		      struct kg_error *err)
{
	struct kg_forecast forecast = {0};
	struct kg_forecast_room *room;
	int result = kg_forecast_find(&forecast, root, left, &room, err);

	if (result == 0)
		result = kg_forecast_find(&forecast, root, right, &room, err);
	*share = forecast.count == 1;
	kg_forecast_free(&forecast);
	return result;
}

/* Whether the set's kept module tree may go, which another set may have too. */
static bool tree_can_go(const struct room *room, const struct kg_set *of)
{
	for (size_t i = 0; of->tree && i < room->sets->count; i++) {
		const struct kg_set *set = &room->sets->items[i];

		if (set->tree && strcmp(set->tree, of->tree) == 0 && !can_go(room, i) &&
		    !is_going(room, set->release))
			return false;
	}
	return of->tree;
}

/* The kept trees that may go, each once, by the sets that have them. */
static int find_trees(const struct room *room, struct kg_strings *names,
		      struct kg_strings *releases, struct kg_error *err)
{
	for (size_t i = 0; i < room->sets->count; i++) {
		const struct kg_set *set = &room->sets->items[i];

		if (!tree_can_go(room, set) || kg_strings_contain(names, set->tree))
			continue;
		if (kg_strings_add(names, set->tree, err) < 0 ||
		    kg_strings_add(releases, set->release, err) < 0)
			return -1;
	}
	return 0;
}

static size_t count_of(const struct kg_strings *releases, const char *release)
{
	size_t count = 0;

	for (size_t i = 0; i < releases->count; i++)
		count += strcmp(releases->items[i], release) == 0;
	return count;
}

/* What the kept trees that may go take alone. */
static int add_trees(const struct room *room, uint64_t *bytes, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_strings releases = {0};
	int result = find_trees(room, &names, &releases, err);

	for (size_t i = 0; result == 0 && i < names.count; i++) {
		const char *release = releases.items[i];
		uint64_t tree;

		result = kg_forecast_kept_tree(&room->system->root, names.items[i],
					       count_of(&releases, release),
					       is_going(room, release), &tree, err);
		*bytes += result == 0 ? tree : 0;
	}
	kg_strings_free(&names);
	kg_strings_free(&releases);
	return result;
}

/* What can be freed at most: sets that are not needed, and the kept trees of what goes. */
static int find_freeable(const struct room *room, uint64_t *bytes, struct kg_error *err)
{
	const struct kg_root *root = &room->system->root;
	bool copies;
	bool modules;

	*bytes = 0;
	if (share_room(root, room->place, state, &copies, err) < 0 ||
	    share_room(root, room->place, trees, &modules, err) < 0)
		return -1;
	for (size_t i = 0; i < room->sets->count; i++)
		*bytes += can_go(room, i) && copies ? kg_set_size(&room->sets->items[i]) : 0;
	return modules ? add_trees(room, bytes, err) : 0;
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

static int make_room_to_store(struct room *room, const struct kg_set *set, uint64_t needed,
			      uint64_t bytes, struct kg_error *err)
{
	uint64_t freeable;
	bool removed = true;

	if (find_beside(room, err) < 0 || find_freeable(room, &freeable, err) < 0)
		return -1;
	/* Nothing goes where it would not be enough. */
	if (bytes + freeable < needed)
		return fail_without_room(set, needed, bytes, err);
	while (removed && bytes < needed) {
		if (remove_oldest(room, &removed, err) < 0 ||
		    find_free(&room->system->root, state, &bytes, err) < 0)
			return -1;
	}
	return bytes < needed ? fail_without_room(set, needed, bytes, err) : 0;
}

int kg_make_room_to_store(const struct kg_system *system, struct kg_sets *sets,
			  const struct kg_set *set, struct kg_strings *notes,
			  struct kg_error *err)
{
	uint64_t needed = reserve * (uint64_t)megabyte + kg_set_size(set);
	struct room room = {.system = system, .sets = sets, .place = state, .notes = notes};
	uint64_t bytes;
	int result;

	if (find_free(&system->root, state, &bytes, err) < 0)
		return -1;
	if (bytes >= needed)
		return 0;
	result = make_room_to_store(&room, set, needed, bytes, err);
	kg_strings_free(&room.beside);
	return result;
}

/*
 * Gives up the kept trees of the releases that go, so that their files are freed with their names.
 */
static int give_up_trees(const struct room *room, uint64_t needed, uint64_t bytes,
			 struct kg_error *err)
{
	struct kg_sets *sets = room->sets;

	for (size_t i = 0; i < sets->count; i++) {
		struct kg_set *set = &sets->items[i];

		if (!set->tree || !is_going(room, set->release))
			continue;
		if (kg_set_give_up_tree(&room->system->root, sets, set, err) < 0 ||
		    kg_strings_take(
			    room->notes,
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

static int tell_in_vain(const struct room *room, uint64_t needed, uint64_t bytes,
			struct kg_error *err)
{
	char *note = kg_format(err,
			       "%.*s: there is no room for the update beside the old modules, and "
			       "would be none without what is kept: %" PRIu64
			       " MiB are needed, %" PRIu64 " MiB are free",
			       (int)sizeof(trees) - 2, trees, needed / megabyte + 1,
			       bytes / megabyte);

	return kg_strings_take(room->notes, note, err);
}

/* What the transaction has where the module trees lie, and takes there, as a rule and at least. */
struct want {
	uint64_t bytes;
	uint64_t needed;
	uint64_t least;
};

static int find_want(const struct room *room, struct want *want, struct kg_error *err)
{
	const struct kg_root *root = &room->system->root;

	return find_free(root, trees, &want->bytes, err) < 0 ||
			       kg_forecast_transaction(root, room->transaction, &want->needed,
						       &want->least, err) < 0
		       ? -1
		       : 0;
}

/*
 * Whether what is kept may be what the transaction lacks. It is asked of what that needs at least:
 * where pacman might succeed without it, it goes.
 */
static int may_be_enough(struct room *room, const struct want *want, bool *enough,
			 struct kg_error *err)
{
	uint64_t freeable;

	if (find_beside(room, err) < 0 || find_freeable(room, &freeable, err) < 0)
		return -1;
	*enough = want->bytes + freeable >= want->least;
	return *enough ? 0 : tell_in_vain(room, want->needed, want->bytes, err);
}

static int make_room(struct room *room, struct kg_error *err)
{
	struct want want;
	bool goes_on;

	if (find_want(room, &want, err) < 0)
		return -1;
	if (want.bytes >= want.needed)
		return 0;
	if (may_be_enough(room, &want, &goes_on, err) < 0)
		return -1;
	if (!goes_on)
		return 0;
	while (want.bytes < want.needed) {
		if (remove_oldest(room, &goes_on, err) < 0)
			return -1;
		if (!goes_on)
			return give_up_trees(room, want.needed, want.bytes, err);
		if (find_want(room, &want, err) < 0)
			return -1;
	}
	return 0;
}

int kg_keep_make_room(const struct kg_system *system, struct kg_sets *sets,
		      const struct kg_transaction *transaction, struct kg_strings *notes,
		      struct kg_error *err)
{
	struct room room = {.system = system,
			    .sets = sets,
			    .transaction = transaction,
			    .place = trees,
			    .notes = notes};
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
	result = make_room(&room, err);
	kg_strings_free(&room.beside);
	close(lock);
	return result;
}
