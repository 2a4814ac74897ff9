// SPDX-License-Identifier: GPL-2.0-or-later
#include "grub_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

enum {
	max_steps = 4000000,
	max_depth = 100,
	max_notes = 1000,
	max_scripts = 100,
	max_functions = 1000,
};

static int run_node(struct kg_grub_run *run, uint32_t index, struct kg_error *err);

int kg_grub_run_step(struct kg_grub_run *run, size_t count, struct kg_error *err)
{
	if (count > max_steps - run->steps)
		return kg_fail(err, EFBIG, "line %u: takes more than %d steps", run->line,
			       max_steps);
	run->steps += (uint32_t)count;
	return 0;
}

int kg_grub_run_note(struct kg_grub_run *run, struct kg_error *err, const char *format, ...)
{
	struct kg_grub_config *config = run->config;
	char *text = NULL;
	va_list args;
	int length;

	if (run->quiet)
		return 0;
	if (config->note_count >= max_notes)
		return kg_fail(err, EFBIG, "line %u: has more than %d statements that are not read",
			       run->line, max_notes);
	if (kg_array_reserve(&config->notes, &config->note_capacity, config->note_count,
			     sizeof(*config->notes), err) < 0)
		return -1;
	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return kg_fail_memory(err);
	config->notes[config->note_count++] =
		(struct kg_grub_note){.line = run->line, .text = text};
	return 0;
}

const struct kg_grub_script *kg_grub_run_add_script(struct kg_grub_run *run, struct kg_span text,
						    struct kg_error *err)
{
	struct kg_grub_script *script;

	if (run->script_count >= max_scripts) {
		kg_fail(err, EFBIG, "line %u: sources more than %d files", run->line, max_scripts);
		return NULL;
	}
	if (kg_array_reserve(&run->scripts, &run->script_capacity, run->script_count,
			     sizeof(struct kg_grub_script *), err) < 0)
		return NULL;
	script = malloc(sizeof(*script));
	if (!script) {
		kg_fail_memory(err);
		return NULL;
	}
	if (kg_grub_script_parse(text, script, err) < 0) {
		free(script);
		return NULL;
	}
	run->scripts[run->script_count++] = script;
	return script;
}

int kg_grub_run_file(struct kg_grub_run *run, const char *path, struct kg_error *err)
{
	const struct kg_grub_script *outer = run->script;
	const struct kg_grub_script *script;
	struct kg_span text = {0};
	uint32_t line = run->line;
	int result;
	int found = run->files && run->files->find
			    ? run->files->find(run->files->context, path, &text)
			    : -1;

	if (found == 0)
		return 0;
	if (found < 0)
		return kg_grub_run_note(run, err, "%s is not read", path);
	script = kg_grub_run_add_script(run, text, err);
	if (!script) {
		if (err->code == ENOMEM || run->script_count >= max_scripts)
			return -1;
		return kg_grub_run_note(run, err, "%s: %s", path, err->message);
	}
	run->script = script;
	result = kg_grub_run_list(run, script->first, err);
	run->script = outer;
	run->line = line;
	return result;
}

static const struct kg_grub_function *find_function(const struct kg_grub_run *run, const char *name)
{
	for (size_t i = run->function_count; i > 0; i--) {
		const struct kg_grub_function *function = &run->functions[i - 1];

		if (strlen(name) == function->length &&
		    memcmp(name, function->name, function->length) == 0)
			return function;
	}
	return NULL;
}

static int define_function(struct kg_grub_run *run, const struct kg_grub_node *node,
			   struct kg_error *err)
{
	const struct kg_grub_word *word = &run->script->words[node->first_word];
	const struct kg_grub_piece *name = &run->script->pieces[word->first];

	if (run->function_count >= max_functions)
		return kg_fail(err, EFBIG, "line %u: defines more than %d functions", run->line,
			       max_functions);
	if (kg_array_reserve(&run->functions, &run->function_capacity, run->function_count,
			     sizeof(*run->functions), err) < 0)
		return -1;
	run->functions[run->function_count++] = (struct kg_grub_function){
		.name = name->text,
		.length = name->length,
		.script = run->script,
		.body = node->body,
	};
	return 0;
}

