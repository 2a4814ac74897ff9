// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/loader/situation.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { max_string = 1024 };

/* One word of a command line; both point into a writable copy. */
struct parameter {
	char *name;
	char *value; /* NULL where there is no "=" */
};

/* isspace() of lib/ctype.c, which knows Latin-1's. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

/*
 * next_arg(): quotes hold words together. One before the word or before its value does not
 * belong to it, nor does the last one then; all others do.
 */
static char *next_parameter(char *text, struct parameter *parameter)
{
	char *equals = NULL;
	bool enclosed;
	bool quoted;
	char *end;

	while (is_space(*text))
		text++;
	if (*text == '\0')
		return NULL;
	enclosed = quoted = *text == '"';
	text += quoted;
	for (end = text; *end && (quoted || !is_space(*end)); end++) {
		if (*end == '=' && !equals && end > text)
			equals = end;
		else if (*end == '"')
			quoted = !quoted;
	}
	*parameter = (struct parameter){.name = text};
	if (equals) {
		*equals = '\0';
		parameter->value = equals + 1;
		if (*parameter->value == '"') {
			parameter->value++;
			enclosed = true;
		}
	}
	if (enclosed && end > text && end[-1] == '"')
		end[-1] = '\0';
	if (*end)
		*end++ = '\0';
	return end;
}

static bool is_named(const struct parameter *parameter, const char *name)
{
	const char *own = parameter->name;

	for (; *own && *name; own++, name++) {
		if ((*own == '-' ? '_' : *own) != *name)
			return false;
	}
	return *own == *name;
}

/*
 * param_set_bool() and kstrtobool() (kernel/params.c, lib/kstrtox.c): without a value it is
 * true. False where it is neither; *result is untouched then.
 */
static bool read_bool(const char *value, bool *result)
{
	if (value && *value == '\0')
		return false;
	if (!value || strchr("yYtT1", *value) || strncasecmp(value, "on", 2) == 0)
		*result = true;
	else if (strchr("nNfF0", *value) || strncasecmp(value, "of", 2) == 0)
		*result = false;
	else
		return false;
	return true;
}

static int set_blacklist(struct kg_load_situation *situation, const char *names,
			 struct kg_error *err)
{
	/* parse_one() wants a value, param_set_charp() none that is longer. */
	if (!names || strlen(names) > max_string)
		return 0;
	kg_strings_free(&situation->blacklist);
	while (*names) {
		size_t length = strcspn(names, ",");
		char *name = kg_span_copy_string(kg_span_of(names, length), err);
		int result = kg_strings_take(&situation->blacklist, name, err);
		if (result < 0)
			return -1;
		names += length + (names[length] == ',');
	}
	return 0;
}

/* do_sysctl_args() (fs/proc/proc_sysctl.c); "." and "/" are one. */
static bool is_modules_disabled_sysctl(const struct parameter *parameter)
{
	static const char name[] = "sysctl.kernel.modules_disabled";

	for (size_t i = 0; i < sizeof(name); i++) {
		char own = parameter->name[i] == '/' ? '.' : parameter->name[i];

		if (own != name[i])
			return false;
	}
	return parameter->value && strcmp(parameter->value, "1") == 0;
}

static int apply(struct kg_load_situation *situation, const struct parameter *parameter,
		 struct kg_error *err)
{
	enum kg_lockdown lockdown;
	bool enforced;

	if (is_named(parameter, "module_blacklist"))
		return set_blacklist(situation, parameter->value, err);
	if (is_named(parameter, "nomodule"))
		(void)read_bool(parameter->value, &situation->modules_disabled);
	else if (is_named(parameter, "module.sig_enforce") &&
		 read_bool(parameter->value, &enforced) && enforced)
		situation->signatures_enforced = true;
	else if (is_named(parameter, "lockdown") && parameter->value &&
		 kg_lockdown_of_name(parameter->value, &lockdown) &&
		 lockdown > situation->lockdown)
		situation->lockdown = lockdown;
	return 0;
}

int kg_load_situation_add_command_line(struct kg_load_situation *situation, const char *text,
				       struct kg_error *err)
{
	char *copy = kg_copy_string(text, err);
	char *rest = copy;
	struct parameter parameter;
	int result = copy ? 0 : -1;
	bool disabled = false;

	/* What follows "--" is for init. */
	while (result == 0 && (rest = next_parameter(rest, &parameter)) &&
	       (parameter.value || strcmp(parameter.name, "--") != 0)) {
		disabled = disabled || is_modules_disabled_sysctl(&parameter);
		result = apply(situation, &parameter, err);
	}
	/* Set when all parameters are, and not to be taken back. */
	if (disabled)
		situation->modules_disabled = true;
	free(copy);
	return result;
}

static const char *const lockdown_names[] = {
	[KG_LOCKDOWN_NONE] = "none",
	[KG_LOCKDOWN_INTEGRITY] = "integrity",
	[KG_LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
};

static bool lockdown_of(const char *name, size_t length, enum kg_lockdown *lockdown)
{
	for (size_t i = 0; i < sizeof(lockdown_names) / sizeof(lockdown_names[0]); i++) {
		if (strlen(lockdown_names[i]) == length &&
		    strncmp(lockdown_names[i], name, length) == 0) {
			*lockdown = (enum kg_lockdown)i;
			return true;
		}
	}
	return false;
}

bool kg_lockdown_of_name(const char *name, enum kg_lockdown *lockdown)
{
	return lockdown_of(name, strlen(name), lockdown);
}

bool kg_lockdown_of_state(const char *state, enum kg_lockdown *lockdown)
{
	const char *word = strchr(state, '[');

	return word && lockdown_of(word + 1, strcspn(word + 1, "]"), lockdown);
}

int kg_load_situation_add_machine(struct kg_load_situation *situation,
				  const struct kg_machine *machine, const char *command_line,
				  struct kg_error *err)
{
	enum kg_lockdown lockdown;

	if (!command_line)
		command_line = machine->command_line;
	if (command_line &&
	    kg_load_situation_add_command_line(situation, command_line, err) < 0)
		return -1;
	if (machine->lockdown && kg_lockdown_of_state(machine->lockdown, &lockdown) &&
	    lockdown > situation->lockdown)
		situation->lockdown = lockdown;
	situation->may_trust_more = machine->command_line != NULL;
	if (machine->sig_enforce && machine->sig_enforce[0] == 'Y')
		situation->signatures_enforced = true;
	return 0;
}

void kg_load_situation_free(struct kg_load_situation *situation)
{
	kg_strings_free(&situation->blacklist);
	*situation = (struct kg_load_situation){0};
}
