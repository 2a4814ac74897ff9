// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel-guard/act/clearing.h"
#include "kernel-guard/act/plan.h"
#include "kernel-guard/act/replace.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/report/json.h"
#include "kernel-guard/act/place.h"
#include "plan_mounts.h"

enum {
	journal_schema = 1,
	/* Stays free when copies are staged, in bytes: a file's entry and tables, and a log. */
	spare = 1 << 20,
};

static int write_journal(const struct kg_plan *plan, struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	struct kg_strings paths = {0};
	struct kg_strings created = {0};
	struct kg_strings mounts = {0};
	const char *text;
	int result = 0;

	if (!json)
		return kg_fail_memory(err);
	for (size_t i = 0; result == 0 && i < plan->count; i++) {
		const struct kg_plan_step *step = &plan->steps[i];

		result = kg_strings_add(&paths, step->path, err);
		if (result == 0 && !step->existed)
			result = kg_strings_add(&created, step->path, err);
	}
	if (result == 0)
		result = kg_paths_find_mounts(plan->root, &paths, &mounts, err);
	kg_json_add_number(json, kg_json_root(json), "schema", journal_schema);
	kg_json_add_strings(json, kg_json_root(json), "paths", &paths);
	kg_json_add_strings(json, kg_json_root(json), "created", &created);
	kg_json_add_strings(json, kg_json_root(json), "mounts", &mounts);
	text = result == 0 ? kg_json_text(json, err) : NULL;
	result = text ? kg_state_write(plan->root, KG_STATE_JOURNAL, text, strlen(text), err) : -1;
	kg_strings_free(&mounts);
	kg_strings_free(&created);
	kg_strings_free(&paths);
	kg_json_free(json);
	return result;
}

/* What is left beside a path, or of it, in its directory, is cleared so. */
typedef int clear_place(const struct kg_clearing *clearing, const struct kg_place *place,
			const char *directory, struct kg_error *err);

/* What was written under the file's temporary name. */
static int clear_temporary(const struct kg_clearing *clearing, const struct kg_place *place,
			   const char *directory, struct kg_error *err)
{
	char temporary[kg_replace_name_size];

	return kg_replace_temporary(place->name, temporary) < 0
		       ? 0
		       : kg_clearing_remove(clearing, place->directory, directory, temporary, err);
}

/* The empty file that kg_replace_file() puts where there was none. */
static int clear_empty(const struct kg_clearing *clearing, const struct kg_place *place,
		       const char *directory, struct kg_error *err)
{
	struct stat status;

	if (fstatat(place->directory, place->name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(status.st_mode) || status.st_size > 0)
		return 0;
	return kg_clearing_remove(clearing, place->directory, directory, place->name, err);
}

/* Whether nothing of ours can lie in a directory that cannot be opened for this reason. */
static bool is_gone(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP || code == EXDEV ||
	       code == EINVAL || code == ENAMETOOLONG;
}

static int clear(const struct kg_root *root, const struct kg_clearing *clearing, const char *path,
		 clear_place *clear_it, struct kg_error *err)
{
	const char *slash = strrchr(path, '/');
	char *directory = kg_format(err, "%.*s", slash ? (int)(slash - path) : 0, path);
	struct kg_place place;
	struct kg_error why;
	int result = directory ? 0 : -1;

	if (result == 0 && kg_place_open(root, path, &place, &why) == 0) {
		result = clear_it(clearing, &place, directory, err);
		kg_place_close(&place);
	} else if (result == 0 && !is_gone(why.code)) {
		*err = why;
		result = -1;
	}
	free(directory);
	return result;
}

static bool is_planned(const struct kg_plan *plan, const char *path)
{
	for (size_t i = 0; plan && i < plan->count; i++) {
		if (strcmp(plan->steps[i].path, path) == 0)
			return true;
	}
	return false;
}

/* All paths but those of except, which may be NULL. */
static int clear_all(const struct kg_root *root, const struct kg_clearing *clearing,
		     const struct kg_strings *paths, clear_place *clear_it,
		     const struct kg_plan *except, struct kg_error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (!is_planned(except, paths->items[i]) &&
		    clear(root, clearing, paths->items[i], clear_it, err) < 0)
			return -1;
	}
	return 0;
}