/* The parameters are those of the first reading behind the name. */
static int call_function(struct kg_grub_run *run, const struct kg_grub_function *function,
			 const struct kg_grub_arguments *arguments, size_t skip,
			 struct kg_error *err)
{
	const struct kg_grub_run outer = *run;
	struct kg_grub_arguments parameters = {
		.items = arguments->items + skip + 1,
		.count = arguments->count - skip - 1,
	};
	int result;

	run->parameters = &parameters;
	run->script = function->script;
	run->in_function = true;
	run->function_uncertain = run->uncertain;
	run->in_loop = false;
	result = kg_grub_run_list(run, function->body, err);
	run->leaving_function = false;
	run->in_function = outer.in_function;
	run->function_uncertain = outer.function_uncertain;
	run->in_loop = outer.in_loop;
	run->parameters = outer.parameters;
	run->script = outer.script;
	run->line = outer.line;
	return result;
}

/* NAME=value, which is a command where there is none of that name. */
static int assign(struct kg_grub_run *run, const char *word, bool unknown, struct kg_error *err)
{
	const char *equals = strchr(word, '=');
	char *name;
	int result;

	if (!equals || equals == word || strchr("?#*@0123456789", word[0]))
		return 0;
	run->state.status = KG_GRUB_YES;
	name = kg_span_copy_string(kg_span_of(word, (size_t)(equals - word)), err);
	result = name ? kg_grub_state_set(&run->state, name, unknown ? NULL : equals + 1, err) : -1;
	free(name);
	return result;
}

static int run_words(struct kg_grub_run *run, const struct kg_grub_node *node,
		     const struct kg_grub_readings *readings, struct kg_error *err)
{
	const struct kg_grub_arguments *arguments = &readings->items[0];
	bool invert = arguments->count > 0 && strcmp(arguments->items[0].text, "!") == 0;
	const struct kg_grub_function *function;
	size_t skip = invert ? 1 : 0;
	bool found = false;
	int result;

	if (arguments->count <= skip)
		return 0;
	result = kg_grub_run_command(run, readings, skip, node->body, &found, err);
	if (!found && result == 0) {
		function = find_function(run, arguments->items[skip].text);
		run->state.status = KG_GRUB_MAYBE;
		if (function)
			result = call_function(run, function, arguments, skip, err);
		else
			result = assign(run, arguments->items[skip].text,
					arguments->items[skip].unknown || readings->count > 1, err);
	}
	if (invert && run->state.status != KG_GRUB_MAYBE)
		run->state.status = run->state.status == KG_GRUB_YES ? KG_GRUB_NO : KG_GRUB_YES;
	return result;
}

static int run_command(struct kg_grub_run *run, const struct kg_grub_node *node,
		       struct kg_error *err)
{
	struct kg_grub_readings readings;
	int result;

	if (kg_grub_run_step(run, (node->word_count + 1) * (1 + run->state.count / 16), err) < 0 ||
	    kg_grub_expand(run->script, node->first_word, node->word_count, &run->state,
			   run->parameters, &readings, err) < 0)
		return -1;
	result = kg_grub_run_step(run, readings.count * readings.items[0].count, err);
	if (result == 0)
		result = run_words(run, node, &readings, err);
	kg_grub_readings_free(&readings);
	return result;
}

/* Follows two lists as branches, one of which is taken; KG_GRUB_NONE is an empty one. */
static int run_branches(struct kg_grub_run *run, uint32_t one, uint32_t other, struct kg_error *err)
{
	struct kg_grub_state before = {0};
	struct kg_grub_state after;
	int result;

	if (kg_grub_run_step(run, 1 + run->state.count * 4, err) < 0 ||
	    kg_grub_state_copy(&run->state, false, &before, err) < 0)
		return -1;
	run->uncertain++;
	result = kg_grub_run_list(run, one, err);
	after = run->state;
	run->state = before;
	if (result == 0)
		result = kg_grub_run_list(run, other, err);
	if (result == 0)
		result = kg_grub_state_merge(&run->state, &after, err);
	kg_grub_state_free(&after);
	run->uncertain--;
	return result;
}

