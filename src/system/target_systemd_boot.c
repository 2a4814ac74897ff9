// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/os_release.h"
#include "kernel-guard/system/boot_file.h"
#include "kernel-guard/system/target.h"
#include "systemd_boot_default.h"

enum { max_file = 1 << 20 };

static void free_candidates(struct kg_candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++) {
		kg_boot_entry_free(&candidates->items[i].entry);
		free(candidates->items[i].id);
		free(candidates->items[i].key);
	}
	free(candidates->items);
}

/* Adds *candidate, or frees it. */
static int add_candidate(struct kg_candidates *candidates, struct kg_candidate *candidate,
			 struct kg_error *err)
{
	candidate->key = kg_candidate_key(candidate->id, &candidate->tries_left, err);
	if (!candidate->key || kg_array_reserve(&candidates->items, &candidates->capacity,
						candidates->count, sizeof(*candidates->items),
						err) < 0) {
		kg_boot_entry_free(&candidate->entry);
		free(candidate->id);
		free(candidate->key);
		return -1;
	}
	candidates->items[candidates->count++] = *candidate;
	return 0;
}

static int read_entry(const struct kg_root *root, const char *partition, const char *name,
		      struct kg_candidates *candidates, struct kg_troubles *troubles,
		      struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_error reason;
	struct kg_candidate candidate = {.partition = partition};
	char *path = kg_format(err, "%s/loader/entries/%s", partition, name);
	int result;

	if (!path)
		return -1;
	result = kg_root_read_file(root, path, max_file, &text, &reason);
	if (result == 0) {
		result = kg_boot_entry_parse(kg_buffer_span(&text), &candidate.entry, &reason);
		if (result < 0)
			kg_prefix(&reason, "%s", path);
	}
	kg_buffer_free(&text);
	if (result < 0)
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, path, &reason, err);
	else if (!candidate.entry.linux_path && !candidate.entry.efi && !candidate.entry.uki)
		kg_boot_entry_free(&candidate.entry); /* nothing to start: loaders leave it out */
	else if (!(candidate.id = kg_copy_string(name, err))) {
		kg_boot_entry_free(&candidate.entry);
		result = -1;
	} else {
		result = add_candidate(candidates, &candidate, err);
	}
	free(path);
	return result;
}

/* The first of these keys that has a value; NULL where none has. */
static int first_value(struct kg_span text, const char *const keys[], char **value,
		       struct kg_error *err)
{
	*value = NULL;
	for (size_t i = 0; keys[i] && !*value; i++) {
		*value = kg_os_release_value(text, keys[i], err);
		if (!*value && err->code != 0)
			return -1;
	}
	return 0;
}

/* What the menu shows and sorts by: bootspec_pick_name_version_sort_key() of systemd 257. */
static int name_unified(struct kg_span text, struct kg_boot_entry *entry, struct kg_error *err)
{
	static const char *const titles[] = {"PRETTY_NAME", "IMAGE_ID", "NAME", "ID", NULL};
	static const char *const versions[] = {"IMAGE_VERSION", "VERSION", "VERSION_ID",
					       "BUILD_ID", NULL};
	static const char *const sort_keys[] = {"IMAGE_ID", "ID", NULL};

	if (first_value(text, titles, &entry->title, err) < 0 ||
	    first_value(text, versions, &entry->version, err) < 0)
		return -1;
	return first_value(text, sort_keys, &entry->sort_key, err);
}

/*
 * systemd-boot leaves out a sound EFI program without .osrel (boot_entry_add_type2() of its
 * boot.c, version 257): one that is damaged may have been an entry.
 */
static int read_os_release(const struct kg_root *root, const char *file,
			   struct kg_boot_entry *entry, bool *is_entry, struct kg_error *err)
{
	struct kg_boot_file boot;
	struct kg_buffer text = {0};
	struct kg_error why;
	char *path = kg_format(err, "%s:.osrel", file);
	int result = path ? 0 : -1;

	*is_entry = true;
	if (result == 0 && kg_boot_file_open(root, path, &boot, &why) == 0) {
		if (kg_boot_file_read(&boot, max_file, &text, &why) == 0)
			result = name_unified(kg_buffer_span(&text), entry, err);
		kg_boot_file_close(&boot);
	} else if (result == 0) {
		*is_entry = why.code != ENOENT || !kg_root_has_file(root, file);
	}
	kg_buffer_free(&text);
	free(path);
	return result;
}

/* A type 2 entry: a unified kernel image, which is listed by itself. */
static int read_unified(const struct kg_root *root, const char *partition, const char *name,
			struct kg_candidates *candidates, struct kg_troubles *troubles,
			struct kg_error *err)
{
	struct kg_candidate candidate = {
		.partition = partition,
		.id = kg_copy_string(name, err),
		.entry.uki = kg_format(err, "/EFI/Linux/%s", name),
	};