/* A journal that was read. */
struct journal {
	struct kg_strings paths;
	struct kg_strings created; /* those that were not there before */
	struct kg_strings mounts;  /* mount points that they lie on */
};

static void free_journal(struct journal *journal)
{
	kg_strings_free(&journal->paths);
	kg_strings_free(&journal->created);
	kg_strings_free(&journal->mounts);
}

static int read_paths(struct json_object *object, const char *key, struct kg_strings *paths,
		      struct kg_error *err)
{
	struct json_object *array = kg_json_get_array(object, key);

	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		struct json_object *path = json_object_array_get_idx(array, i);

		if (!json_object_is_type(path, json_type_string))
			return kg_fail(err, EBADMSG, "has a path that is none");
		if (kg_strings_add(paths, json_object_get_string(path), err) < 0)
			return -1;
	}
	return 0;
}

static int read_journal(const struct kg_root *root, struct journal *journal, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct json_object *object;
	int result = kg_state_read(root, KG_STATE_JOURNAL, &text, err);

	if (result < 0)
		return -1;
	object = kg_json_parse(kg_buffer_span(&text), journal_schema, err);
	if (object && !kg_json_get_array(object, "paths"))
		result = kg_fail(err, EBADMSG, "has no paths");
	else if (!object || read_paths(object, "paths", &journal->paths, err) < 0 ||
		 read_paths(object, "created", &journal->created, err) < 0 ||
		 read_paths(object, "mounts", &journal->mounts, err) < 0)
		result = -1;
	json_object_put(object);
	kg_buffer_free(&text);
	return result;
}

/*
 * Whether what the journal names lies where it lay: at early boot other file systems are mounted
 * later, and beneath them is nothing of it. 0, or -1 with ENODEV.
 */
static int check_mounts(const struct kg_root *root, const struct journal *journal,
			struct kg_error *err)
{
	for (size_t i = 0; i < journal->mounts.count; i++) {
		if (!kg_root_is_mount(root, journal->mounts.items[i]))
			return kg_fail(err, ENODEV,
				       "%s is not mounted, where a change was interrupted: mount "
				       "it; if it never is again, remove /var/lib/kernel-guard/%s",
				       journal->mounts.items[i], KG_STATE_JOURNAL);
	}
	return kg_paths_check_mounts(root, &journal->paths, err);
}

/* A plan that was made before has seen the empty file, and will change it. */
static int clear_journal(const struct kg_root *root, const struct kg_clearing *clearing,
			 const struct journal *journal, const struct kg_plan *plan,
			 struct kg_error *err)
{
	if (check_mounts(root, journal, err) < 0 ||
	    clear_all(root, clearing, &journal->paths, clear_temporary, NULL, err) < 0)
		return -1;
	return clear_all(root, clearing, &journal->created, clear_empty, plan, err);
}

static int remove_journal(const struct kg_root *root, const struct kg_clearing *clearing,
			  struct kg_error *err)
{
	if (!clearing->dry_run && kg_state_remove(root, KG_STATE_JOURNAL, err) < 0)
		return -1;
	return kg_clearing_tell(clearing, "removed", "/var/lib/kernel-guard", KG_STATE_JOURNAL,
				err);
}

/* What it is of cannot be told: it must not stand in the way of what comes. */
static int set_journal_aside(const struct kg_root *root, const struct kg_clearing *clearing,
			     struct kg_strings *notes, struct kg_error *err)
{
	if (!clearing->dry_run)
		return kg_state_set_aside(root, KG_STATE_JOURNAL, notes, err);
	return kg_clearing_tell(clearing, "set aside", "/var/lib/kernel-guard", KG_STATE_JOURNAL,
				err);
}

/*
 * With the lock held, unless it is a dry run. The plan is the one that is about to be carried out,
 * or NULL.
 */
