// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fallback entries for GRUB: a block of our own in custom.cfg beside grub.cfg, which it reads last
 * by grub-mkconfig's 41_custom. Each entry is the one of the kernel, with the kept files. What
 * GRUB would make of them is read before they are written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grub_clone.h"
#include "grub_custom.h"
#include "kernel-guard/system/grub_files.h"
#include "loaders.h"

enum { max_config = 16 << 20 };

static const char own_id[] = "kernel-guard-";
static const char custom_name[] = "custom.cfg";

static bool owns(const struct kg_target *target)
{
	const char *inner = strrchr(target->entry, '>');

	return strncmp(inner ? inner + 1 : target->entry, own_id, strlen(own_id)) == 0;
}

/* A kept kernel, the entry that is cloned for it, and the id of the clone. */
struct clone {
	const struct kg_fallback *fallback;
	const struct kg_grub_entry *entry;
	char *id;
	bool dropped;
};

/* A configuration, and the file that it reads last. */
struct place {
	const struct kg_system *system;
	const char *config;
	char *custom;
	struct kg_buffer config_text;
	struct kg_buffer custom_text;
	struct kg_grub_custom parts;
	struct kg_grub_config before; /* without our block */
	struct clone *clones;
	size_t count;
	size_t capacity;
	struct kg_strings *notes;
};

static void close_place(struct place *place)
{
	for (size_t i = 0; i < place->count; i++)
		free(place->clones[i].id);
	free(place->clones);
	kg_grub_config_free(&place->before);
	free(place->custom);
	kg_buffer_free(&place->config_text);
	kg_buffer_free(&place->custom_text);
}

static int note_error(const struct place *place, const char *path, const struct kg_error *why,
		      struct kg_error *err)
{
	return kg_strings_take(place->notes, kg_format(err, "%s: %s", path, why->message), err);
}

/* Reads the configuration with this as custom.cfg. 0, or -1 with the reader's error. */
static int read_with(const struct place *place, struct kg_span custom, bool *asked,
		     struct kg_grub_config *config, struct kg_error *err)
{
	struct kg_grub_files_read read = {
		.root = &place->system->root,
		.config = place->config,
		.replaced = custom_name,
		.text = custom,
	};
	const struct kg_grub_files files = {.find = kg_grub_files_find, .context = &read};
	int result = kg_grub_config_read(kg_buffer_span(&place->config_text), &files, config, err);

	*asked = read.asked;
	if (result == 0 && read.failed) {
		kg_grub_config_free(config);
		result = kg_fail_memory(err);
	}
	kg_grub_files_free(&read);
	return result;
}

static int read_before(struct place *place, bool *asked, bool *usable, struct kg_error *err)
{
	struct kg_buffer custom = {0};
	struct kg_error why;
	int result = kg_grub_custom_join(&place->parts, (struct kg_span){0}, &custom, err);

	if (result == 0 &&
	    read_with(place, kg_buffer_span(&custom), asked, &place->before, &why) < 0) {
		*usable = false;
		result = why.code == ENOMEM ? kg_fail_memory(err)
					    : note_error(place, place->config, &why, err);
	}
	kg_buffer_free(&custom);
	return result;
}

/* *usable is false where something is in the way, which is then noted. */
static int open_place(struct place *place, bool *asked, bool *usable, struct kg_error *err)
{
	const struct kg_root *root = &place->system->root;
	const char *slash = strrchr(place->config, '/');
	struct kg_error why;

	*usable = false;
	place->custom = kg_format(err, "%.*s/%s", (int)(slash - place->config), place->config,
				  custom_name);
	if (!place->custom)
		return -1;
	if (kg_root_read_file(root, place->config, max_config, &place->config_text, &why) < 0 ||
	    (kg_root_read_file(root, place->custom, max_config, &place->custom_text, &why) < 0 &&
	     why.code != ENOENT))
		return kg_strings_take(place->notes, kg_format(err, "%s", why.message), err);
	if (kg_grub_custom_split(kg_buffer_span(&place->custom_text), &place->parts, &why) < 0)
		return note_error(place, place->custom, &why, err);
	*usable = true;
	return read_before(place, asked, usable, err);
}

/* The entry that a target was read from; of several with its id the one with its kernel. */
static const struct kg_grub_entry *entry_of(const struct kg_grub_config *config,
					    const struct kg_target *target)
{
	for (size_t i = 0; i < config->count; i++) {
		const struct kg_grub_entry *entry = &config->entries[i];

		for (size_t j = 0; strcmp(entry->id, target->entry) == 0 && j < entry->boot_count;
		     j++) {
			if (strcmp(kg_base_name(entry->boots[j].kernel),
				   kg_base_name(target->kernel)) == 0)
				return entry;
		}
	}
	return NULL;
}

