// SPDX-License-Identifier: GPL-2.0-or-later
#include "grub_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

enum {
	/* COMMAND_LINE_SIZE of any architecture is less. */
	max_text = 65536,
	max_choices = 8,
	max_arguments = 4096,
};

/* A variable with several values, and the one that is taken. */
struct choice {
	const struct kg_grub_value *value;
	size_t index;
};

struct expansion {
	const struct kg_grub_script *script;
	const struct kg_grub_state *state;
	const struct kg_grub_arguments *parameters;
	struct choice choices[max_choices];
	size_t choice_count;
	bool choices_unknown; /* there are too many */
	struct kg_grub_arguments *out;
	struct kg_buffer word;
	bool present;
	bool unknown;
	struct kg_error *err;
};

void kg_grub_arguments_free(struct kg_grub_arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		free(arguments->items[i].text);
	free(arguments->items);
	*arguments = (struct kg_grub_arguments){0};
}

void kg_grub_readings_free(struct kg_grub_readings *readings)
{
	for (size_t i = 0; i < readings->count; i++)
		kg_grub_arguments_free(&readings->items[i]);
	readings->count = 0;
}

int kg_grub_arguments_add(struct kg_grub_arguments *arguments, const char *text, bool unknown,
			  struct kg_error *err)
{
	char *copy;

	if (kg_array_reserve(&arguments->items, &arguments->capacity, arguments->count,
			     sizeof(*arguments->items), err) < 0)
		return -1;
	copy = kg_copy_string(text, err);
	if (!copy)
		return -1;
	arguments->items[arguments->count++] =
		(struct kg_grub_argument){.text = copy, .unknown = unknown};
	return 0;
}

static int append(struct expansion *expansion, const char *text, size_t length)
{
	if (length == 0)
		return 0;
	expansion->present = true;
	if (expansion->word.size + length > max_text) {
		expansion->unknown = true;
		return 0;
	}
	return kg_buffer_append(&expansion->word, text, length, expansion->err);
}

static int finish_word(struct expansion *expansion)
{
	int result = 0;

	if (expansion->present && expansion->out->count < max_arguments) {
		result = kg_buffer_append(&expansion->word, "", 1, expansion->err);
		if (result == 0)
			result = kg_grub_arguments_add(expansion->out,
						       (const char *)expansion->word.data,
						       expansion->unknown, expansion->err);
	}
	expansion->word.size = 0;
	expansion->present = false;
	expansion->unknown = false;
	return result;
}

/* As grub_script_argv_split_append(): blanks between words divide, those around do not. */
static int append_split(struct expansion *expansion, const char *text)
{
	text += strspn(text, " \t\n\r\f\v");
	while (*text) {
		size_t length = strcspn(text, " \t\n\r\f\v");

		if (append(expansion, text, length) < 0)
			return -1;
		text += length;
		text += strspn(text, " \t\n\r\f\v");
		if (*text && finish_word(expansion) < 0)
			return -1;
	}
	return 0;
}

static int append_text(struct expansion *expansion, bool quoted, const char *text)
{
	return quoted ? append(expansion, text, strlen(text)) : append_split(expansion, text);
}

static int append_unknown(struct expansion *expansion, const struct kg_grub_piece *piece)
{
	expansion->present = true;
	expansion->unknown = true;
	if (append(expansion, "$", 1) < 0)
		return -1;
	return append(expansion, piece->text, piece->length);
}

/* $* and $@: the parameters, which only a quoted $* joins. */
static int append_parameters(struct expansion *expansion, const struct kg_grub_piece *piece,
			     bool quoted)
{
	const struct kg_grub_arguments *parameters = expansion->parameters;

	for (size_t i = 0; i < parameters->count; i++) {
		int result = 0;

		if (i > 0 && quoted && piece->text[0] == '*')
			result = append(expansion, " ", 1);
		else if (i > 0)
			result = finish_word(expansion);
		expansion->unknown |= parameters->items[i].unknown;
		if (result < 0 || append_text(expansion, quoted, parameters->items[i].text) < 0)
			return -1;
		expansion->present |= quoted;
	}
	return 0;
}

static int append_special(struct expansion *expansion, const struct kg_grub_piece *piece,
			  bool quoted)
{
	const struct kg_grub_arguments *parameters = expansion->parameters;
	uint64_t number = 0;

	if (piece->text[0] == '?')
		return expansion->state->status == KG_GRUB_YES ? append(expansion, "0", 1)
							       : append_unknown(expansion, piece);
	if (!parameters)
		return 0;
	if (piece->text[0] == '#') {
		char *text = kg_format(expansion->err, "%zu", parameters->count);
		int result = text ? append_text(expansion, true, text) : -1;

		free(text);
		return result;
	}
	if (!isdigit((unsigned char)piece->text[0]))
		return append_parameters(expansion, piece, quoted);
	for (size_t i = 0; i < piece->length && number <= max_arguments; i++)
		number = number * 10 + (uint64_t)(piece->text[i] - '0');
	if (number == 0 || number > parameters->count)
		return 0;
	expansion->unknown |= parameters->items[number - 1].unknown;
	return append_text(expansion, quoted, parameters->items[number - 1].text);
}

