// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel-guard/act/plan.h"
#include "kernel-guard/act/replace.h"
#include "kernel-guard/act/state.h"
#include "kernel-guard/report/json.h"
#include "plan_place.h"

enum { journal_schema = 1 };

static int write_journal(const struct kg_plan *plan, struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	struct kg_strings paths = {0};
	const char *text;
	int result = 0;

	if (!json)
		return kg_fail_memory(err);
	for (size_t i = 0; result == 0 && i < plan->count; i++)
		result = kg_strings_add(&paths, plan->steps[i].path, err);
	kg_json_add_number(json, kg_json_root(json), "schema", journal_schema);
	kg_json_add_strings(json, kg_json_root(json), "paths", &paths);
	text = result == 0 ? kg_json_text(json, err) : NULL;
	result = text ? kg_state_write(plan->root, KG_STATE_JOURNAL, text, strlen(text), err) : -1;
	kg_strings_free(&paths);
	kg_json_free(json);
	return result;
}

/* A directory that is gone has nothing in it. */
static int clear_temporary(const struct kg_root *root, const char *path, struct kg_error *err)
{
	char temporary[kg_replace_name_size];
	struct kg_place place;
	struct kg_error why;
	int result;

	if (kg_place_open(root, path, &place, &why) < 0) {
		if (why.code != ENOMEM)
			return 0;
		*err = why;
		return -1;
	}
	result = kg_replace_temporary(place.name, temporary) < 0
			 ? 0
			 : kg_remove_file(place.directory, temporary);
	if (result < 0)
		kg_fail(err, errno, "%s: cannot remove what is left of writing it: %s", path,
			strerror(errno));
	kg_place_close(&place);
	return result;
}

static int clear_all(const struct kg_root *root, struct json_object *journal, struct kg_error *err)
{
	struct json_object *paths = kg_json_get_array(journal, "paths");

	if (!paths)
		return kg_fail(err, EBADMSG, "has no paths");
	for (size_t i = 0; i < json_object_array_length(paths); i++) {
		struct json_object *path = json_object_array_get_idx(paths, i);

		if (!json_object_is_type(path, json_type_string))
			return kg_fail(err, EBADMSG, "has a path that is none");
		if (clear_temporary(root, json_object_get_string(path), err) < 0)
			return -1;
	}
	return 0;
}

/* With the lock held. */
static int recover(const struct kg_root *root, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct json_object *journal;
	int result = kg_state_read(root, KG_STATE_JOURNAL, &text, err);

	if (result < 0 && err->code == ENOENT)
		return kg_state_remove(root, KG_STATE_JOURNAL, err);
	if (result < 0)
		return -1;
	journal = kg_json_parse(kg_buffer_span(&text), journal_schema, err);
	result = journal ? clear_all(root, journal, err) : -1;
	json_object_put(journal);
	kg_buffer_free(&text);
	if (result < 0 && err->code == EBADMSG)
		kg_prefix(err, "/var/lib/kernel-guard/" KG_STATE_JOURNAL);
	return result < 0 ? -1 : kg_state_remove(root, KG_STATE_JOURNAL, err);
}

int kg_plan_recover(const struct kg_root *root, struct kg_error *err)
{
	struct kg_error why;
	int lock = kg_state_lock(root, &why);
	int result;

	/* Without a state directory there is no journal. */
	if (lock < 0 && why.code == ENOENT)
		return 0;
	if (lock < 0) {
		*err = why;
		return -1;
	}
	result = recover(root, err);
	close(lock);
	return result;
}

/* Whether the file still is what it was when the step was planned. */
static int check_unchanged(const struct kg_plan *plan, const struct kg_plan_step *step,
			   struct kg_error *err)
{
	struct kg_buffer there = {0};
	struct kg_error why;
	int result = kg_root_read_file(plan->root, step->path, step->before.size, &there, &why);
	bool exists = result == 0 || why.code != ENOENT;
	bool same = result == 0 && there.size == step->before.size &&
		    (there.size == 0 || memcmp(there.data, step->before.data, there.size) == 0);

	kg_buffer_free(&there);
	if (step->existed ? same : !exists)
		return 0;
	return kg_fail(err, ESTALE, "%s: has changed meanwhile, and was left alone", step->path);
}

static int do_step(const struct kg_plan *plan, const struct kg_plan_step *step,
		   struct kg_error *err)
{
	struct kg_place place;
	int result;

	if (check_unchanged(plan, step, err) < 0 ||
	    kg_place_open(plan->root, step->path, &place, err) < 0)
		return -1;
	result = step->remove ? kg_remove_file(place.directory, place.name)
			      : kg_replace_file(place.directory, place.name, step->content.data,
						step->content.size, step->mode);
	if (result < 0)
		kg_fail(err, errno, "%s: %s", step->path, strerror(errno));
	kg_place_close(&place);
	return result;
}

static int do_steps(const struct kg_plan *plan, struct kg_error *err)
{
	struct kg_error ignored;
	int result = recover(plan->root, err) < 0 ? -1 : write_journal(plan, err);

	if (result < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < plan->count; i++)
		result = do_step(plan, &plan->steps[i], err);
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
	lock = kg_state_lock(plan->root, err);
	if (lock < 0)
		return -1;
	result = do_steps(plan, err);
	close(lock);
	return result;
}
