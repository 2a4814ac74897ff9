// SPDX-License-Identifier: GPL-2.0-or-later
#include "prepare_ahead.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "kernel-guard/core/strings.h"

enum {
	max_threads = 16,
	/* Modules that wait to be loaded, for each thread: memory is what they cost. */
	per_thread = 8,
	/* Of fewer modules starting threads costs more than it gains. */
	min_parallel = 8,
};

enum state { STATE_OPEN, STATE_READY };

struct slot {
	enum state state;
	char *path;
	struct kg_buffer file;
	struct kg_prepared_module *prepared;
	struct kg_error error; /* code 0 where prepared is there */
};

struct kg_prepare_ahead {
	const struct kg_kernel *kernel;
	const struct kg_load_situation *situation;
	const struct kg_module_tree *tree;
	const struct kg_strings *paths;
	struct slot *slots; /* of module i: i % slot_count */
	size_t slot_count;
	pthread_t threads[max_threads];
	size_t thread_count;
	pthread_mutex_t lock; /* of all that follows, and of the slots' states */
	pthread_cond_t changed;
	size_t begun;  /* modules that a thread has taken */
	size_t loaded; /* modules that the caller is done with */
	size_t given;  /* modules that the caller has got */
	bool stopping;
};

static void empty_slot(struct slot *slot)
{
	kg_prepared_module_free(slot->prepared);
	kg_buffer_free(&slot->file);
	free(slot->path);
	*slot = (struct slot){0};
}

static void fill_slot(const struct kg_prepare_ahead *ahead, size_t index, struct slot *slot)
{
	const char *path = ahead->paths->items[index];

	slot->error = (struct kg_error){0};
	slot->path = kg_format(&slot->error, "%s/%s", kg_module_tree_path(ahead->tree), path);
	if (!slot->path || kg_module_tree_read(ahead->tree, path, &slot->file, &slot->error) < 0)
		return;
	slot->error = (struct kg_error){0};
	slot->prepared = kg_module_prepare(ahead->kernel, ahead->situation, slot->path,
					   kg_buffer_span(&slot->file), &slot->error);
}

/* The next module that nobody has taken, once there is room; false at the end. */
static bool take(struct kg_prepare_ahead *ahead, size_t *index)
{
	while (!ahead->stopping && ahead->begun < ahead->paths->count &&
	       ahead->begun >= ahead->loaded + ahead->slot_count)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	if (ahead->stopping || ahead->begun >= ahead->paths->count)
		return false;
	*index = ahead->begun++;
	return true;
}

static void *work(void *context)
{
	struct kg_prepare_ahead *ahead = context;
	size_t index;

	pthread_mutex_lock(&ahead->lock);
	while (take(ahead, &index)) {
		struct slot *slot = &ahead->slots[index % ahead->slot_count];

		pthread_mutex_unlock(&ahead->lock);
		fill_slot(ahead, index, slot);
		pthread_mutex_lock(&ahead->lock);
		slot->state = STATE_READY;
		pthread_cond_broadcast(&ahead->changed);
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

static size_t wanted_threads(size_t modules)
{
	cpu_set_t cpus;
	size_t count = 1;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		count = (size_t)CPU_COUNT(&cpus);
	if (modules < min_parallel)
		return 0;
	return count < max_threads ? count : max_threads;
}

struct kg_prepare_ahead *kg_prepare_ahead_start(const struct kg_kernel *kernel,
						const struct kg_load_situation *situation,
						const struct kg_module_tree *tree,
						const struct kg_strings *paths,
						struct kg_error *err)
{
	struct kg_prepare_ahead *ahead = calloc(1, sizeof(*ahead));
	size_t threads = wanted_threads(paths->count);

	if (!ahead) {
		kg_fail_memory(err);
		return NULL;
	}
	ahead->kernel = kernel;
	ahead->situation = situation;
	ahead->tree = tree;
	ahead->paths = paths;
	ahead->slot_count = threads * per_thread + 1;
	ahead->slots = calloc(ahead->slot_count, sizeof(*ahead->slots));
	if (!ahead->slots) {
		free(ahead);
		kg_fail_memory(err);
		return NULL;
	}
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	while (ahead->thread_count < threads &&
	       pthread_create(&ahead->threads[ahead->thread_count], NULL, work, ahead) == 0)
		ahead->thread_count++;
	return ahead;
}

/* Waits until the module is ready; without threads it is prepared here. */
static void await(struct kg_prepare_ahead *ahead, size_t index, struct slot *slot)
{
	if (ahead->thread_count == 0) {
		fill_slot(ahead, index, slot);
		return;
	}
	pthread_mutex_lock(&ahead->lock);
	while (slot->state != STATE_READY)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	pthread_mutex_unlock(&ahead->lock);
}

static void give_back(struct kg_prepare_ahead *ahead)
{
	if (ahead->loaded == ahead->given)
		return;
	pthread_mutex_lock(&ahead->lock);
	empty_slot(&ahead->slots[ahead->loaded % ahead->slot_count]);
	ahead->loaded++;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}

int kg_prepare_ahead_next(struct kg_prepare_ahead *ahead, struct kg_ahead *module,
			  struct kg_error *err)
{
	struct slot *slot;

	give_back(ahead);
	if (ahead->given >= ahead->paths->count)
		return 0;
	slot = &ahead->slots[ahead->given % ahead->slot_count];
	await(ahead, ahead->given, slot);
	ahead->given++;
	if (slot->error.code == ENOMEM) {
		*err = slot->error;
		return -1;
	}
	*module = (struct kg_ahead){slot->prepared, slot->path, &slot->error};
	return 1;
}

void kg_prepare_ahead_free(struct kg_prepare_ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stopping = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	for (size_t i = 0; i < ahead->thread_count; i++)
		(void)pthread_join(ahead->threads[i], NULL);
	for (size_t i = 0; i < ahead->slot_count; i++)
		empty_slot(&ahead->slots[i]);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead->slots);
	free(ahead);
}
