// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grub_run.h"
#include "kernel-guard/parse/grub_environment.h"

/* One command that is being followed: its readings, and what stands behind its name. */
struct command {
	struct kg_grub_run *run;
	const struct kg_grub_readings *readings;
	const struct kg_grub_argument *arguments; /* of the first reading */
	size_t count;
	size_t skip; /* words in front of the name in each reading */
	uint32_t body;
	struct kg_error *err;
};

static bool is_special_name(const char *name)
{
	return !name[0] || strchr("?#*@0123456789", name[0]);
}

/* Variables may hold what each of the readings gives them. */
static int run_set(const struct command *command)
{
	struct kg_grub_variable *variable;
	const char *equals = command->count ? strchr(command->arguments[0].text, '=') : NULL;
	char *name;

	if (!equals || is_special_name(command->arguments[0].text) ||
	    equals == command->arguments[0].text)
		return 0;
	name = kg_span_copy_string(
		kg_span_of(command->arguments[0].text,
			   (size_t)(equals - command->arguments[0].text)),
		command->err);
	if (!name)
		return -1;
	variable = kg_grub_state_obtain(&command->run->state, name, command->err);
	free(name);
	if (!variable)
		return -1;
	kg_strings_free(&variable->value.texts);
	variable->value.unknown = false;
	for (size_t i = 0; i < command->readings->count; i++) {
		const struct kg_grub_arguments *reading = &command->readings->items[i];
		const struct kg_grub_argument *word = NULL;

		if (reading->count > command->skip + 1)
			word = &reading->items[command->skip + 1];
		equals = word ? strchr(word->text, '=') : NULL;
		if (!equals || word->unknown)
			variable->value.unknown = true;
		else if (kg_grub_value_add(&variable->value, equals + 1, command->err) < 0)
			return -1;
	}
	return 0;
}

static int run_unset(const struct command *command)
{
	for (size_t i = 0; i < command->count; i++) {
		if (!is_special_name(command->arguments[i].text) &&
		    kg_grub_state_set(&command->run->state, command->arguments[i].text, "",
				      command->err) < 0)
			return -1;
	}
	return 0;
}

static int run_export(const struct command *command)
{
	for (size_t i = 0; i < command->count; i++) {
		struct kg_grub_variable *variable;

		if (is_special_name(command->arguments[i].text))
			continue;
		variable = kg_grub_state_obtain(&command->run->state, command->arguments[i].text,
						command->err);
		if (!variable)
			return -1;
		variable->exported = true;
	}
	return 0;
}

/* What the user types. */
static int run_read(const struct command *command)
{
	if (command->count == 0 || is_special_name(command->arguments[0].text))
		return 0;
	return kg_grub_state_set(&command->run->state, command->arguments[0].text, NULL,
				 command->err);
}

static int run_test(const struct command *command)
{
	enum kg_grub_answer answer = KG_GRUB_MAYBE;

	for (size_t i = 0; i < command->readings->count; i++) {
		const struct kg_grub_arguments *reading = &command->readings->items[i];
		size_t first = command->skip + 1;
		enum kg_grub_answer one = KG_GRUB_MAYBE;

		if (reading->count >= first)
			one = kg_grub_test(reading->items + first, reading->count - first,
					   command->run->files);
		if (i > 0 && one != answer)
			one = KG_GRUB_MAYBE;
		answer = one;
	}
	command->run->state.status = answer;
	return 0;
}

static int run_false(const struct command *command)
{
	command->run->state.status = KG_GRUB_NO;
	return 0;
}

static int run_nothing(const struct command *command)
{
	(void)command;
	return 0;
}

/* Only where it is certain to be reached; else what follows is possible as well. */
static int run_return(const struct command *command)
{
	struct kg_grub_run *run = command->run;

	if (run->in_function && run->uncertain == run->function_uncertain)
		run->leaving_function = true;
	run->state.status = KG_GRUB_MAYBE;
	return 0;
}

static int run_break(const struct command *command)
{
	struct kg_grub_run *run = command->run;

	if (run->in_loop && run->uncertain == run->loop_uncertain)
		run->leaving_loop = true;
	return 0;
}

/* The variables of a block that a load_env with these names loads. */
static bool is_loaded(const struct kg_strings *names, const char *name)
{
	return names->count == 0 || kg_strings_contain(names, name);
}

static int set_loaded(struct kg_grub_run *run, const struct kg_grub_environment *environment,
		      const struct kg_strings *names, struct kg_error *err)
{
	const char *once = kg_grub_environment_get(environment, "next_entry");
	const char *previous = kg_grub_environment_get(environment, "prev_saved_entry");

	run->boots_once |= (once && once[0]) || (previous && previous[0]);
	for (size_t i = 0; i < environment->names.count; i++) {
		const char *name = environment->names.items[i];
		const char *value = environment->values.items[i];

		if (!is_loaded(names, name) || is_special_name(name))
			continue;
		/* What 00_header's code leaves behind when it has booted that one. */
		if (run->next_boot && previous && previous[0] && strcmp(name, "saved_entry") == 0)
			value = previous;
		else if (run->next_boot && (strcmp(name, "next_entry") == 0 ||
					    strcmp(name, "prev_saved_entry") == 0))
			value = "";
		if (kg_grub_run_step(run, 1 + run->state.count / 16, err) < 0 ||
		    kg_grub_state_set(&run->state, name, value, err) < 0)
			return -1;
	}
	return 0;
}