static int run_if(struct kg_grub_run *run, const struct kg_grub_node *node, struct kg_error *err)
{
	uint32_t body = node->body;
	uint32_t otherwise = node->otherwise;

	if (kg_grub_run_list(run, node->condition, err) < 0)
		return -1;
	if (run->leaving_function)
		return 0;
	if (run->state.status == KG_GRUB_MAYBE)
		return run_branches(run, body, otherwise, err);
	body = run->state.status == KG_GRUB_YES ? body : otherwise;
	run->state.status = KG_GRUB_YES;
	return kg_grub_run_list(run, body, err);
}

/* A loop whose end is known only at boot, or would have to be run to be known: once or never. */
static int run_while(struct kg_grub_run *run, const struct kg_grub_node *node, struct kg_error *err)
{
	enum kg_grub_answer never = node->until ? KG_GRUB_YES : KG_GRUB_NO;

	if (kg_grub_run_list(run, node->condition, err) < 0)
		return -1;
	if (run->state.status == never)
		return 0;
	if (kg_grub_run_note(run, err, "a loop is followed once") < 0)
		return -1;
	return run_branches(run, node->body, KG_GRUB_NONE, err);
}

/* The variable takes each of the words. */
static int run_for_words(struct kg_grub_run *run, const struct kg_grub_node *node,
			 const char *name, const struct kg_grub_arguments *words,
			 struct kg_error *err)
{
	const struct kg_grub_run outer = *run;
	int result = 0;

	run->in_loop = true;
	run->loop_uncertain = run->uncertain;
	for (size_t i = 0; result == 0 && i < words->count && !run->leaving_function; i++) {
		const struct kg_grub_argument *word = &words->items[i];
		bool unknown = word->unknown || word->text[strcspn(word->text, "*?")];

		if (unknown)
			result = kg_grub_run_note(run, err, "a loop over %s is followed once",
						  word->text);
		if (result == 0)
			result = kg_grub_state_set(&run->state, name, unknown ? NULL : word->text,
						   err);
		if (result == 0)
			result = unknown ? run_branches(run, node->body, KG_GRUB_NONE, err)
					 : kg_grub_run_list(run, node->body, err);
		if (run->leaving_loop)
			break;
	}
	run->leaving_loop = false;
	run->in_loop = outer.in_loop;
	run->loop_uncertain = outer.loop_uncertain;
	return result;
}

static int run_for(struct kg_grub_run *run, const struct kg_grub_node *node, struct kg_error *err)
{
	const struct kg_grub_word *word = &run->script->words[node->first_word];
	const struct kg_grub_piece *piece = &run->script->pieces[word->first];
	struct kg_grub_readings readings;
	char *name;
	int result;

	if (kg_grub_run_step(run, node->word_count, err) < 0 ||
	    kg_grub_expand(run->script, node->first_word + 1, node->word_count - 1, &run->state,
			   run->parameters, &readings, err) < 0)
		return -1;
	name = kg_span_copy_string(kg_span_of(piece->text, piece->length), err);
	result = name ? run_for_words(run, node, name, &readings.items[0], err) : -1;
	free(name);
	kg_grub_readings_free(&readings);
	return result;
}

static int run_node(struct kg_grub_run *run, uint32_t index, struct kg_error *err)
{
	const struct kg_grub_node *node = &run->script->nodes[index];

	run->line = node->line;
	run->statement = kg_span_of(run->script->text + node->start, node->end - node->start);
	switch (node->kind) {
	case KG_GRUB_IF:
		return run_if(run, node, err);
	case KG_GRUB_WHILE:
		return run_while(run, node, err);
	case KG_GRUB_FOR:
		return run_for(run, node, err);
	case KG_GRUB_FUNCTION:
		return define_function(run, node, err);
	case KG_GRUB_COMMAND:
		break;
	}
	return run_command(run, node, err);
}

int kg_grub_run_list(struct kg_grub_run *run, uint32_t first, struct kg_error *err)
{
	int result = 0;

	if (run->depth >= max_depth)
		return kg_fail(err, EFBIG, "line %u: functions and files are nested deeper than %d",
			       run->line, max_depth);
	run->depth++;
	for (uint32_t index = first; result == 0 && index != KG_GRUB_NONE;
	     index = run->script->nodes[index].next) {
		if (run->leaving_function || run->leaving_loop)
			break;
		result = kg_grub_run_step(run, 1, err);
		if (result == 0)
			result = run_node(run, index, err);
	}
	run->depth--;
	return result;
}
