// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grub_run.h"
#include "kernel-guard/core/buffer.h"

enum {
	max_items = 10000,
	max_menus = 16, /* within each other */
};

static void free_item(struct kg_grub_item *item)
{
	free(item->title);
	free(item->id);
	kg_grub_arguments_free(&item->parameters);
	for (size_t i = 0; i < item->boot_count; i++)
		kg_grub_boot_free(&item->boots[i]);
	free(item->boots);
	free(item->chainloads);
}

/* Submenus are freed with the one that holds them: their depth is limited. */
void kg_grub_menu_free(struct kg_grub_menu *menu)
{
	for (size_t i = 0; i < menu->count; i++) {
		if (menu->items[i].submenu) {
			kg_grub_menu_free(menu->items[i].submenu);
			free(menu->items[i].submenu);
		}
		free_item(&menu->items[i]);
	}
	free(menu->items);
	*menu = (struct kg_grub_menu){0};
}

/* Options of menuentry with a value (grub-core/commands/menuentry.c). */
static bool takes_value(const char *option)
{
	static const char *const names[] = {"--class", "--users", "--hotkey", "--source", "--id"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(option, names[i]) == 0)
			return true;
	}
	return false;
}

/* The first argument that is no option is the title; all of them are parameters. */
static int read_arguments(const struct kg_grub_arguments *arguments, size_t skip,
			  struct kg_grub_item *item, const char **id, struct kg_error *err)
{
	bool options = true;

	for (size_t i = skip; i < arguments->count; i++) {
		const struct kg_grub_argument *argument = &arguments->items[i];
		const char *text = argument->text;

		if (options && strcmp(text, "--") == 0) {
			options = false;
		} else if (options && strncmp(text, "--id=", 5) == 0) {
			*id = text + 5;
		} else if (options && takes_value(text)) {
			i++;
			if (strcmp(text, "--id") == 0 && i < arguments->count)
				*id = arguments->items[i].text;
		} else if (!options || text[0] != '-' || !text[1]) {
			if (kg_grub_arguments_add(&item->parameters, text, argument->unknown,
						  err) < 0)
				return -1;
		}
	}
	return 0;
}

static int make_item(struct kg_grub_run *run, const struct kg_grub_arguments *arguments,
		     size_t skip, bool submenu, struct kg_grub_item *item, struct kg_error *err)
{
	const char *id = NULL;

	if (read_arguments(arguments, skip, item, &id, err) < 0)
		return -1;
	if (item->parameters.count == 0)
		return kg_grub_run_note(run, err, "an entry has no title") < 0 ? -1 : 1;
	item->title = kg_copy_string(item->parameters.items[0].text, err);
	item->id = kg_copy_string(id ? id : item->parameters.items[0].text, err);
	if (!item->title || !item->id)
		return -1;
	if (submenu) {
		item->submenu = calloc(1, sizeof(*item->submenu));
		if (!item->submenu)
			return kg_fail_memory(err);
	}
	return 0;
}

int kg_grub_run_menuentry(struct kg_grub_run *run, const struct kg_grub_arguments *arguments,
			  size_t skip, bool submenu, uint32_t body, struct kg_error *err)
{
	struct kg_grub_menu *menu = run->menu;
	struct kg_grub_item item = {
		.line = run->line,
		.statement = run->statement,
		.script = run->script,
		.body = body,
		.conditional = run->uncertain > 0,
	};
	int result;

	if (!menu)
		return 0;
	if (body == KG_GRUB_NONE)
		return kg_grub_run_note(run, err, "an entry without a block is not read");
	if (++run->item_count > max_items)
		return kg_fail(err, EFBIG, "line %u: has more than %d entries", run->line,
			       max_items);
	result = make_item(run, arguments, skip, submenu, &item, err);
	if (result == 0 && kg_array_reserve(&menu->items, &menu->capacity, menu->count,
					    sizeof(*menu->items), err) == 0) {
		menu->items[menu->count++] = item;
		return 0;
	}
	free(item.submenu);
	free_item(&item);
	return result > 0 ? 0 : -1;
}

