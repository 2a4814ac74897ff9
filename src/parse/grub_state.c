// SPDX-License-Identifier: GPL-2.0-or-later
#include "grub_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

enum {
	max_variables = 1024,
	max_texts = 8,
	max_boots = 8,
};

static void free_variable(struct kg_grub_variable *variable)
{
	free(variable->name);
	kg_strings_free(&variable->value.texts);
}

void kg_grub_boot_free(struct kg_grub_boot *boot)
{
	free(boot->kernel);
	free(boot->options);
	kg_strings_free(&boot->initrds);
	*boot = (struct kg_grub_boot){0};
}

void kg_grub_state_unload(struct kg_grub_state *state)
{
	for (size_t i = 0; i < state->boot_count; i++)
		kg_grub_boot_free(&state->boots[i]);
	state->boot_count = 0;
	free(state->chainloads);
	state->chainloads = NULL;
}

void kg_grub_state_free(struct kg_grub_state *state)
{
	for (size_t i = 0; i < state->count; i++)
		free_variable(&state->variables[i]);
	free(state->variables);
	kg_grub_state_unload(state);
	free(state->boots);
	*state = (struct kg_grub_state){0};
}

int kg_grub_value_add(struct kg_grub_value *value, const char *text, struct kg_error *err)
{
	if (kg_strings_contain(&value->texts, text))
		return 0;
	if (value->texts.count >= max_texts) {
		value->unknown = true;
		return 0;
	}
	return kg_strings_add(&value->texts, text, err);
}

/* Variables that GRUB sets itself, to what the machine is or how it was started. */
static bool is_set_at_boot(const char *name, size_t length)
{
	static const char *const names[] = {
		"biosnum",  "chosen",        "cmdpath",  "config_file", "fw_path",
		"grub_cpu", "grub_platform", "lockdown", "secure_boot", "shim_lock",
	};

	if (length > 4 && (memcmp(name, "net_", 4) == 0 || memcmp(name, "pxe_", 4) == 0))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return true;
	}
	return false;
}

static struct kg_grub_variable *find(const struct kg_grub_state *state, const char *name,
				     size_t length)
{
	for (size_t i = 0; i < state->count; i++) {
		const char *candidate = state->variables[i].name;

		if (strncmp(candidate, name, length) == 0 && candidate[length] == '\0')
			return &state->variables[i];
	}
	return NULL;
}

const struct kg_grub_value *kg_grub_state_get(const struct kg_grub_state *state, const char *name,
					      size_t length)
{
	static const struct kg_grub_value unset;
	static const struct kg_grub_value anything = {.unknown = true};
	const struct kg_grub_variable *variable = find(state, name, length);

	if (variable)
		return &variable->value;
	return state->environment_unknown || is_set_at_boot(name, length) ? &anything : &unset;
}

struct kg_grub_variable *kg_grub_state_obtain(struct kg_grub_state *state, const char *name,
					      struct kg_error *err)
{
	struct kg_grub_variable *variable = find(state, name, strlen(name));
	char *copy;

	if (variable)
		return variable;
	if (state->count >= max_variables) {
		kg_fail(err, EFBIG, "sets more than %d variables", max_variables);
		return NULL;
	}
	if (kg_array_reserve(&state->variables, &state->capacity, state->count,
			     sizeof(*state->variables), err) < 0)
		return NULL;
	copy = kg_copy_string(name, err);
	if (!copy)
		return NULL;
	variable = &state->variables[state->count++];
	*variable = (struct kg_grub_variable){.name = copy};
	return variable;
}

int kg_grub_state_set(struct kg_grub_state *state, const char *name, const char *text,
		      struct kg_error *err)
{
	struct kg_grub_variable *variable = kg_grub_state_obtain(state, name, err);

	if (!variable)
		return -1;
	kg_strings_free(&variable->value.texts);
	variable->value.unknown = !text;
	return text ? kg_strings_add(&variable->value.texts, text, err) : 0;
}

static bool same_strings(const struct kg_strings *left, const struct kg_strings *right)
{
	if (left->count != right->count)
		return false;
	for (size_t i = 0; i < left->count; i++) {
		if (strcmp(left->items[i], right->items[i]) != 0)
			return false;
	}
	return true;
}

static bool copy_text(char **field, const char *text, struct kg_error *err)
{
	*field = text ? kg_copy_string(text, err) : NULL;
	return *field || !text;
}

static int copy_boot(const struct kg_grub_boot *from, struct kg_grub_boot *to, struct kg_error *err)
{
	*to = (struct kg_grub_boot){.uncertain = from->uncertain};
	if (copy_text(&to->kernel, from->kernel, err) &&
	    copy_text(&to->options, from->options, err) &&
	    kg_strings_add_all(&to->initrds, &from->initrds, err) == 0)
		return 0;
	kg_grub_boot_free(to);
	return -1;
}

