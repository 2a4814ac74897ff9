// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan_place.h"

enum { max_content = 16 << 20 };

struct kg_plan kg_plan_new(const struct kg_root *root)
{
	return (struct kg_plan){.root = root};
}

static void free_step(struct kg_plan_step *step)
{
	free(step->path);
	kg_buffer_free(&step->content);
	kg_buffer_free(&step->before);
}

void kg_plan_free(struct kg_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		free_step(&plan->steps[i]);
	free(plan->steps);
	*plan = (struct kg_plan){0};
}

/* What is there: a regular file's content and mode, or nothing. */
static int look(const struct kg_root *root, struct kg_plan_step *step, struct kg_error *err)
{
	struct kg_place place;
	struct stat status;
	int result;
	int code;

	if (kg_place_open(root, step->path, &place, err) < 0)
		return -1;
	result = fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW);
	code = errno;
	kg_place_close(&place);
	if (result < 0 && code == ENOENT)
		return 0;
	if (result < 0)
		return kg_fail(err, code, "%s: %s", step->path, strerror(code));
	if (S_ISLNK(status.st_mode))
		return kg_fail(err, ELOOP, "%s: is a symbolic link, which is not replaced",
			       step->path);
	if (!S_ISREG(status.st_mode))
		return kg_fail(err, EINVAL, "%s: is no regular file", step->path);
	step->existed = true;
	step->mode = status.st_mode & 07777;
	return kg_root_read_file(root, step->path, max_content, &step->before, err);
}

static bool is_done(const struct kg_plan_step *step)
{
	if (step->remove)
		return !step->existed;
	return step->existed && step->before.size == step->content.size &&
	       (step->content.size == 0 ||
		memcmp(step->before.data, step->content.data, step->content.size) == 0);
}

/* Takes the step over, unless it would change nothing. */
static int add(struct kg_plan *plan, struct kg_plan_step *step, struct kg_error *err)
{
	int result = step->path ? look(plan->root, step, err) : -1;

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
