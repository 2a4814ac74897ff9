// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/booted.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/boot_file.h"
#include "kernel-guard/system/microcode.h"

/*
 * How much speaks for a target, beside that it starts the kernel that runs. What the loader says
 * outweighs all else.
 */
enum {
	weight_kernel = 1,
	weight_options = 2,
	weight_size = 4,
	weight_image = 8,
	weight_entry = 32,
};

/* What a loader may add behind each image but the last, in bytes, so that cpio archives align. */
enum { max_padding = 3 };

/* How the size of a target's images is to that of what the kernel was given. */
enum size_relation {
	SIZE_UNKNOWN,
	SIZE_SAME,
	SIZE_OTHER,
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

/* ASCII only, whatever the locale. */
static char folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/*
 * Paths of a loader begin at a partition or device: it ends like ours, whatever the slashes, and
 * the case, which FAT does not tell.
 */
static bool is_same_file(const char *path, const char *loaders)
{
	size_t left = strlen(path);
	size_t right = strlen(loaders);

	while (left > 0 && right > 0 && loaders[right - 1] != ')') {
		char c = loaders[right - 1] == '\\' ? '/' : loaders[right - 1];

		if (folded(path[left - 1]) != folded(c))
			return false;
		left--;
		right--;
	}
	return left == 0 || right == 0 || loaders[right - 1] == ')';
}

/* Whether a word initrd= of the command line names the file, by which the EFI stub loads it. */
static bool is_named(const struct kg_strings *words, const char *path)
{
	static const char key[] = "initrd=";

	for (size_t i = 0; i < words->count; i++) {
		if (strncmp(words->items[i], key, strlen(key)) == 0 &&
		    is_same_file(path, words->items[i] + strlen(key)))
			return true;
	}
	return false;
}

/* One image is not enough: microcode is shared by all entries. */
static bool has_named_images(const struct kg_target *target, const struct kg_strings *words)
{
	bool named = target->initrds.count > 0;

	for (size_t i = 0; named && i < target->initrds.count; i++)
		named = is_named(words, target->initrds.items[i]);
	return named;
}

/* systemd's stub says so of itself where no loader has started it (LoaderImageIdentifier). */
static bool is_started_by_firmware(const struct kg_system *system, const struct kg_target *target)
{
	return target->unified && system->machine.loader &&
	       is_same_file(target->kernel, system->machine.loader);
}

/*
 * Systemd's stub adds images of its own to those of a unified one, and who starts a kernel without
 * a configuration that is read may add microcode: only the same size tells something there.
 */
static enum size_relation compare_size(const struct kg_system *system,
				       const struct kg_target *target)
{
	const struct kg_strings *images = &target->initrds;
	uint64_t size = system->machine.initrd_size;
	uint64_t sum = 0;

	if (size == 0 || images->count == 0)
		return SIZE_UNKNOWN;
	for (size_t i = 0; i < images->count; i++) {
		struct kg_boot_file image;
		struct kg_error ignored;

		if (kg_boot_file_open(&system->root, images->items[i], &image, &ignored) < 0)
			return SIZE_UNKNOWN;
		sum += image.source.size;
		kg_boot_file_close(&image);
	}
	if (size >= sum && size - sum <= images->count * max_padding)
		return SIZE_SAME;
	return (target->loader == KG_LOADER_SYSTEMD_BOOT || target->loader == KG_LOADER_GRUB) &&
			       kg_boot_file_is_kernel(&system->root, target->kernel)
		       ? SIZE_OTHER
		       : SIZE_UNKNOWN;
}

/*
 * "arch.conf" is "arch", and "arch+2-1.conf" too, to loaders of some versions; systemd-boot says
 * ids in lower case.
 */
static bool is_same_entry(const char *left, const char *right)
{
	size_t a = strcspn(left, "+");
	size_t b = strcspn(right, "+");
	bool same;

	if (left[a] == '\0' && kg_ends_with(left, ".conf"))
		a -= strlen(".conf");
	if (right[b] == '\0' && kg_ends_with(right, ".conf"))
		b -= strlen(".conf");
	same = a == b;
	for (size_t i = 0; same && i < a; i++)
		same = folded(left[i]) == folded(right[i]);
	return same;
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
	*weight = weight_kernel + (options ? weight_options : 0);
	if (compare_size(system, target) == SIZE_SAME)
		*weight += weight_size;
	if (image || has_named_images(target, words) || is_started_by_firmware(system, target))
		*weight += weight_image;
	if (entry && target->loader == KG_LOADER_SYSTEMD_BOOT &&
	    is_same_entry(entry, target->entry))
		*weight += weight_entry;
	return 0;
}

/* The path of the next image that is not of microcode alone, which fits every kernel, or NULL. */
static const char *next_image(const struct kg_system *system, const struct kg_target *target,
			      size_t *at)
{
	while (*at < target->initrds.count) {
		const char *path = target->initrds.items[(*at)++];

		if (!kg_initrd_is_only_microcode(&system->root, path))
			return path;
	}
	return NULL;
}

/* Whether both start the same files: then it does not matter which of them it was. */
static bool is_same_boot(const struct kg_system *system, const struct kg_target *left,
			 const struct kg_target *right)
{
	const char *a = left->kernel;
	const char *b = right->kernel;
	size_t i = 0;
	size_t j = 0;

	while (a && b && strcmp(a, b) == 0) {
		a = next_image(system, left, &i);
		b = next_image(system, right, &j);
	}
	return !a && !b;
}

/* *rival is NULL, or another one of which as much speaks. */
static int choose(const struct kg_system *system, const struct kg_strings *words,
		  const struct kg_target **target, const struct kg_target **rival,
		  struct kg_error *err)
{
	int best = 0;