	char *file = kg_candidate_path(partition, candidate.entry.uki ? candidate.entry.uki : "",
				       err);
	bool is_entry = false;
	int result = -1;

	(void)troubles;
	if (candidate.id && candidate.entry.uki && file)
		result = read_os_release(root, file, &candidate.entry, &is_entry, err);
	free(file);
	if (result == 0 && is_entry)
		return add_candidate(candidates, &candidate, err);
	kg_boot_entry_free(&candidate.entry);
	free(candidate.id);
	return result;
}

/* Where entries lie on a partition, and how each is read. */
static const struct {
	const char *directory;
	const char *suffix;
	int (*read)(const struct kg_root *root, const char *partition, const char *name,
		    struct kg_candidates *candidates, struct kg_troubles *troubles,
		    struct kg_error *err);
} kinds[] = {
	{"loader/entries", ".conf", read_entry},
	{"EFI/Linux", ".efi", read_unified},
};

static int read_kind(const struct kg_root *root, const char *partition, size_t kind,
		     struct kg_candidates *candidates, struct kg_troubles *troubles,
		     struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error reason;
	char *directory = kg_format(err, "%s/%s", partition, kinds[kind].directory);
	int result = 0;

	if (!directory)
		return -1;
	if (kg_root_list(root, directory, &names, &reason) < 0 && reason.code != ENOENT)
		result = kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, directory, &reason, err);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		/* systemd-boot leaves out hidden files and names of its own. */
		if (names.items[i][0] != '.' && strncmp(names.items[i], "auto-", 5) != 0 &&
		    kg_ends_with(names.items[i], kinds[kind].suffix))
			result = kinds[kind].read(root, partition, names.items[i], candidates,
						  troubles, err);
	}
	kg_strings_free(&names);
	free(directory);
	return result;
}

/* Unified images lie in EFI/Linux for other loaders too: only systemd-boot lists them. */
static bool has_systemd_boot(const struct kg_root *root, const struct kg_boot_places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		struct kg_error ignored;
		char *path = kg_format(&ignored, "%s/loader", places->items[i].point);
		bool found = path && kg_root_has_directory(root, path);

		free(path);
		if (found)
			return true;
	}
	return false;
}

static int read_partitions(const struct kg_root *root, const struct kg_boot_places *places,
			   struct kg_candidates *candidates, struct kg_troubles *troubles,
			   struct kg_error *err)
{
	if (!has_systemd_boot(root, places))
		return 0;
	for (size_t i = 0; i < places->count; i++) {
		for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
			if (read_kind(root, places->items[i].point, kind, candidates, troubles,
				      err) < 0)
				return -1;
		}
	}
	return 0;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/*
 * The order of the menu (UAPI.1, "Sorting"): entries that have failed too often last;
 * entries with a sort-key first, by key
 * and machine id upwards and version downwards; all others, and ties, by id downwards.
 */
static int compare_candidates(const void *left, const void *right)
{
	const struct kg_candidate *a = left;
	const struct kg_candidate *b = right;
	int order;

	if ((a->tries_left == 0) != (b->tries_left == 0))
		return a->tries_left == 0 ? 1 : -1;
	if (!a->entry.sort_key != !b->entry.sort_key)
		return a->entry.sort_key ? -1 : 1;
	if (a->entry.sort_key) {
		order = strcmp(a->entry.sort_key, b->entry.sort_key);
		if (order == 0)
			order = strcmp(or_empty(a->entry.machine_id),
				       or_empty(b->entry.machine_id));
		if (order == 0)
			order = kg_version_compare(or_empty(b->entry.version),
						   or_empty(a->entry.version));
		if (order)
			return order;
	}
	order = kg_version_compare(b->key, a->key);
	return order ? order : (a->tries_left < b->tries_left) - (a->tries_left > b->tries_left);
}

/* initrd= is the EFI stub's own way (Documentation/admin-guide/efi-stub.rst). */
static int add_option_initrds(const struct kg_candidate *candidate, struct kg_target *target,
			      struct kg_error *err)
{
	struct kg_strings words = {0};
	int result = 0;

	if (candidate->entry.options)
		result = kg_strings_add_words(&words, candidate->entry.options, err);
	for (size_t i = 0; result == 0 && i < words.count; i++) {
		char *path;

		if (strncmp(words.items[i], "initrd=", 7) != 0)
			continue;
		for (char *c = words.items[i]; *c; c++)
			*c = *c == '\\' ? '/' : *c;
		path = kg_candidate_path(candidate->partition, words.items[i] + 7, err);
		result = kg_strings_take(&target->initrds, path, err);
	}
	kg_strings_free(&words);
	return result;
}