static bool has_clone(const struct place *place, const char *id)
{
	for (size_t i = 0; i < place->count; i++) {
		if (strcmp(place->clones[i].id, id) == 0)
			return true;
	}
	return false;
}

/* After the kept kernel, and a number where one of another directory has the same name. */
static char *make_id(const struct place *place, const struct kg_fallback *fallback,
		     struct kg_error *err)
{
	char *kernel = kg_kept_name(kg_base_name(fallback->target->kernel),
				    kg_kept_count(fallback->number), err);
	char *id = kernel ? kg_format(err, "%s%s", own_id, kernel) : NULL;

	for (unsigned int i = 2; id && has_clone(place, id); i++) {
		free(id);
		id = kg_format(err, "%s%s-%u", own_id, kernel, i);
	}
	free(kernel);
	return id;
}

/* Gives up a clone, because the file does what is said of it. */
static int drop(const struct place *place, struct clone *clone, const char *file, const char *why,
		struct kg_error *err)
{
	clone->dropped = true;
	return kg_strings_take(place->notes,
			       kg_format(err, "%s: the kept kernel %s gets no entry, because %s %s",
					 clone->fallback->target->entry, clone->fallback->release,
					 file, why),
			       err);
}

static int drop_unfollowed(const struct place *place, struct clone *clone, struct kg_error *err)
{
	return drop(place, clone, place->config, "names its files in a way that cannot be followed",
		    err);
}

static int find_clones(struct place *place, const struct kg_fallbacks *fallbacks,
		       struct kg_error *err)
{
	for (size_t i = 0; i < fallbacks->count; i++) {
		const struct kg_fallback *fallback = &fallbacks->items[i];
		struct clone clone = {.fallback = fallback};

		if (fallback->target->loader != KG_LOADER_GRUB || fallback->target->unified ||
		    strcmp(fallback->target->source, place->config) != 0)
			continue;
		clone.entry = entry_of(&place->before, fallback->target);
		clone.id = make_id(place, fallback, err);
		if (!clone.id || kg_array_reserve(&place->clones, &place->capacity, place->count,
						  sizeof(*place->clones), err) < 0) {
			free(clone.id);
			return -1;
		}
		place->clones[place->count++] = clone;
		if (!clone.entry &&
		    drop_unfollowed(place, &place->clones[place->count - 1], err) < 0)
			return -1;
	}
	return 0;
}

/* Writes the clones that are not dropped; one that cannot be written is. */
static int write_clones(struct place *place, struct kg_buffer *entries, struct kg_error *err)
{
	for (size_t i = 0; i < place->count; i++) {
		struct clone *clone = &place->clones[i];
		size_t before = entries->size;
		struct kg_error why;

		if (clone->dropped ||
		    kg_grub_clone(clone->entry, clone->fallback, clone->id, entries, &why) == 0)
			continue;
		if (why.code == ENOMEM)
			return kg_fail_memory(err);
		entries->size = before;
		if (drop_unfollowed(place, clone, err) < 0)
			return -1;
	}
	return 0;
}

static const struct kg_grub_entry *entry_with_id(const struct kg_grub_config *config,
						 const char *id)
{
	for (size_t i = 0; i < config->count; i++) {
		if (strcmp(config->entries[i].id, id) == 0)
			return &config->entries[i];
	}
	return NULL;
}

/* Drops what GRUB would not read as it is meant. */
static int check_clones(struct place *place, const struct kg_grub_config *after, bool *changed,
			struct kg_error *err)
{
	for (size_t i = 0; i < place->count; i++) {
		struct clone *clone = &place->clones[i];
		const struct kg_grub_entry *entry = entry_with_id(after, clone->id);

		if (clone->dropped ||
		    (entry && kg_grub_is_clone(entry, clone->entry, clone->fallback)))
			continue;
		*changed = true;
		if ((entry ? drop_unfollowed(place, clone, err)
			   : drop(place, clone, place->custom,
				  "would not be read as far as that, see grub-script-check", err)) <
		    0)
			return -1;
	}
	return 0;
}

/* The next entry that is default, from *at on, or NULL. */
static const char *next_default(const struct kg_grub_config *config, size_t *at)
{
	while (*at < config->count) {
		const struct kg_grub_entry *entry = &config->entries[(*at)++];

		if (entry->is_default)
			return entry->id;
	}
	return NULL;
}

/* A default that has been set to one of ours by its name is meant. */
static bool is_chosen(const struct place *place)
{
	const char *wanted = place->before.default_unmatched;

	return wanted && has_clone(place, wanted);
}

/* An index counts entries: what stands before others must not shift it. */
static bool same_defaults(const struct place *place, const struct kg_grub_config *after)
{
	size_t left = 0;
	size_t right = 0;
	const char *id;

	if (is_chosen(place))
		return true;
	do {
		const char *other = next_default(after, &right);

		id = next_default(&place->before, &left);
		if (!id != !other || (id && strcmp(id, other) != 0))
			return false;
	} while (id);
	return true;
}

