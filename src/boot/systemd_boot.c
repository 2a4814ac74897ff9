// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fallback entries for systemd-boot: type 1 entries (UAPI.1 Boot Loader Specification), each a
 * file of its own beside the one it is cloned from.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/boot_entry.h"
#include "loaders.h"
#include "systemd_boot_choice.h"
#include "systemd_boot_clone.h"

enum { max_entry = 1 << 20 };

/* The directory that a kernel lies in, which kernel-install calls after its release. */
static struct kg_span directory_of(const char *kernel)
{
	const char *end = strrchr(kernel, '/');
	const char *start = end;

	while (start && start > kernel && start[-1] != '/')
		start--;
	return kg_span_of(start, (size_t)(end - start));
}

/*
 * The part of an id that stays when the kernel gets another release: "arch" of "arch+3-1.conf";
 * of kernel-install's TOKEN-RELEASE.conf the token, for with RELEASE it removes what is called
 * after it.
 */
static size_t stem_length(const struct kg_target *target)
{
	const char *id = target->entry;
	size_t length = kg_systemd_boot_name_length(id);
	struct kg_span release = directory_of(target->kernel);

	if (strspn(id, "0123456789abcdef") >= 32 && id[32] == '-')
		return 32;
	if (release.size > 0 && length > release.size + 1 &&
	    memcmp(id + length - release.size, release.data, release.size) == 0 &&
	    id[length - release.size - 1] == '-')
		length -= release.size + 1;
	return length;
}

static char *own_id(const struct kg_target *target, size_t count, struct kg_error *err)
{
	const char *id = target->entry;
	int stem = (int)stem_length(target);

	if (count == 1)
		return kg_format(err, "%.*s%s.conf", stem, id, kg_systemd_boot_suffix);
	return kg_format(err, "%.*s%s.%zu.conf", stem, id, kg_systemd_boot_suffix, count);
}

static bool owns(const struct kg_target *target)
{
	const char *suffix = strstr(target->entry, kg_systemd_boot_suffix);
	const char *counter = kg_systemd_boot_counter(target->entry);
	size_t digits;

	if (!suffix)
		return false;
	suffix += strlen(kg_systemd_boot_suffix);
	digits = suffix[0] == '.' ? strspn(suffix + 1, "0123456789") : 0;
	suffix += digits ? digits + 1 : 0;
	return suffix == counter || strcmp(suffix, ".conf") == 0;
}

static bool is_planned(const struct kg_entry_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++) {
		if (strcmp(files->items[i].path, path) == 0)
			return true;
	}
	return false;
}

/*
 * The path of the entry beside the one that is cloned: the first number that is free, for two
 * kernels may share their token.
 */
static char *own_path(const struct kg_fallback *fallback, const struct kg_entry_files *files,
		      struct kg_error *err)
{
	const char *source = fallback->target->source;
	const char *slash = strrchr(source, '/');
	char *path = NULL;

	for (size_t count = kg_kept_count(fallback->number); slash && !path; count++) {
		char *id = own_id(fallback->target, count, err);

		path = id ? kg_format(err, "%.*s/%s", (int)(slash - source), source, id) : NULL;
		free(id);
		if (!path)
			return NULL;
		if (is_planned(files, path)) {
			free(path);
			path = NULL;
		}
	}
	return path;
}

/* Whether a file is one of ours; one that is not there, or cannot be read, is none. */
static bool is_marked(const struct kg_system *system, const char *path, bool *there)
{
	struct kg_buffer text = {0};
	struct kg_error why = {0};
	int result = kg_root_read_file(&system->root, path, max_entry, &text, &why);
	bool marked = result == 0 && kg_systemd_boot_is_own(kg_buffer_span(&text));

	/* An empty one is what a power cut may leave of ours: kg_replace_file(). */
	*there = result == 0 ? text.size > 0 : why.code != ENOENT;
	kg_buffer_free(&text);
	return marked;
}

/* Adds a sentence about a kept kernel that gets no entry. */
static int refuse(const struct kg_fallback *fallback, struct kg_strings *notes, const char *reason,
		  const char *subject, struct kg_error *err)
{
	return kg_strings_take(notes,
			       kg_format(err, "%s: the kept kernel %s gets no entry, because %s%s",
					 fallback->target->entry, fallback->release, reason,
					 subject),
			       err);
}

static int refuse_name(const struct kg_fallback *fallback, struct kg_strings *notes,
		       const char *path, struct kg_error *err)
{
	char *subject = kg_format(err, "%s; to have it there: mv -n %s %s.away", path, path, path);
	int result = subject ? refuse(fallback, notes,
				      "somebody else has written, or something has damaged, ",
				      subject, err)
			     : -1;

	free(subject);
	return result;
}