/* A value of several is the one chosen; the one behind the texts stands for all others. */
static int append_variable(struct expansion *expansion, const struct kg_grub_piece *piece,
			   bool quoted)
{
	const struct kg_grub_value *value;
	size_t index = 0;

	if (strchr("?#*@0123456789", piece->text[0]))
		return append_special(expansion, piece, quoted);
	value = kg_grub_state_get(expansion->state, piece->text, piece->length);
	if (value->texts.count + value->unknown > 1 && expansion->choices_unknown)
		return append_unknown(expansion, piece);
	for (size_t i = 0; i < expansion->choice_count; i++) {
		if (expansion->choices[i].value == value)
			index = expansion->choices[i].index;
	}
	if (index < value->texts.count)
		return append_text(expansion, quoted, value->texts.items[index]);
	return value->unknown ? append_unknown(expansion, piece) : 0;
}

static int append_piece(struct expansion *expansion, const struct kg_grub_piece *piece)
{
	switch (piece->kind) {
	case KG_GRUB_QUOTED_TEXT:
		expansion->present = true;
		break;
	case KG_GRUB_VARIABLE:
		return append_variable(expansion, piece, false);
	case KG_GRUB_QUOTED_VARIABLE:
		return append_variable(expansion, piece, true);
	case KG_GRUB_TEXT:
		break;
	}
	return append(expansion, piece->text, piece->length);
}

static int expand_words(struct expansion *expansion, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		const struct kg_grub_word *word = &expansion->script->words[i];

		for (uint32_t j = word->first; j < word->first + word->count; j++) {
			if (append_piece(expansion, &expansion->script->pieces[j]) < 0)
				return -1;
		}
		if (finish_word(expansion) < 0)
			return -1;
	}
	return 0;
}

/* Collects the variables with several values. The number of combinations, 0 for too many. */
static size_t collect_choices(struct expansion *expansion, uint32_t first, uint32_t count)
{
	const struct kg_grub_script *script = expansion->script;
	const struct kg_grub_word *last = &script->words[first + count - 1];
	size_t total = 1;

	for (uint32_t i = script->words[first].first; i < last->first + last->count; i++) {
		const struct kg_grub_piece *piece = &script->pieces[i];
		const struct kg_grub_value *value;
		bool known = false;

		if (piece->kind != KG_GRUB_VARIABLE && piece->kind != KG_GRUB_QUOTED_VARIABLE)
			continue;
		value = kg_grub_state_get(expansion->state, piece->text, piece->length);
		for (size_t j = 0; j < expansion->choice_count; j++)
			known |= expansion->choices[j].value == value;
		if (known || value->texts.count + value->unknown < 2)
			continue;
		total *= value->texts.count + value->unknown;
		if (total > KG_GRUB_MAX_READINGS || expansion->choice_count >= max_choices)
			return 0;
		expansion->choices[expansion->choice_count++].value = value;
	}
	return total;
}

static void choose(struct expansion *expansion, size_t combination)
{
	for (size_t i = 0; i < expansion->choice_count; i++) {
		struct choice *choice = &expansion->choices[i];
		size_t count = choice->value->texts.count + choice->value->unknown;

		choice->index = combination % count;
		combination /= count;
	}
}

int kg_grub_expand(const struct kg_grub_script *script, uint32_t first, uint32_t count,
		   const struct kg_grub_state *state, const struct kg_grub_arguments *parameters,
		   struct kg_grub_readings *readings, struct kg_error *err)
{
	struct expansion expansion = {
		.script = script,
		.state = state,
		.parameters = parameters,
		.err = err,
	};
	size_t total = count ? collect_choices(&expansion, first, count) : 1;
	int result = 0;

	readings->count = 0;
	expansion.choices_unknown = total == 0;
	for (size_t i = 0; result == 0 && i < (total ? total : 1); i++) {
		expansion.out = &readings->items[readings->count++];
		*expansion.out = (struct kg_grub_arguments){0};
		choose(&expansion, i);
		result = expand_words(&expansion, first, count);
	}
	kg_buffer_free(&expansion.word);
	if (result < 0)
		kg_grub_readings_free(readings);
	return result;
}
