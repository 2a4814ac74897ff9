// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel-guard/system/digest.h"
#include "kernel-guard/act/place.h"

enum { max_content = 16 << 20 };

struct kg_plan kg_plan_new(const struct kg_root *root)
{
	return (struct kg_plan){.root = root};
}

static void free_step(struct kg_plan_step *step)
{
	free(step->path);
	free(step->source);
	kg_buffer_free(&step->content);
	kg_buffer_free(&step->before);
}

void kg_plan_cut(struct kg_plan *plan, size_t count)
{
	while (plan->count > count)
		free_step(&plan->steps[--plan->count]);
}

void kg_plan_free(struct kg_plan *plan)
{
	kg_plan_cut(plan, 0);
	free(plan->steps);
	*plan = (struct kg_plan){0};
}

/* Whether an earlier step of the plan takes the file away. */
static bool is_going(const struct kg_plan *plan, const char *path)
{
	bool going = false;

	for (size_t i = 0; i < plan->count; i++) {
		if (strcmp(plan->steps[i].path, path) == 0)
			going = plan->steps[i].remove;
	}
	return going;
}

/* What is there when the step's turn comes: a regular file's content and mode, or nothing. */
static int look(const struct kg_plan *plan, struct kg_plan_step *step, struct kg_error *err)
{
	const struct kg_root *root = plan->root;
	struct stat *status = &step->status;
	struct kg_place place;
	int result;
	int code;

	if (is_going(plan, step->path))
		return 0;
	if (kg_place_open(root, step->path, &place, err) < 0)
		/* The directory of a copy is made. */
		return step->source && err->code == ENOENT ? 0 : -1;
	result = fstatat(place.directory, place.name, status, AT_SYMLINK_NOFOLLOW);
	code = errno;
	kg_place_close(&place);
	if (result < 0 && code == ENOENT)
		return 0;
	if (result < 0)
		return kg_fail(err, code, "%s: %s", step->path, strerror(code));
	if (S_ISLNK(status->st_mode) && step->replace_link) {
		/* It has no mode of its own. */
		step->existed = true;
		return 0;
	}
	if (S_ISLNK(status->st_mode))
		return kg_fail(err, ELOOP, "%s: is a symbolic link, which is not replaced",
			       step->path);
	if (!S_ISREG(status->st_mode))
		return kg_fail(err, EINVAL, "%s: is no regular file", step->path);
	step->existed = true;
	step->mode = status->st_mode & 07777;
	return step->large ? 0
			   : kg_root_read_file(root, step->path, max_content, &step->before, err);
}

static bool is_done(const struct kg_plan_step *step)
{
	if (step->remove)
		return !step->existed;
	return !step->large && step->existed && step->before.size == step->content.size &&
	       (step->content.size == 0 ||
		memcmp(step->before.data, step->content.data, step->content.size) == 0);
}

/* Takes the step over, unless it would change nothing. */
static int add(struct kg_plan *plan, struct kg_plan_step *step, struct kg_error *err)
{
	int result = step->path ? look(plan, step, err) : -1;

	if (result == 0 && !is_done(step)) {
		result = kg_array_reserve(&plan->steps, &plan->capacity, plan->count,
					  sizeof(*plan->steps), err);
		if (result == 0) {
			plan->steps[plan->count++] = *step;
			return 0;
		}
	}
	free_step(step);
	return result;
}

int kg_plan_write(struct kg_plan *plan, const char *path, struct kg_span content, mode_t mode,
		  struct kg_error *err)
{
	struct kg_plan_step step = {.path = kg_copy_string(path, err), .mode = mode};

	if (content.size > max_content) {
		free_step(&step);
		return kg_fail(err, EFBIG, "%s: would be larger than %d bytes", path, max_content);
	}
	if (kg_buffer_append(&step.content, content.data, content.size, err) < 0) {
		free_step(&step);
		return -1;
	}
	return add(plan, &step, err);
}

int kg_plan_remove(struct kg_plan *plan, const char *path, struct kg_error *err)
{
	struct kg_plan_step step = {.path = kg_copy_string(path, err), .remove = true};

	return add(plan, &step, err);
}

/* Whether what is there is what source would make of it. */
static bool is_copied(const struct kg_root *root, const struct kg_plan_step *step,
		      const char *digest)
{
	char found[kg_digest_size];
	struct kg_error ignored;

	return step->existed &&
	       (S_ISLNK(step->status.st_mode) ||
		(uint64_t)step->status.st_size == step->size) &&
	       kg_digest_file(root, step->path, found, &ignored) == 0 &&
	       strcmp(found, digest) == 0;
}

int kg_plan_copy(struct kg_plan *plan, const char *path, const char *source, const char *digest,
		 mode_t mode, bool replace_link, struct kg_error *err)
{
	struct kg_plan_step step = {.large = true, .mode = mode, .replace_link = replace_link};
	char found[kg_digest_size];
	struct kg_file file;
	int result;

	if (kg_root_open_file(plan->root, source, &file, err) < 0)
		return -1;
	step.size = file.size;
	kg_file_close(&file);
	if (kg_digest_file(plan->root, source, found, err) < 0)
		return -1;
	if (strcmp(found, digest) != 0)
		return kg_fail(err, EBADMSG, "%s: is not what was kept", source);
	step.path = kg_copy_string(path, err);
	step.source = kg_copy_string(source, err);
	result = step.path && step.source ? look(plan, &step, err) : -1;
	if (result < 0 || is_copied(plan->root, &step, digest)) {
		free_step(&step);
		return result;
	}
	return add(plan, &step, err);
}

int kg_plan_append(struct kg_plan *plan, struct kg_plan *more, struct kg_error *err)
{
	for (size_t i = 0; i < more->count; i++) {
		if (kg_array_reserve(&plan->steps, &plan->capacity, plan->count,
				     sizeof(*plan->steps), err) < 0)
			return -1;
		plan->steps[plan->count++] = more->steps[i];
		more->steps[i] = (struct kg_plan_step){0};
	}
	kg_plan_free(more);
	return 0;
}

int kg_plan_discard(struct kg_plan *plan, const char *path, struct kg_error *err)
{
	struct kg_plan_step step = {
		.path = kg_copy_string(path, err), .remove = true, .large = true};

	return add(plan, &step, err);
}

int kg_plan_tell(const struct kg_plan *plan, struct kg_strings *changes, struct kg_error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct kg_plan_step *step = &plan->steps[i];
		char *change = kg_format(err, "%s %s", step->remove ? "removed" : "wrote",
					 step->path);

		if (kg_strings_take(changes, change, err) < 0)
			return -1;
	}
	return 0;
}
