// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/booted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/core/strings.h"

/* How much speaks for a target. What the loader says outweighs all else. */
enum {
	weight_default = 1,
	weight_options = 2,
	weight_image = 8,
	weight_entry = 32,
};

/*
 * "RELEASE (BUILDER@HOST) #1 SMP … DATE" of an image and "Linux version RELEASE (BUILDER@HOST)
 * (COMPILER) #1 SMP … DATE" of the kernel that runs (init/version.c): of two builds of one
 * release number and date differ.
 */
static bool is_running(const char *version, const struct kg_machine *machine)
{
	size_t length = strcspn(version, " ");
	const char *build = strstr(version, " #");
	const char *running = machine->banner ? strstr(machine->banner, " #") : NULL;

	if (strlen(machine->release) != length || strncmp(version, machine->release, length) != 0)
		return false;
	return !build || !running || strcmp(build, running) == 0;
}

/* The value of "NAME=" among the words of the command line, or NULL. */
static const char *find_word(const struct kg_strings *words, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < words->count; i++) {
		if (strncmp(words->items[i], name, length) == 0)
			return words->items[i] + length;
	}
	return NULL;
}

/* Paths of a loader begin at a partition or device: it ends like ours, whatever the slashes. */
static bool is_same_file(const char *path, const char *loaders)
{
	size_t left = strlen(path);
	size_t right = strlen(loaders);

	while (left > 0 && right > 0 && loaders[right - 1] != ')') {
		char c = loaders[right - 1] == '\\' ? '/' : loaders[right - 1];

		if (path[left - 1] != c)
			return false;
		left--;
		right--;
	}
	return left == 0 || right == 0 || loaders[right - 1] == ')';
}

static bool has_image(const struct kg_target *target, const char *loaders)
{
	for (size_t i = 0; i < target->initrds.count; i++) {
		if (is_same_file(target->initrds.items[i], loaders))
			return true;
	}
	return false;
}

/* "arch.conf" is "arch", and "arch+2-1.conf" too, to loaders of some versions. */
static bool is_same_entry(const char *left, const char *right)
{
	size_t a = strcspn(left, "+");
	size_t b = strcspn(right, "+");

	if (left[a] == '\0' && kg_ends_with(left, ".conf"))
		a -= strlen(".conf");
	if (right[b] == '\0' && kg_ends_with(right, ".conf"))
		b -= strlen(".conf");
	return a == b && strncmp(left, right, a) == 0;
}

/* Whether all options of the target are on the command line that was booted with. */
static int has_options(const struct kg_target *target, const struct kg_strings *words, bool *all,
		       struct kg_error *err)
{
	struct kg_strings options = {0};
	int result = target->options ? kg_strings_add_words(&options, target->options, err) : 0;

	*all = result == 0 && options.count > 0;
	for (size_t i = 0; i < options.count && *all; i++)
		*all = kg_strings_contain(words, options.items[i]);
	kg_strings_free(&options);
	return result;
}

/* What speaks for the target; 0 where it is not the one. */
static int weigh(const struct kg_system *system, const struct kg_target *target,
		 const struct kg_strings *words, int *weight, struct kg_error *err)
{
	const char *entry = system->machine.selected_entry;
	const char *image = find_word(words, "BOOT_IMAGE=");
	const char *initrd = find_word(words, "initrd=");
	struct kg_error why;
	bool options;
	char *version;
	bool running;

	*weight = 0;
	if (target->foreign)
		return 0;
	version = kg_kernel_read_version(&system->root, target->kernel, &why);
	running = version && is_running(version, &system->machine);
	free(version);
	/* Each speaks of its own loader's entries only. */
	if (!running || (image && !is_same_file(target->kernel, image)) ||
	    (!image && target->loader == KG_LOADER_GRUB && entry))
		return 0;
	if (has_options(target, words, &options, err) < 0)
		return -1;
	*weight = 1 + (target->is_default ? weight_default : 0) + (options ? weight_options : 0);
	if (image || (initrd && has_image(target, initrd)))
		*weight += weight_image;
	if (entry && target->loader == KG_LOADER_SYSTEMD_BOOT &&
	    is_same_entry(entry, target->entry))
		*weight += weight_entry;
	return 0;
}

static bool is_same_boot(const struct kg_target *left, const struct kg_target *right)
{
	if (strcmp(left->kernel, right->kernel) != 0 || left->initrds.count != right->initrds.count)
		return false;
	for (size_t i = 0; i < left->initrds.count; i++) {
		if (strcmp(left->initrds.items[i], right->initrds.items[i]) != 0)
			return false;
	}
	return true;
}

static int choose(const struct kg_system *system, const struct kg_strings *words,
		  const struct kg_target **target, bool *doubtful, struct kg_error *err)
{
	int best = 0;

	*target = NULL;
	*doubtful = false;
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *candidate = &system->targets.items[i];
		int weight;

		if (weigh(system, candidate, words, &weight, err) < 0)
			return -1;
		if (weight > best) {
			*target = candidate;
			*doubtful = false;
			best = weight;
		} else if (weight == best && *target && !is_same_boot(*target, candidate)) {
			*doubtful = true;
		}
	}
	return 0;
}

/* Whether it was written after the boot; a clock that was wrong then says nothing. */
static bool is_changed(const struct kg_system *system, const char *path)
{
	struct kg_error ignored;
	struct stat status;
	struct kg_file file;
	uint64_t changed;
	bool known;

	if (kg_root_open_file(&system->root, path, &file, &ignored) < 0)
		return false;
	known = fstat(file.fd, &status) == 0;
	kg_file_close(&file);
	if (!known || status.st_ctim.tv_sec < 0 || system->machine.boot_time == 0)
		return false;
	changed = (uint64_t)status.st_ctim.tv_sec;
	return changed > system->machine.boot_time;
}

static const char *find_changed(const struct kg_system *system, const struct kg_target *target)
{
	if (is_changed(system, target->kernel))
		return target->kernel;
	for (size_t i = 0; i < target->initrds.count; i++) {
		if (is_changed(system, target->initrds.items[i]))
			return target->initrds.items[i];
	}
	return NULL;
}

/* Why what was chosen is none, after all; NULL where it is one, or with ENOMEM. */
static char *explain(const struct kg_system *system, const struct kg_target *target, bool doubtful,
		     struct kg_error *err)
{
	const char *release = system->machine.release;
	const char *changed;

	if (!target)
		return kg_format(err, "no boot entry starts the kernel that runs, %s", release);
	if (doubtful)
		return kg_format(err,
				 "several boot entries start the kernel that runs, %s, and nothing "
				 "tells which of them did",
				 release);
	changed = find_changed(system, target);
	return changed ? kg_format(err, "%s was changed after %s was booted", changed, release)
		       : NULL;
}

int kg_booted_target(const struct kg_system *system, const struct kg_target **target, char **why,
		     struct kg_error *err)
{
	struct kg_strings words = {0};
	const char *line = system->machine.command_line;
	bool doubtful = false;
	int result;

	*target = NULL;
	*why = NULL;
	err->code = 0;
	if (!system->machine.release) {
		*why = kg_copy_string("nothing is known of the kernel that runs", err);
		return *why ? 0 : -1;
	}
	result = line ? kg_strings_add_words(&words, line, err) : 0;
	if (result == 0)
		result = choose(system, &words, target, &doubtful, err);
	kg_strings_free(&words);
	if (result < 0)
		return -1;
	*why = explain(system, *target, doubtful, err);
	if (*why)
		*target = NULL;
	return err->code == ENOMEM ? -1 : 0;
}