static int recover(const struct kg_root *root, const struct kg_clearing *clearing,
		   const struct kg_plan *plan, struct kg_strings *notes, struct kg_error *err)
{
	struct journal journal = {0};
	bool found = true;
	int result = read_journal(root, &journal, err);

	if (result < 0 && err->code == ENOENT)
		found = false;
	else if (result == 0)
		result = clear_journal(root, clearing, &journal, plan, err);
	free_journal(&journal);
	if (!found)
		return clearing->dry_run ? 0 : kg_state_remove(root, KG_STATE_JOURNAL, err);
	if (result < 0 && err->code == EBADMSG)
		return set_journal_aside(root, clearing, notes, err);
	if (result < 0 && err->code == ENOTSUP)
		kg_prefix(err, "/var/lib/kernel-guard/" KG_STATE_JOURNAL);
	return result < 0 ? -1 : remove_journal(root, clearing, err);
}

int kg_plan_recover(const struct kg_root *root, const struct kg_clearing *clearing,
		    struct kg_strings *notes, struct kg_error *err)
{
	struct kg_error why;
	int lock = clearing->dry_run ? -1 : kg_state_lock(root, &why);
	int result;

	/* Without a state directory there is no journal. */
	if (!clearing->dry_run && lock < 0 && why.code == ENOENT)
		return 0;
	if (!clearing->dry_run && lock < 0) {
		*err = why;
		return -1;
	}
	result = recover(root, clearing, NULL, notes, &why);
	if (lock >= 0)
		close(lock);
	/* Whoever comes when it is mounted finishes it. */
	if (result < 0 && why.code == ENODEV)
		return 0;
	if (result < 0)
		*err = why;
	return result;
}

/* Of a file that was not read it has to do that nothing has written to it. */
static bool is_untouched(const struct kg_plan *plan, const struct kg_plan_step *step)
{
	const struct stat *before = &step->status;
	struct kg_error ignored;
	struct kg_place place;
	struct stat status;
	bool exists;

	if (kg_place_open(plan->root, step->path, &place, &ignored) < 0)
		return !step->existed && ignored.code == ENOENT;
	exists = fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0;
	kg_place_close(&place);
	if (!exists || !step->existed)
		return exists == step->existed;
	return status.st_dev == before->st_dev && status.st_ino == before->st_ino &&
	       status.st_size == before->st_size &&
	       status.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	       status.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

static bool is_unchanged(const struct kg_plan *plan, const struct kg_plan_step *step)
{
	struct kg_buffer there = {0};
	struct kg_error why;
	int result = kg_root_read_file(plan->root, step->path, step->before.size, &there, &why);
	bool exists = result == 0 || why.code != ENOENT;
	bool same = result == 0 && there.size == step->before.size &&
		    (there.size == 0 || memcmp(there.data, step->before.data, there.size) == 0);

	kg_buffer_free(&there);
	return step->existed ? same : !exists;
}

/* Whether the file still is what it was when the step was planned. */
static int check_unchanged(const struct kg_plan *plan, const struct kg_plan_step *step,
			   struct kg_error *err)
{
	if (step->large ? is_untouched(plan, step) : is_unchanged(plan, step))
		return 0;
	return kg_fail(err, ESTALE, "%s: has changed meanwhile, and was left alone", step->path);
}

/* How a step is done. */
enum act {
	ACT_WHOLE,
	ACT_STAGE,  /* what is copied is written under its temporary name, */
	ACT_STAGED, /* and gets its own */
};

/* Whether a copy may lie beside what is there for a while, without taking what others need. */
static bool has_room(const struct kg_place *place, uint64_t size)
{
	struct statvfs space;

	return fstatvfs(place->directory, &space) == 0 &&
	       (uint64_t)space.f_bavail * space.f_frsize >= size + spare;
}

static int copy_source(const struct kg_plan *plan, const struct kg_plan_step *step,
		       const struct kg_place *place, enum act act)
{
	struct kg_error why;
	struct kg_file file;
	int result;

	if (act == ACT_STAGED)
		return kg_replace_by_staged(place->directory, place->name);
	if (act == ACT_STAGE && !has_room(place, step->size)) {
		errno = ENOSPC;
		return -1;
	}
	if (kg_root_open_file(plan->root, step->source, &file, &why) < 0) {
		errno = why.code;
		return -1;
	}
	result = act == ACT_STAGE ? kg_replace_stage(place->directory, place->name, file.fd,
						     step->mode)
				  : kg_replace_by_copy(place->directory, place->name, file.fd,
						       step->mode);
	kg_file_close(&file);
	return result;
}

static int change_file(const struct kg_plan *plan, const struct kg_plan_step *step,
		       const struct kg_place *place, enum act act)
{
	if (step->remove)
		return kg_remove_file(place->directory, place->name);
	if (step->source)
		return copy_source(plan, step, place, act);
	return kg_replace_file(place->directory, place->name, step->content.data,
			       step->content.size, step->mode);
}

static int do_step(const struct kg_plan *plan, const struct kg_plan_step *step, enum act act,
		   struct kg_error *err)
{
	struct kg_place place;
	int result;

	if ((act != ACT_STAGE && check_unchanged(plan, step, err) < 0) ||
	    (step->source && kg_place_make_directory(plan->root, step->path, err) < 0) ||
	    kg_place_open(plan->root, step->path, &place, err) < 0)
		return -1;
	result = change_file(plan, step, &place, act);
	if (result < 0)
		kg_fail(err, errno, "%s: %s", step->path, strerror(errno));
	kg_place_close(&place);
	return result;
}

/* Removes what is left of staging. What cannot be removed now the journal still names. */
static int unstage(const struct kg_plan *plan, struct kg_error *err)
{
	const struct kg_clearing quiet = {0};
	int result = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->steps[i].source &&
		    clear(plan->root, &quiet, plan->steps[i].path, clear_temporary, err) < 0)
			result = -1;
	}
	return result;
}