/* Follows the body of an item; what it changes is seen by no other. */
static int follow_body(struct kg_grub_run *run, struct kg_grub_item *item, struct kg_error *err)
{
	struct kg_grub_state state;
	int result;

	if (kg_grub_run_step(run, 1 + run->state.count, err) < 0 ||
	    kg_grub_state_copy(&run->state, item->submenu != NULL, &state, err) < 0)
		return -1;
	{
		struct kg_grub_state outer = run->state;

		run->state = state;
		run->script = item->script;
		run->parameters = &item->parameters;
		run->line = item->line;
		run->menu = item->submenu;
		run->uncertain = 0;
		run->in_item = true;
		run->state.status = KG_GRUB_MAYBE;
		kg_grub_state_unload(&run->state);
		result = kg_grub_run_list(run, item->body, err);
		if (result == 0 && item->submenu)
			result = kg_grub_menu_follow(run, item->submenu, err);
		state = run->state;
		run->state = outer;
	}
	item->boots = state.boots;
	item->boot_count = state.boot_count;
	item->chainloads = state.chainloads;
	state.boots = NULL;
	state.boot_count = 0;
	state.chainloads = NULL;
	kg_grub_state_free(&state);
	return result;
}

int kg_grub_menu_follow(struct kg_grub_run *run, struct kg_grub_menu *menu, struct kg_error *err)
{
	int result = 0;

	if (run->depth >= max_menus)
		return kg_fail(err, EFBIG, "line %u: submenus are nested deeper than %d", run->line,
			       max_menus);
	run->depth++;
	for (size_t i = 0; result == 0 && i < menu->count; i++)
		result = follow_body(run, &menu->items[i], err);
	run->depth--;
	return result;
}

/*
 * Whether text is what spec says up to a single '>'; two stand for one
 * (grub-core/normal/menu.c, menuentry_eq).
 */
static bool is_meant(const char *text, const char *spec)
{
	for (;; text++, spec++) {
		if (spec[0] == '>' && spec[1] != '>')
			return *text == '\0';
		if (spec[0] == '>')
			spec++;
		if (*text != *spec)
			return false;
		if (*text == '\0')
			return true;
	}
}

/* What stands behind the first single '>', or NULL. */
static const char *rest_of(const char *wanted)
{
	for (; wanted && *wanted; wanted++) {
		if (wanted[0] == '>' && wanted[1] != '>')
			return wanted[1] ? wanted + 1 : NULL;
		if (wanted[0] == '>')
			wanted++;
	}
	return NULL;
}

/* False where rest means nothing in the submenu. */
static bool select_item(struct kg_grub_item *item, const char *rest)
{
	item->selected = true;
	return !item->submenu || kg_grub_menu_select(item->submenu, rest);
}

static void select_first(struct kg_grub_menu *menu, const char *rest)
{
	for (size_t i = 0; i < menu->count; i++) {
		(void)select_item(&menu->items[i], rest);
		if (!menu->items[i].conditional)
			break;
	}
}

/*
 * Conditional entries before one may be counted or not. True where one is sure to be meant;
 * *matched where one may be.
 */
static bool select_number(struct kg_grub_menu *menu, uint64_t number, const char *rest,
			  bool *matched)
{
	uint64_t least = 0;
	bool sure = false;

	for (size_t i = 0; i < menu->count; i++) {
		struct kg_grub_item *item = &menu->items[i];

		if (least <= number && number <= i)
			*matched |= select_item(item, rest);
		least += item->conditional ? 0 : 1;
		sure |= least > number;
	}
	return sure;
}

static bool select_name(struct kg_grub_menu *menu, const char *wanted, const char *rest,
			bool *matched)
{
	for (size_t i = 0; i < menu->count; i++) {
		struct kg_grub_item *item = &menu->items[i];

		if (!is_meant(item->title, wanted) && !is_meant(item->id, wanted))
			continue;
		*matched |= select_item(item, rest);
		if (!item->conditional)
			return true;
	}
	return false;
}

bool kg_grub_menu_select(struct kg_grub_menu *menu, const char *wanted)
{
	const char *rest = rest_of(wanted);
	bool matched = !wanted;
	uint64_t number;
	bool sure = false;

	if (wanted && kg_grub_number(wanted, &number))
		sure = select_number(menu, number, rest, &matched);
	else if (wanted)
		sure = select_name(menu, wanted, rest, &matched);
	/* Where nothing is meant GRUB takes the first. */
	if (!sure)
		select_first(menu, rest);
	return matched;
}
