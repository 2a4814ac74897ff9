// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/grub_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grub_run.h"
#include "kernel-guard/core/buffer.h"

static void free_entry(struct kg_grub_entry *entry)
{
	free(entry->id);
	free(entry->title);
	for (size_t i = 0; i < entry->boot_count; i++)
		kg_grub_boot_free(&entry->boots[i]);
	free(entry->boots);
	free(entry->chainloads);
}

void kg_grub_config_free(struct kg_grub_config *config)
{
	for (size_t i = 0; i < config->count; i++)
		free_entry(&config->entries[i]);
	free(config->entries);
	kg_strings_free(&config->texts);
	kg_strings_free(&config->configfiles);
	for (size_t i = 0; i < config->note_count; i++)
		free(config->notes[i].text);
	free(config->notes);
	free(config->default_unmatched);
	*config = (struct kg_grub_config){0};
}

int kg_grub_path_split(const char *file, char **device, const char **path, struct kg_error *err)
{
	const char *end = file[0] == '(' ? strstr(file, ")/") : NULL;
	char *copy;

	if (!end)
		return kg_fail(err, EBADMSG, "%s is no path on a device", file);
	copy = kg_span_copy_string(kg_span_of(file + 1, (size_t)(end - file - 1)), err);
	if (!copy)
		return -1;
	*device = copy;
	*path = end + 1;
	return 0;
}

/* What GRUB sets before it reads the configuration, in normal.mod's words. */
static int set_up(struct kg_grub_state *state, struct kg_error *err)
{
	static const struct {
		const char *name;
		const char *value;
	} variables[] = {
		{"root", "own"},
		{"prefix", "(config)"},
		{"config_directory", "(config)"},
		{"feature_chainloader_bpb", "y"},
		{"feature_ntldr", "y"},
		{"feature_platform_search_hint", "y"},
		{"feature_default_font_path", "y"},
		{"feature_all_video_module", "y"},
		{"feature_menuentry_id", "y"},
		{"feature_menuentry_options", "y"},
		{"feature_200_final", "y"},
		{"feature_nativedisk_cmd", "y"},
		{"feature_timeout_style", "y"},
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		struct kg_grub_variable *variable =
			kg_grub_state_obtain(state, variables[i].name, err);

		if (!variable || kg_grub_value_add(&variable->value, variables[i].value, err) < 0)
			return -1;
		variable->exported = true;
	}
	return 0;
}

/* Of the state after the configuration: a variable that may be empty selects the first. */
static int select_default(struct kg_grub_run *run, struct kg_grub_menu *menu, struct kg_error *err)
{
	const struct kg_grub_value *value =
		kg_grub_state_get(&run->state, "default", strlen("default"));
	const char *unmatched = NULL;
	bool matched = value->unknown || menu->count == 0;

	for (size_t i = 0; i < value->texts.count; i++) {
		const char *wanted = value->texts.items[i];

		if (kg_grub_menu_select(menu, wanted) || !*wanted)
			matched = true;
		else
			unmatched = wanted;
	}
	if (value->texts.count == 0)
		(void)kg_grub_menu_select(menu, NULL);
	run->config->default_unknown |= value->unknown;
	return kg_copy_optional(&run->config->default_unmatched, matched ? NULL : unmatched, err)
		       ? 0
		       : -1;
}

/* '>' in an id is doubled where it is joined with others, as GRUB does in "chosen". */
static char *join_id(const char *parent, const char *id, struct kg_error *err)
{
	struct kg_buffer text = {0};
	int result = 0;

	if (parent) {
		result = kg_buffer_append(&text, parent, strlen(parent), err);
		if (result == 0)
			result = kg_buffer_append(&text, ">", 1, err);
	}
	for (; result == 0 && *id; id++)
		result = kg_buffer_append(&text, *id == '>' ? ">>" : id, *id == '>' ? 2 : 1, err);
	if (result == 0)
		result = kg_buffer_append(&text, "", 1, err);
	if (result < 0) {
		kg_buffer_free(&text);
		return NULL;
	}
	return (char *)text.data;
}