static int load(struct kg_grub_run *run, const char *path, const struct kg_strings *names,
		struct kg_error *err)
{
	struct kg_grub_environment environment = {0};
	struct kg_span block = {0};
	int found = run->files && run->files->find
			    ? run->files->find(run->files->context, path, &block)
			    : -1;
	int result;

	if (found == 0)
		return 0;
	if (found < 0) {
		run->state.environment_unknown = true;
		return 0;
	}
	result = kg_grub_environment_parse(block, &environment, err);
	if (result < 0 && err->code != ENOMEM)
		return kg_grub_run_note(run, err, "%s %s", path, err->message);
	if (result == 0)
		result = set_loaded(run, &environment, names, err);
	kg_grub_environment_free(&environment);
	return result;
}

static int run_load_env(const struct command *command)
{
	const struct kg_grub_value *prefix =
		kg_grub_state_get(&command->run->state, "prefix", strlen("prefix"));
	const char *file = NULL;
	struct kg_strings names = {0};
	char *path = NULL;
	int result = 0;

	for (size_t i = 0; result == 0 && i < command->count; i++) {
		const char *text = command->arguments[i].text;

		if (strncmp(text, "--file=", 7) == 0)
			file = text + 7;
		else if ((strcmp(text, "--file") == 0 || strcmp(text, "-f") == 0) &&
			 i + 1 < command->count)
			file = command->arguments[++i].text;
		else if (text[0] != '-')
			result = kg_strings_add(&names, text, command->err);
	}
	if (result == 0 && !file) {
		path = kg_format(command->err, "%s/grubenv",
				 prefix->texts.count ? prefix->texts.items[0] : "(?)");
		result = path ? 0 : -1;
	}
	if (result == 0)
		result = load(command->run, file ? file : path, &names, command->err);
	kg_strings_free(&names);
	free(path);
	return result;
}

static int run_source(const struct command *command)
{
	if (command->count == 0)
		return 0;
	if (command->readings->count > 1 || command->arguments[0].unknown)
		return kg_grub_run_note(command->run, command->err, "%s is not read",
					command->arguments[0].text);
	return kg_grub_run_file(command->run, command->arguments[0].text, command->err);
}

/* A menu of its own. Inside of an entry it is none of this one's. */
static int run_configfile(const struct command *command)
{
	if (command->count == 0 || command->run->in_item || command->run->quiet)
		return 0;
	return kg_strings_add_unique(&command->run->config->configfiles,
				     command->arguments[0].text, command->err);
}

static int run_unread(const struct command *command)
{
	const char *name = command->arguments[-1].text;

	command->run->state.status = KG_GRUB_MAYBE;
	return kg_grub_run_note(command->run, command->err, "what %s does is not followed", name);
}

static int run_menuentry(const struct command *command)
{
	return kg_grub_run_menuentry(command->run, &command->readings->items[0], command->skip + 1,
				     command->arguments[-1].text[0] == 's', command->body,
				     command->err);
}

static const struct {
	const char *name;
	int (*run)(const struct command *command);
} commands[] = {
	{"set", run_set},
	{"unset", run_unset},
	{"export", run_export},
	{"read", run_read},
	{"[", run_test},
	{"test", run_test},
	{"true", run_nothing},
	{"false", run_false},
	{"return", run_return},
	{"break", run_break},
	{"load_env", run_load_env},
	{"source", run_source},
	{".", run_source},
	{"configfile", run_configfile},
	{"normal", run_configfile},
	{"menuentry", run_menuentry},
	{"submenu", run_menuentry},
	{"echo", run_nothing},
	{"save_env", run_nothing},
	/* What takes menus or code from elsewhere. */
	{"blscfg", run_unread},
	{"blsuki", run_unread},
	{"uki", run_unread},
	{"eval", run_unread},
	{"continue", run_unread},
	{"setparams", run_unread},
	{"shift", run_unread},
	{"legacy_configfile", run_unread},
	{"legacy_source", run_unread},
	{"syslinux_configfile", run_unread},
	{"syslinux_source", run_unread},
	{"extract_entries_source", run_unread},
	{"extract_entries_configfile", run_unread},
	{"extract_syslinux_entries_source", run_unread},
	{"extract_syslinux_entries_configfile", run_unread},
	{"extract_legacy_entries_source", run_unread},
	{"extract_legacy_entries_configfile", run_unread},
};

int kg_grub_run_command(struct kg_grub_run *run, const struct kg_grub_readings *readings,
			size_t skip, uint32_t body, bool *found, struct kg_error *err)
{
	const struct kg_grub_arguments *reading = &readings->items[0];
	const char *name = reading->items[skip].text;
	const struct command command = {
		.run = run,
		.readings = readings,
		.arguments = reading->items + skip + 1,
		.count = reading->count - skip - 1,
		.skip = skip,
		.body = body,
		.err = err,
	};

	*found = true;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			run->state.status = KG_GRUB_YES;
			return commands[i].run(&command);
		}
	}
	return kg_grub_run_loader(run, readings, skip, found, err);
}