static int drop_all(struct place *place, char *note, struct kg_error *err)
{
	for (size_t i = 0; i < place->count; i++)
		place->clones[i].dropped = true;
	return kg_strings_take(place->notes, note, err);
}

static bool is_any_left(const struct place *place)
{
	for (size_t i = 0; i < place->count; i++) {
		if (!place->clones[i].dropped)
			return true;
	}
	return false;
}

/* What GRUB makes of the configuration with these entries. changed: some were dropped. */
static int check_entries(struct place *place, struct kg_span entries, bool *changed,
			 struct kg_error *err)
{
	struct kg_grub_config after = {0};
	struct kg_buffer custom = {0};
	struct kg_error why;
	bool asked;
	int result = kg_grub_custom_join(&place->parts, entries, &custom, err);

	*changed = false;
	if (result < 0)
		return -1;
	if (read_with(place, kg_buffer_span(&custom), &asked, &after, &why) < 0) {
		*changed = true;
		result = why.code == ENOMEM
				 ? kg_fail_memory(err)
				 : drop_all(place,
					    kg_format(err, "%s: %s", place->config, why.message),
					    err);
	} else {
		result = check_clones(place, &after, changed, err);
		if (result == 0 && !*changed && !same_defaults(place, &after)) {
			*changed = true;
			result = drop_all(
				place,
				kg_format(
					err,
					"%s: the kept kernels get no entries, because its default "
					"is an index, which would then mean another entry: set "
					"GRUB_DEFAULT to an id instead, and run grub-mkconfig",
					place->config),
				err);
		}
	}
	kg_buffer_free(&custom);
	kg_grub_config_free(&after);
	return result;
}

/* Until GRUB reads all that are left as they are meant: at most once for each that is not. */
static int make_entries(struct place *place, struct kg_buffer *entries, struct kg_error *err)
{
	bool changed = true;

	for (int round = 0; changed && round < 3; round++) {
		entries->size = 0;
		if (write_clones(place, entries, err) < 0)
			return -1;
		if (!is_any_left(place))
			return 0;
		if (check_entries(place, kg_buffer_span(entries), &changed, err) < 0)
			return -1;
	}
	if (changed)
		entries->size = 0;
	return 0;
}

/* A file that holds nothing but our block is our own, and goes with it. */
static int add_custom(const struct place *place, struct kg_span entries,
		      struct kg_entry_files *files, struct kg_error *err)
{
	struct kg_buffer content = {0};

	if (kg_grub_custom_join(&place->parts, entries, &content, err) < 0) {
		kg_buffer_free(&content);
		return -1;
	}
	if (content.size > 0)
		return kg_entry_files_add(files, place->custom, &content, err);
	kg_buffer_free(&content);
	return place->custom_text.size > 0 ? kg_entry_files_add(files, place->custom, NULL, err)
					   : 0;
}

static int plan_place(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		      const char *config, struct kg_entry_files *files, struct kg_strings *notes,
		      struct kg_error *err)
{
	struct place place = {.system = system, .config = config, .notes = notes};
	struct kg_buffer entries = {0};
	bool asked;
	bool usable;
	int result = open_place(&place, &asked, &usable, err);

	if (result == 0 && usable)
		result = find_clones(&place, fallbacks, err);
	if (result == 0 && usable && place.count > 0 && !asked)
		result = drop_all(
			&place,
			kg_format(err,
				  "%s does not read custom.cfg, where the entry of a kept "
				  "kernel would be; it does with /etc/grub.d/41_custom and "
				  "grub-mkconfig",
				  config),
			err);
	if (result == 0 && usable)
		result = make_entries(&place, &entries, err);
	if (result == 0 && usable)
		result = add_custom(&place, kg_buffer_span(&entries), files, err);
	kg_buffer_free(&entries);
	close_place(&place);
	return result;
}

static int plan(const struct kg_system *system, const struct kg_fallbacks *fallbacks,
		struct kg_entry_files *files, struct kg_strings *notes, struct kg_error *err)
{
	struct kg_strings seen = {0};
	int result = kg_note_unreadable(system, &kg_boot_loader_grub, notes, err);

	for (size_t i = 0; result == 0 && i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (target->loader != KG_LOADER_GRUB || kg_strings_contain(&seen, target->source))
			continue;
		result = kg_strings_add(&seen, target->source, err) < 0
				 ? -1
				 : plan_place(system, fallbacks, target->source, files, notes, err);
	}
	kg_strings_free(&seen);
	return result;
}

const struct kg_boot_loader kg_boot_loader_grub = {
	.loader = KG_LOADER_GRUB,
	.configuration = "/grub",
	.suffix = ".cfg",
	.plan = plan,
	.owns = owns,
};