/* Moves what an item has to a new entry. */
static int add_entry(struct kg_grub_config *config, struct kg_grub_item *item, char *id,
		     struct kg_error *err)
{
	if (kg_array_reserve(&config->entries, &config->capacity, config->count,
			     sizeof(*config->entries), err) < 0) {
		free(id);
		return -1;
	}
	config->entries[config->count++] = (struct kg_grub_entry){
		.id = id,
		.title = item->title,
		.line = item->line,
		.statement = item->statement,
		.boots = item->boots,
		.boot_count = item->boot_count,
		.chainloads = item->chainloads,
		.conditional = item->conditional,
		.is_default = item->selected,
	};
	item->title = NULL;
	item->boots = NULL;
	item->boot_count = 0;
	item->chainloads = NULL;
	return 0;
}

static int add_entries(struct kg_grub_config *config, struct kg_grub_menu *menu, const char *parent,
		       struct kg_error *err)
{
	for (size_t i = 0; i < menu->count; i++) {
		struct kg_grub_item *item = &menu->items[i];
		char *id = join_id(parent, item->id, err);
		int result;

		if (!id)
			return -1;
		if (!item->submenu) {
			result = add_entry(config, item, id, err);
		} else {
			result = add_entries(config, item->submenu, id, err);
			free(id);
		}
		if (result < 0)
			return -1;
	}
	return 0;
}

static int follow(struct kg_grub_run *run, struct kg_span text, struct kg_grub_menu *menu,
		  struct kg_error *err)
{
	run->script = kg_grub_run_add_script(run, text, err);
	if (!run->script || set_up(&run->state, err) < 0)
		return -1;
	run->menu = menu;
	if (kg_grub_run_list(run, run->script->first, err) < 0)
		return -1;
	if (kg_grub_menu_follow(run, menu, err) < 0)
		return -1;
	return select_default(run, menu, err);
}

static void free_run(struct kg_grub_run *run)
{
	for (size_t i = 0; i < run->script_count; i++) {
		kg_grub_script_free(run->scripts[i]);
		free(run->scripts[i]);
	}
	free(run->scripts);
	free(run->functions);
	kg_grub_state_free(&run->state);
}

/* The statements of entries lie in the texts of the scripts, which are kept for that. */
static int keep_texts(struct kg_grub_run *run, struct kg_error *err)
{
	for (size_t i = 0; i < run->script_count; i++) {
		char *text = run->scripts[i]->text;

		run->scripts[i]->text = NULL;
		if (kg_strings_take(&run->config->texts, text, err) < 0)
			return -1;
	}
	return 0;
}

/* Reads once; *again is set where the boot after the next one may choose something else. */
static int read_once(struct kg_span text, const struct kg_grub_files *files, bool next_boot,
		     struct kg_grub_config *config, bool *again, struct kg_error *err)
{
	struct kg_grub_run run = {
		.files = files,
		.config = config,
		.quiet = next_boot,
		.next_boot = next_boot,
	};
	struct kg_grub_menu menu = {0};
	int result = follow(&run, text, &menu, err);

	if (result == 0)
		result = add_entries(config, &menu, NULL, err);
	if (result == 0)
		result = keep_texts(&run, err);
	*again = run.boots_once;
	kg_grub_menu_free(&menu);
	free_run(&run);
	return result;
}

/* The same entries, of which others may be default. */
static void merge_defaults(struct kg_grub_config *config, const struct kg_grub_config *later)
{
	for (size_t i = 0; i < config->count && i < later->count; i++)
		config->entries[i].is_default |= later->entries[i].is_default;
	config->default_unknown |= later->default_unknown || config->count != later->count;
}

int kg_grub_config_read(struct kg_span text, const struct kg_grub_files *files,
			struct kg_grub_config *config, struct kg_error *err)
{
	struct kg_grub_config later = {0};
	struct kg_grub_config read = {0};
	bool again = false;
	bool ignored;
	int result = read_once(text, files, false, &read, &again, err);

	if (result == 0 && again) {
		result = read_once(text, files, true, &later, &ignored, err);
		if (result == 0)
			merge_defaults(&read, &later);
		kg_grub_config_free(&later);
	}
	if (result < 0)
		kg_grub_config_free(&read);
	else
		*config = read;
	return result;
}
