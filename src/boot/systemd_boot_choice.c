// SPDX-License-Identifier: GPL-2.0-or-later
#include "systemd_boot_choice.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/boot_entry.h"
#include "systemd_boot_clone.h"

enum { max_entry = 1 << 20 };

/*
 * What we write above our "default", so that it can be taken back: the value that was there, or
 * none, and the entry that it stood for.
 */
static const char saved_mark[] = "#kernel-guard: default";
static const char first_mark[] = "#kernel-guard: instead of";

static bool is_key(struct kg_span line, const char *key)
{
	size_t length = strlen(key);

	return kg_span_starts_with(line, key, length) &&
	       (line.size == length || kg_is_blank(line.data[length]));
}

/* The rest of the first line of ours with this mark. false where there is none; NULL: ENOMEM. */
static bool find_mark(struct kg_span text, const char *mark, char **value, struct kg_error *err)
{
	struct kg_span line;

	*value = NULL;
	while (kg_span_next_line(&text, &line)) {
		if (!is_key(line, mark))
			continue;
		*value = kg_span_copy_string(
			kg_span_trimmed(kg_span_of(line.data + strlen(mark),
						   line.size - strlen(mark))),
			err);
		return true;
	}
	return false;
}

/* loader.conf with this head, which it takes over, and without any other default. */
static int write_head(struct kg_span text, char *head, struct kg_buffer *out, struct kg_error *err)
{
	struct kg_span rest;
	int result = head ? kg_buffer_append(out, head, strlen(head), err) : -1;

	free(head);
	while (result == 0 && kg_span_next_line(&text, &rest)) {
		if (is_key(kg_span_trimmed(rest), "default") || is_key(rest, saved_mark) ||
		    is_key(rest, first_mark))
			continue;
		result = kg_buffer_append(out, rest.data, rest.size, err);
		if (result == 0)
			result = kg_buffer_append(out, "\n", 1, err);
	}
	return result;
}

/*
 * What is the default where it is chosen so: the first of the menu that matches, or with "" the
 * first. NULL where none does.
 */
static const struct kg_target *first_match(const struct kg_system *system, const char *glob)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->loader == KG_LOADER_SYSTEMD_BOOT &&
		    kg_root_has_file(&system->root, target->kernel) &&
		    (*glob == '\0' || fnmatch(glob, target->entry, FNM_CASEFOLD) == 0))
			return target;
	}
	return NULL;
}

/* A counter changes at each boot, and is part of the id up to systemd 257.9. */
static char *id_pattern(const char *id, struct kg_error *err)
{
	const char *counter = kg_systemd_boot_counter(id);

	return counter ? kg_format(err, "%.*s[+.]*conf", (int)(counter - id), id)
		       : kg_copy_string(id, err);
}

/* Whether two ids are those of one entry, whose counter may have changed between them. */
static bool is_same_entry(const char *left, const char *right)
{
	size_t length = kg_systemd_boot_name_length(left);

	return length == kg_systemd_boot_name_length(right) && strncmp(left, right, length) == 0;
}

/* What "default" was before us: "" for none. NULL with ENOMEM. */
static char *saved_default(struct kg_span text, struct kg_error *err)
{
	char *saved;

	err->code = 0;
	if (find_mark(text, saved_mark, &saved, err))
		return saved;
	saved = kg_boot_configuration_value(text, "default", err);
	return saved || err->code ? saved : kg_copy_string("", err);
}

/* As it was before us. NULL with ENOMEM. */
static char *head_before(const char *saved, struct kg_error *err)
{
	return *saved ? kg_format(err, "default %s\n", saved) : kg_copy_string("", err);
}

/* The lines that make a target the default: ours, unless it is what was there before them. */
static char *head_for(const struct kg_system *system, const struct kg_target *target,
		      const char *saved, struct kg_error *err)
{
	const struct kg_target *first = first_match(system, saved);
	char *pattern;
	char *head;

	if (first == target)
		return head_before(saved, err);
	pattern = id_pattern(target->entry, err);
	head = pattern ? kg_format(err, "%s %s\n%s %s\ndefault %s\n", saved_mark, saved, first_mark,
				   first ? first->entry : "", pattern)
		       : NULL;
	free(pattern);
	return head;
}

/* loader.conf counts on the ESP only. */
static char *configuration_path(const struct kg_system *system, struct kg_error *err)
{
	const struct kg_boot_places *places = &system->places;

	if (places->esp >= places->count) {
		kg_fail(err, ENOENT, "no EFI system partition is found, whose loader.conf says "
				     "what boots by default");
		return NULL;
	}
	return kg_format(err, "%s/loader/loader.conf", places->items[places->esp].point);
}

int kg_systemd_boot_choose(const struct kg_system *system, const struct kg_target *target,
			   struct kg_entry_files *files, struct kg_strings *notes,
			   struct kg_error *err)
{
	const char *preferred = system->machine.preferred_entry;
	struct kg_buffer text = {0};
	struct kg_buffer content = {0};
	char *path = configuration_path(system, err);
	char *saved = NULL;
	int result = path ? 0 : -1;

	if (result == 0 && kg_root_read_file(&system->root, path, max_entry, &text, err) < 0)
		result = err->code == ENOENT ? 0 : -1;
	if (result == 0) {
		saved = saved_default(kg_buffer_span(&text), err);
		result = saved ? write_head(kg_buffer_span(&text),
					    head_for(system, target, saved, err), &content, err)
			       : -1;
	}
	if (result == 0)
		result = kg_entry_files_add(files, path, &content, err);
	else
		kg_buffer_free(&content);
	if (result == 0 && preferred && strcmp(preferred, target->entry) != 0)
		result = kg_strings_take(
			notes,
			kg_format(err,
				  "the firmware's variable LoaderEntryDefault comes before "
				  "loader.conf and says %s: bootctl set-default %s",
				  preferred, target->entry),
			err);
	kg_buffer_free(&text);
	free(saved);
	free(path);
	return result;
}

int kg_systemd_boot_take_back(const struct kg_system *system, struct kg_entry_files *files,
			      struct kg_error *err)
{
	struct kg_error why;
	struct kg_buffer text = {0};
	struct kg_buffer content = {0};
	const struct kg_target *first = NULL;
	char *path = configuration_path(system, &why);
	char *saved = NULL;
	char *instead = NULL;
	bool ours = path && kg_root_read_file(&system->root, path, max_entry, &text, &why) == 0 &&
		    find_mark(kg_buffer_span(&text), saved_mark, &saved, err) &&
		    find_mark(kg_buffer_span(&text), first_mark, &instead, err);
	int result = ours && (!saved || !instead) ? -1 : 0;

	if (ours && result == 0)
		first = first_match(system, saved);
	if (first && !kg_is_own_entry(first) && !is_same_entry(first->entry, instead)) {
		result = write_head(kg_buffer_span(&text), head_before(saved, err), &content, err);
		if (result == 0)
			result = kg_entry_files_add(files, path, &content, err);
		else
			kg_buffer_free(&content);
	}
	kg_buffer_free(&text);
	free(instead);
	free(saved);
	free(path);
	return result;
}