/* The glob of a partition's loader.conf, or NULL. */
static char *default_of(const struct kg_system *system, const char *partition)
{
	struct kg_buffer text = {0};
	struct kg_error err;
	char *path = kg_format(&err, "%s/loader/loader.conf", partition);
	char *glob = NULL;

	if (path && kg_root_read_file(&system->root, path, max_entry, &text, &err) == 0)
		glob = kg_boot_configuration_value(kg_buffer_span(&text), "default", &err);
	kg_buffer_free(&text);
	free(path);
	return glob;
}

/*
 * Whether a glob would have systemd-boot start the entry of this id: it takes the first match
 * of its menu, where that entry is below the one that is cloned. A name without wildcards is
 * somebody's choice.
 */
static bool chooses(const struct kg_system *system, const struct kg_target *cloned,
		    const char *glob, const char *id)
{
	bool above = true;

	if (!strpbrk(glob, "*?[") || fnmatch(glob, id, FNM_CASEFOLD) != 0)
		return false;
	for (size_t i = 0; above && i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->loader == KG_LOADER_SYSTEMD_BOOT && target != cloned && !owns(target) &&
		    target->is_default && fnmatch(glob, target->entry, FNM_CASEFOLD) == 0)
			return false;
		above = target != cloned;
	}
	return fnmatch(glob, cloned->entry, FNM_CASEFOLD) != 0;
}

/*
 * Any partition's loader.conf may come to count: which is the ESP's is told by the firmware. The
 * variable of bootctl set-default comes before both.
 */
static bool would_be_default(const struct kg_system *system, const struct kg_target *cloned,
			     const char *id)
{
	const char *preferred = system->machine.preferred_entry;
	bool found = preferred && chooses(system, cloned, preferred, id);

	for (size_t i = 0; i < system->places.count && !found; i++) {
		char *glob = default_of(system, system->places.items[i].point);

		found = glob && chooses(system, cloned, glob, id);
		free(glob);
	}
	return found;
}

/* A unified kernel image beside another is an entry of its own. */
static bool lists_by_default(const struct kg_system *system, const struct kg_target *target,
			     const char *path)
{
	return target->unified && would_be_default(system, target, kg_base_name(path));
}

static int write_clone(const struct kg_system *system, const struct kg_fallback *fallback,
		       const char *path, struct kg_entry_files *files, struct kg_strings *notes,
		       struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_buffer content = {0};
	struct kg_error why;
	int result;

	if (kg_root_read_file(&system->root, fallback->target->source, max_entry, &text, &why) < 0)
		result = kg_strings_take(notes, kg_format(err, "%s", why.message), err);
	else
		result = kg_systemd_boot_clone(fallback, kg_buffer_span(&text), &content, err) < 0
				 ? -1
				 : kg_entry_files_add(files, path, &content, err);
	kg_buffer_free(&text);
	return result;
}

static int plan_one(const struct kg_system *system, const struct kg_fallback *fallback,
		    struct kg_entry_files *files, struct kg_strings *notes, struct kg_error *err)
{
	char *path = own_path(fallback, files, err);
	bool there;
	int result;

	if (!path)
		return -1;
	if (!is_marked(system, path, &there) && there)
		result = refuse_name(fallback, notes, path, err);
	else if (would_be_default(system, fallback->target, kg_base_name(path)))
		result = refuse(fallback, notes,
				"\"default\" in loader.conf would have it started when nobody "
				"chooses: make it match ",
				fallback->target->entry, err);
	else
		result = write_clone(system, fallback, path, files, notes, err);
	free(path);
	return result;
}

/*
 * Whether the options name an image in another way than by a plain word initrd=, so that the clone
 * would share it with the entry: the EFI stub knows neither words nor quotes.
 */
static bool hides_initrd(const struct kg_target *target)
{
	const char *options = target->options;

	if (!options || !kg_systemd_boot_names_initrd(options))
		return false;
	for (const char *at = options; (at = strstr(at, "initrd=")); at++) {
		if (at > options && !kg_is_blank((unsigned char)at[-1]))
			return true;
	}
	return strchr(options, '"') != NULL;
}

/* Whether own bears the name of a clone of target. */
static bool is_called_after(const struct kg_target *own, const struct kg_target *target)
{
	size_t stem = stem_length(target);

	return strncmp(own->entry, target->entry, stem) == 0 &&
	       strncmp(own->entry + stem, kg_systemd_boot_suffix,
		       strlen(kg_systemd_boot_suffix)) == 0;
}