int kg_grub_state_add_boot(struct kg_grub_state *state, const struct kg_grub_boot *boot,
			   struct kg_error *err)
{
	for (size_t i = 0; i < state->boot_count; i++) {
		const struct kg_grub_boot *known = &state->boots[i];

		if (strcmp(known->kernel, boot->kernel) == 0 &&
		    strcmp(known->options, boot->options) == 0 &&
		    same_strings(&known->initrds, &boot->initrds))
			return 0;
	}
	if (state->boot_count >= max_boots) {
		state->boots[0].uncertain = true;
		return 0;
	}
	if (kg_array_reserve(&state->boots, &state->boot_capacity, state->boot_count,
			     sizeof(*state->boots), err) < 0 ||
	    copy_boot(boot, &state->boots[state->boot_count], err) < 0)
		return -1;
	state->boot_count++;
	return 0;
}

static int copy_variable(const struct kg_grub_variable *from, struct kg_grub_state *to,
			 struct kg_error *err)
{
	struct kg_grub_variable *variable;

	if (kg_array_reserve(&to->variables, &to->capacity, to->count, sizeof(*to->variables),
			     err) < 0)
		return -1;
	variable = &to->variables[to->count];
	*variable = (struct kg_grub_variable){
		.name = kg_copy_string(from->name, err),
		.value.unknown = from->value.unknown,
		.exported = from->exported,
	};
	if (!variable->name)
		return -1;
	to->count++;
	return kg_strings_add_all(&variable->value.texts, &from->value.texts, err);
}

static int copy_all(const struct kg_grub_state *from, bool exported_only, struct kg_grub_state *to,
		    struct kg_error *err)
{
	for (size_t i = 0; i < from->count; i++) {
		if ((from->variables[i].exported || !exported_only) &&
		    copy_variable(&from->variables[i], to, err) < 0)
			return -1;
	}
	if (exported_only)
		return 0;
	for (size_t i = 0; i < from->boot_count; i++) {
		if (kg_grub_state_add_boot(to, &from->boots[i], err) < 0)
			return -1;
	}
	return copy_text(&to->chainloads, from->chainloads, err) ? 0 : -1;
}

int kg_grub_state_copy(const struct kg_grub_state *from, bool exported_only,
		       struct kg_grub_state *to, struct kg_error *err)
{
	struct kg_grub_state copy = {
		.status = from->status,
		.environment_unknown = from->environment_unknown,
	};

	if (copy_all(from, exported_only, &copy, err) < 0) {
		kg_grub_state_free(&copy);
		return -1;
	}
	*to = copy;
	return 0;
}

/* One that a branch does not set is empty there. */
static int merge_value(struct kg_grub_value *value, const struct kg_grub_value *other,
		       struct kg_error *err)
{
	if ((value->texts.count == 0 && !value->unknown) ||
	    (other->texts.count == 0 && !other->unknown)) {
		if (kg_grub_value_add(value, "", err) < 0)
			return -1;
	}
	value->unknown |= other->unknown;
	for (size_t i = 0; i < other->texts.count; i++) {
		if (kg_grub_value_add(value, other->texts.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int merge_variables(struct kg_grub_state *state, const struct kg_grub_state *other,
			   struct kg_error *err)
{
	for (size_t i = 0; i < state->count; i++) {
		struct kg_grub_variable *variable = &state->variables[i];
		const char *name = variable->name;

		if (merge_value(&variable->value, kg_grub_state_get(other, name, strlen(name)),
				err) < 0)
			return -1;
	}
	for (size_t i = 0; i < other->count; i++) {
		const struct kg_grub_variable *from = &other->variables[i];
		struct kg_grub_variable *variable = find(state, from->name, strlen(from->name));
		bool known = variable != NULL;

		if (!known)
			variable = kg_grub_state_obtain(state, from->name, err);
		if (!variable)
			return -1;
		variable->exported |= from->exported;
		if (!known && merge_value(&variable->value, &from->value, err) < 0)
			return -1;
	}
	return 0;
}

int kg_grub_state_merge(struct kg_grub_state *state, const struct kg_grub_state *other,
			struct kg_error *err)
{
	if (merge_variables(state, other, err) < 0)
		return -1;
	for (size_t i = 0; i < other->boot_count; i++) {
		if (kg_grub_state_add_boot(state, &other->boots[i], err) < 0)
			return -1;
	}
	if (!state->chainloads && !copy_text(&state->chainloads, other->chainloads, err))
		return -1;
	if (state->status != other->status)
		state->status = KG_GRUB_MAYBE;
	state->environment_unknown |= other->environment_unknown;
	return 0;
}