	*target = NULL;
	*rival = NULL;
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *candidate = &system->targets.items[i];
		int weight;

		if (weigh(system, candidate, words, &weight, err) < 0)
			return -1;
		if (weight > best) {
			*target = candidate;
			*rival = NULL;
			best = weight;
		} else if (weight == best && *target && !*rival &&
			   !is_same_boot(system, *target, candidate)) {
			*rival = candidate;
		}
	}
	return 0;
}

/* Whether it was written after the boot; a clock that was wrong then says nothing. */
static bool is_changed(const struct kg_system *system, const char *path)
{
	struct kg_error ignored;
	struct timespec changed;

	return kg_root_last_change(&system->root, path, &changed, &ignored) == 0 &&
	       changed.tv_sec >= 0 && system->machine.boot_time != 0 &&
	       (uint64_t)changed.tv_sec > system->machine.boot_time;
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
static char *explain(const struct kg_system *system, const struct kg_target *target,
		     const struct kg_target *rival, struct kg_error *err)
{
	const char *release = system->machine.release;
	const char *changed;

	if (!target)
		return kg_format(err, "no boot entry starts the kernel that runs, %s", release);
	changed = find_changed(system, target);
	if (changed)
		return kg_format(err, "%s was changed after %s was booted", changed, release);
	if (rival)
		return kg_format(err,
				 "several boot entries start the kernel that runs, %s, with other "
				 "images, and nothing tells which of them did: %s or %s; none is "
				 "taken for what has booted",
				 release, target->entry, rival->entry);
	if (compare_size(system, target) == SIZE_OTHER)
		return kg_format(err,
				 "%s was booted with other images than those that %s names: they "
				 "had %" PRIu64 " bytes",
				 release, target->entry, system->machine.initrd_size);
	return NULL;
}

int kg_booted_target(const struct kg_system *system, const struct kg_target **target, char **why,
		     struct kg_error *err)
{
	struct kg_strings words = {0};
	const char *line = system->machine.command_line;
	const struct kg_target *rival = NULL;
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
		result = choose(system, &words, target, &rival, err);
	kg_strings_free(&words);
	if (result < 0)
		return -1;
	*why = explain(system, *target, rival, err);
	if (*why)
		*target = NULL;
	return err->code == ENOMEM ? -1 : 0;
}