/*
 * Copies all that is copied before anything changes, where all of it has room beside what is there:
 * a plan that fails for want of room, or because the disk does, has then changed nothing.
 */
static int stage(const struct kg_plan *plan, enum act *act, struct kg_error *err)
{
	struct kg_error ignored;

	*act = ACT_STAGED;
	for (size_t i = 0; i < plan->count; i++) {
		const struct kg_plan_step *step = &plan->steps[i];

		if (!step->source || do_step(plan, step, ACT_STAGE, err) == 0)
			continue;
		if (!kg_is_out_of_room(err)) {
			(void)unstage(plan, &ignored);
			return -1;
		}
		*act = ACT_WHOLE;
		return unstage(plan, err);
	}
	return 0;
}

/*
 * It names what a killed process leaves to be cleared away, and nothing that has to be undone:
 * where /var is full, what makes the machine boot is worth more.
 */
static int begin_journal(const struct kg_plan *plan, bool *journaled, struct kg_error *err)
{
	const struct kg_clearing quiet = {0};

	*journaled = false;
	if (recover(plan->root, &quiet, plan, NULL, err) < 0)
		return -1;
	*journaled = write_journal(plan, err) == 0;
	return !*journaled && !kg_is_out_of_room(err) ? -1 : 0;
}

static int do_steps(const struct kg_plan *plan, struct kg_error *err)
{
	struct kg_error ignored;
	enum act act = ACT_WHOLE;
	bool journaled;
	int result;

	if (begin_journal(plan, &journaled, err) < 0)
		return -1;
	/* What is staged is much, and would stay when nothing named it. */
	result = journaled ? stage(plan, &act, err) : 0;
	for (size_t i = 0; result == 0 && i < plan->count; i++)
		result = do_step(plan, &plan->steps[i], act, err);
	if (result < 0 && unstage(plan, &ignored) < 0)
		return -1;
	/* A step that has failed has left nothing behind. */
	if (kg_state_remove(plan->root, KG_STATE_JOURNAL, result < 0 ? &ignored : err) < 0)
		result = -1;
	return result;
}

int kg_plan_apply(const struct kg_plan *plan, struct kg_error *err)
{
	int lock;
	int result;

	if (plan->count == 0)
		return 0;
	if (kg_plan_check_mounts(plan, err) < 0)
		return -1;
	lock = kg_state_lock(plan->root, err);
	if (lock < 0)
		return -1;
	result = do_steps(plan, err);
	close(lock);
	return result;
}