/* Whether own starts a kept kernel of the one that target starts. */
static bool is_of_kernel(const struct kg_target *own, const struct kg_target *target)
{
	bool found = false;

	for (size_t number = 1; number <= kg_kept_last && !found; number++) {
		struct kg_error ignored;
		char *kept = kg_kept_name(target->kernel, number, &ignored);

		found = kept && strcmp(kept, own->kernel) == 0;
		free(kept);
	}
	return found;
}

/* Whether the entry that this one of ours was cloned from is there, as far as can be read. */
static bool has_original(const struct kg_system *system, const struct kg_target *own)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		/* Another entry of the kernel may start it with another image. */
		if (target->loader == KG_LOADER_SYSTEMD_BOOT && is_called_after(own, target) &&
		    is_of_kernel(own, target))
			return true;
	}
	return false;
}

/*
 * Whether an entry of ours starts a kept kernel, which no other one does, and the one that it was
 * cloned from is gone or damaged: it may then be the only one that does start.
 */
static bool is_still_good(const struct kg_system *system, const struct kg_target *own,
			  const struct kg_strings *started)
{
	bool whole = kg_root_has_file(&system->root, own->kernel);

	for (size_t i = 0; i < own->initrds.count; i++)
		whole = whole && kg_root_has_file(&system->root, own->initrds.items[i]);
	return whole && !kg_strings_contain(started, own->kernel) && !has_original(system, own);
}

/* Only what bears the mark is removed: a name may be somebody else's. */
static int remove_stale(const struct kg_system *system, const struct kg_target *target,
			const struct kg_strings *started, struct kg_entry_files *files,
			struct kg_error *err)
{
	bool there;

	if (is_planned(files, target->source) || !is_marked(system, target->source, &there) ||
	    is_still_good(system, target, started))
		return 0;
	return kg_entry_files_add(files, target->source, NULL, err);
}

static int remove_all_stale(const struct kg_system *system, const struct kg_strings *started,
			    struct kg_entry_files *files, struct kg_error *err)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->loader == KG_LOADER_SYSTEMD_BOOT && owns(target) &&
		    remove_stale(system, target, started, files, err) < 0)
			return -1;
	}
	return 0;
}

/* Whether systemd-boot lists by itself what lies beside this unified image. */
static bool is_listed(const struct kg_system *system, const char *kernel)
{
	for (size_t i = 0; i < system->places.count; i++) {
		struct kg_error ignored;
		char *path = kg_format(&ignored, "%s/EFI/Linux/%s", system->places.items[i].point,
				       kg_base_name(kernel));
		bool listed = path && strcmp(path, kernel) == 0;

		free(path);
		if (listed)
			return true;
	}
	return false;
}

/* Adds the kept kernel to started where its entry is planned. */
static int plan_fallback(const struct kg_system *system, const struct kg_fallback *fallback,
			 struct kg_entry_files *files, struct kg_strings *started,
			 struct kg_strings *notes, struct kg_error *err)
{
	size_t before = files->count;

	if (hides_initrd(fallback->target))
		return refuse(fallback, notes,
			      "its options name an initrd= beside quotes or inside of a word", "",
			      err);
	if (plan_one(system, fallback, files, notes, err) < 0)
		return -1;
	return files->count == before
		       ? 0
		       : kg_strings_take(started,
					 kg_kept_name(fallback->target->kernel, fallback->number,
						      err),
					 err);
}

static int plan_all(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		    struct kg_entry_files *files, struct kg_strings *started,
		    struct kg_strings *notes, struct kg_error *err)
{
	for (size_t i = 0; i < fallbacks->count; i++) {
		const struct kg_target *target = fallbacks->items[i].target;

		if (target->loader != KG_LOADER_SYSTEMD_BOOT ||
		    (target->unified && is_listed(system, target->kernel)))
			continue;
		if (plan_fallback(system, &fallbacks->items[i], files, started, notes, err) < 0)
			return -1;
	}
	return 0;
}

static int plan(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		struct kg_entry_files *files, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_strings started = {0};
	int result = kg_note_unreadable(system, &kg_boot_loader_systemd_boot, notes, err);

	if (result == 0)
		result = plan_all(system, fallbacks, files, &started, notes, err);
	if (result == 0)
		result = remove_all_stale(system, &started, files, err);
	kg_strings_free(&started);
	return result == 0 ? kg_systemd_boot_take_back(system, files, err) : -1;
}

const struct kg_boot_loader kg_boot_loader_systemd_boot = {
	.loader = KG_LOADER_SYSTEMD_BOOT,
	.configuration = "/loader/",
	.suffix = "",
	.plan = plan,
	.lists_by_default = lists_by_default,
	.make_default = kg_systemd_boot_choose,
	.owns = owns,
	.clones_unified = true,
};