/* An entry with the machine id of another system on the same partition. */
static bool is_foreign(const struct kg_boot_entry *entry, const char *machine_id)
{
	return entry->machine_id && machine_id && strcmp(entry->machine_id, machine_id) != 0;
}

/* The first line of /etc/machine-id, or NULL; "uninitialized" stands for none. */
static char *read_machine_id(const struct kg_root *root)
{
	struct kg_buffer text = {0};
	struct kg_error ignored;
	struct kg_span rest;
	struct kg_span line;
	char *machine_id = NULL;

	if (kg_root_read_file(root, "/etc/machine-id", 4096, &text, &ignored) == 0) {
		rest = kg_buffer_span(&text);
		if (kg_span_next_line(&rest, &line) && line.size == 32)
			machine_id = kg_span_copy_string(line, &ignored);
	}
	kg_buffer_free(&text);
	return machine_id;
}

/* "efi" may start a kernel too, by its EFI stub: its images are files, named in the options. */
static bool is_unified(const struct kg_root *root, const struct kg_boot_entry *entry,
		       const char *file)
{
	return !entry->linux_path && !(entry->efi && kg_boot_file_is_kernel(root, file));
}

static int add_target(const struct kg_root *root, const struct kg_candidate *candidate,
		      bool is_default, const char *machine_id, struct kg_targets *targets,
		      struct kg_error *err)
{
	const struct kg_boot_entry *entry = &candidate->entry;
	struct kg_target target = {
		.loader = KG_LOADER_SYSTEMD_BOOT,
		.entry = kg_copy_string(candidate->id, err),
		.source = kg_format(err, "%s/%s/%s", candidate->partition,
				    kg_ends_with(candidate->id, ".conf") ? "loader/entries"
									 : "EFI/Linux",
				    candidate->id),
		.kernel = kg_candidate_path(candidate->partition, kg_entry_starts(entry), err),
		.title = entry->title ? kg_copy_string(entry->title, err) : NULL,
		.options = entry->options ? kg_copy_string(entry->options, err) : NULL,
		.is_default = is_default,
		.foreign = is_foreign(entry, machine_id),
	};
	bool whole = target.entry && target.source && target.kernel &&
		     !target.title == !entry->title && !target.options == !entry->options;

	target.unified = whole && is_unified(root, entry, target.kernel);
	for (size_t i = 0; whole && i < entry->initrds.count; i++) {
		char *path = kg_candidate_path(candidate->partition, entry->initrds.items[i], err);

		whole = path && kg_strings_add(&target.initrds, path, err) == 0;
		free(path);
	}
	whole = whole && add_option_initrds(candidate, &target, err) == 0;
	if (kg_targets_add(targets, &target, err) < 0)
		return -1;
	return whole ? 0 : -1;
}

static int add_targets(const struct kg_root *root, struct kg_candidates *candidates,
		       const struct kg_wanted_default wanted[2], struct kg_targets *targets,
		       struct kg_error *err)
{
	char *machine_id = read_machine_id(root);
	size_t chosen;
	int result;

	qsort(candidates->items, candidates->count, sizeof(*candidates->items), compare_candidates);
	result = kg_candidates_choose(root, candidates, wanted, &chosen, targets, err);
	for (size_t i = 0; result == 0 && i < candidates->count; i++)
		result = add_target(root, &candidates->items[i], i == chosen, machine_id, targets,
				    err);
	free(machine_id);
	return result;
}

int kg_targets_read_systemd_boot(const struct kg_target_sources *sources,
				 struct kg_targets *targets, struct kg_troubles *troubles,
				 struct kg_error *err)
{
	const struct kg_root *root = sources->root;
	const struct kg_machine *machine = sources->machine;
	struct kg_candidates candidates = {0};
	struct kg_wanted_default wanted[2] = {0};
	int result = read_partitions(root, sources->places, &candidates, troubles, err);

	if (result == 0)
		result = kg_wanted_default_set(&wanted[0], machine->preferred_entry,
				    "the firmware's variable LoaderEntryDefault", machine, err);
	if (result == 0)
		result = kg_wanted_default_read(root, sources->places, machine, &wanted[1],
						troubles, err);
	if (result == 0 && candidates.count > 0)
		result = add_targets(root, &candidates, wanted, targets, err);
	for (size_t i = 0; i < 2; i++) {
		free(wanted[i].pattern);
		free(wanted[i].source);
	}
	free_candidates(&candidates);
	return result;
}
