// SPDX-License-Identifier: GPL-2.0-or-later
#include "systemd_boot_default.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { max_file = 1 << 20 };

/* Takes a number off *text; -1 where there is none, or one that is too large. */
static long take_number(const char **text)
{
	long number = 0;

	if (!isdigit((unsigned char)**text))
		return -1;
	for (; isdigit((unsigned char)**text); ++*text) {
		number = number * 10 + (**text - '0');
		if (number > INT_MAX)
			return -1;
	}
	return number;
}

/* Where the counter starts, or NULL. */
static const char *find_counter(const char *name, const char **suffix, long *left)
{
	const char *plus = strrchr(name, '+');
	const char *at = plus ? plus + 1 : NULL;

	*left = at ? take_number(&at) : -1;
	if (*left < 0)
		return NULL;
	if (*at == '-') {
		at++;
		if (take_number(&at) < 0)
			return NULL;
	}
	*suffix = at;
	return strcasecmp(at, ".conf") == 0 || strcasecmp(at, ".efi") == 0 ? plus : NULL;
}

char *kg_candidate_key(const char *name, long *tries_left, struct kg_error *err)
{
	const char *suffix = "";
	const char *counter = find_counter(name, &suffix, tries_left);
	char *key;

	if (counter) {
		key = kg_format(err, "%.*s%s", (int)(counter - name), name, suffix);
	} else {
		*tries_left = -1;
		key = kg_copy_string(name, err);
	}
	for (char *c = key; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return key;
}

const char *kg_entry_starts(const struct kg_boot_entry *entry)
{
	if (entry->linux_path)
		return entry->linux_path;
	return entry->uki ? entry->uki : entry->efi;
}

char *kg_candidate_path(const char *partition, const char *path, struct kg_error *err)
{
	while (*path == '/')
		path++;
	return kg_format(err, "%s/%s", partition, path);
}

int kg_wanted_default_set(struct kg_wanted_default *wanted, const char *pattern, const char *source,
			  const struct kg_machine *machine, struct kg_error *err)
{
	if (pattern && strcmp(pattern, "@saved") == 0)
		pattern = machine->last_entry;
	return kg_copy_optional(&wanted->pattern, pattern, err) &&
			       kg_copy_optional(&wanted->source, source, err)
		       ? 0
		       : -1;
}

int kg_wanted_default_read(const struct kg_root *root, const struct kg_boot_places *places,
			   const struct kg_machine *machine, struct kg_wanted_default *wanted,
			   struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_error reason = {0};
	char *pattern = NULL;
	char *path;
	int result;

	if (places->esp >= places->count)
		return 0;
	path = kg_format(err, "%s/loader/loader.conf", places->items[places->esp].point);
	if (!path)
		return -1;
	result = kg_root_read_file(root, path, max_file, &text, &reason);
	if (result == 0) {
		pattern = kg_boot_configuration_value(kg_buffer_span(&text), "default", err);
		result = !pattern && err->code
				 ? -1
				 : kg_wanted_default_set(wanted, pattern, path, machine, err);
	} else {
		result = reason.code == ENOENT ? 0
					       : kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE,
								 path, &reason, err);
	}
	kg_buffer_free(&text);
	free(pattern);
	free(path);
	return result;
}

/* An entry that the loader hides because what it starts is not there. */
static bool is_hidden(const struct kg_root *root, const struct kg_candidate *candidate,
		      struct kg_error *err)
{
	char *path = kg_candidate_path(candidate->partition, kg_entry_starts(&candidate->entry),
				       err);
	bool hidden = path && !kg_root_has_file(root, path);

	free(path);
	return hidden;
}

/* The first entry that a loader shows whose id matches; the count where there is none. */
static size_t find_entry(const struct kg_root *root, const struct kg_candidates *candidates,
			 const char *pattern, struct kg_error *err)
{
	size_t i = 0;

	while (i < candidates->count &&
	       (fnmatch(pattern, candidates->items[i].key, FNM_CASEFOLD) != 0 ||
		is_hidden(root, &candidates->items[i], err)))
		i++;
	return i;
}

/*
 * Entries that systemd-boot adds by itself, and files do not show (auto-entries, loader.conf(5)).
 */
static bool may_be_automatic(const char *pattern)
{
	static const char *const names[] = {"auto-windows",
					    "auto-osx",
					    "auto-efi-shell",
					    "auto-efi-default",
					    "auto-poweroff",
					    "auto-reboot",
					    "auto-reboot-to-firmware-setup"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fnmatch(pattern, names[i], FNM_CASEFOLD) == 0)
			return true;
	}
	return false;
}

int kg_candidates_choose(const struct kg_root *root, const struct kg_candidates *candidates,
			 const struct kg_wanted_default wanted[2], size_t *chosen,
			 struct kg_targets *targets, struct kg_error *err)
{
	for (size_t i = 0; i < 2; i++) {
		const char *pattern = wanted[i].pattern;

		if (!pattern)
			continue;
		*chosen = find_entry(root, candidates, pattern, err);
		if (*chosen < candidates->count)
			return 0;
		if (!may_be_automatic(pattern) &&
		    kg_targets_add_unmatched(targets, KG_LOADER_SYSTEMD_BOOT, wanted[i].source,
					     pattern, err) < 0)
			return -1;
	}
	*chosen = find_entry(root, candidates, "*", err);
	return 0;
}
