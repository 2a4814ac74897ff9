// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/mkinitcpio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/system/shell_files.h"

static const char preset_directory[] = "/etc/mkinitcpio.d";
static const char preset_suffix[] = ".preset";
static const char default_config[] = "/etc/mkinitcpio.conf";

static void free_preset(struct kg_preset *preset)
{
	free(preset->pkgbase);
	free(preset->name);
	free(preset->kernel);
	free(preset->image);
	free(preset->uki);
	free(preset->config);
	free(preset->options);
}

/* The value of NAME_key, or else of ALL_key, copied; NULL where neither is set. */
static int preset_value(const struct kg_shell *shell, const char *preset, const char *key,
			char **copy, struct kg_error *err)
{
	char *own = kg_format(err, "%s_%s", preset, key);
	char *shared = kg_format(err, "ALL_%s", key);
	const char *value = NULL;

	*copy = NULL;
	if (own && shared) {
		value = kg_shell_value(shell, own);
		if (!value)
			value = kg_shell_value(shell, shared);
	}
	if (value)
		*copy = kg_copy_string(value, err);
	free(own);
	free(shared);
	return own && shared && (!value || *copy) ? 0 : -1;
}

static int add_preset(struct kg_mkinitcpio *mkinitcpio, const struct kg_shell *shell,
		      const char *pkgbase, const char *name, bool first, struct kg_error *err)
{
	struct kg_preset preset = {.first = first};

	preset.pkgbase = kg_copy_string(pkgbase, err);
	preset.name = kg_copy_string(name, err);
	if (!preset.pkgbase || !preset.name ||
	    preset_value(shell, name, "kver", &preset.kernel, err) < 0 ||
	    preset_value(shell, name, "image", &preset.image, err) < 0 ||
	    preset_value(shell, name, "uki", &preset.uki, err) < 0 ||
	    preset_value(shell, name, "config", &preset.config, err) < 0 ||
	    preset_value(shell, name, "options", &preset.options, err) < 0 ||
	    kg_array_reserve(&mkinitcpio->presets, &mkinitcpio->preset_capacity,
			     mkinitcpio->preset_count, sizeof(*mkinitcpio->presets), err) < 0) {
		free_preset(&preset);
		return -1;
	}
	mkinitcpio->presets[mkinitcpio->preset_count++] = preset;
	return 0;
}

static int read_preset_file(const struct kg_root *root, const char *file_name,
			    struct kg_mkinitcpio *mkinitcpio, struct kg_troubles *troubles,
			    struct kg_error *err)
{
	struct kg_shell shell = {0};
	size_t length = strlen(file_name) - strlen(preset_suffix);
	char *path = kg_format(err, "%s/%s", preset_directory, file_name);
	char *pkgbase = kg_span_copy_string(kg_span_of(file_name, length), err);
	const struct kg_shell_variable *presets;
	int result = -1;

	if (path && pkgbase)
		result = kg_shell_read_file(root, path, &shell, troubles, err);
	presets = kg_shell_get(&shell, "PRESETS");
	for (size_t i = 0; result == 0 && presets && i < presets->values.count; i++)
		result = add_preset(mkinitcpio, &shell, pkgbase, presets->values.items[i], i == 0,
				    err);
	kg_shell_free(&shell);
	free(pkgbase);
	free(path);
	return result;
}

int kg_mkinitcpio_read(const struct kg_root *root, struct kg_mkinitcpio *mkinitcpio,
		       struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error reason;
	int result = 0;

	if (kg_root_list(root, preset_directory, &names, &reason) < 0)
		return reason.code == ENOENT
			       ? 0
			       : kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, preset_directory,
						 &reason, err);
	for (size_t i = 0; i < names.count && result == 0; i++) {
		if (kg_ends_with(names.items[i], preset_suffix))
			result = read_preset_file(root, names.items[i], mkinitcpio, troubles, err);
	}
	kg_strings_free(&names);
	return result;
}

void kg_mkinitcpio_free(struct kg_mkinitcpio *mkinitcpio)
{
	for (size_t i = 0; i < mkinitcpio->preset_count; i++)
		free_preset(&mkinitcpio->presets[i]);
	free(mkinitcpio->presets);
	*mkinitcpio = (struct kg_mkinitcpio){0};
}

/* Hooks whose whole purpose is one module: their install files add it, and fail without. */
static const struct {
	const char *hook;
	const char *module;
} hook_modules[] = {
	{"zfs", "zfs"},
	{"sd-zfs", "zfs"},
	{"bcachefs", "bcachefs"},
	{"btrfs", "btrfs"},
	{"encrypt", "dm_crypt"},
	{"sd-encrypt", "dm_crypt"},
};

static int require_module(const char *entry, const char *source,
			  struct kg_requirements *requirements, struct kg_error *err)
{
	char *reason = kg_format(err, "MODULES in %s", source);
	int result = -1;

	/* "If suffixed with a question mark": no error where it is not there. */
	if (reason)
		result = kg_ends_with(entry, "?")
				 ? 0
				 : kg_requirements_add(requirements, entry, reason, err);
	free(reason);
	return result;
}

static int require_hook(const char *hook, const char *source,
			struct kg_requirements *requirements, struct kg_error *err)
{
	for (size_t i = 0; i < sizeof(hook_modules) / sizeof(hook_modules[0]); i++) {
		char *reason;
		int result;

		if (strcmp(hook_modules[i].hook, hook) != 0)
			continue;
		reason = kg_format(err, "the hook %s in %s", hook, source);
		result = reason ? kg_requirements_add(requirements, hook_modules[i].module, reason,
						      err)
				: -1;
		free(reason);
		return result;
	}
	return 0;
}

/* The comma-separated argument of each option letter in a preset's options. */
static int add_option_list(const char *options, const char *letter, struct kg_strings *list,
			   struct kg_error *err)
{
	struct kg_strings words = {0};
	int result = options ? kg_strings_add_words(&words, options, err) : 0;

	for (size_t i = 0; result == 0 && i + 1 < words.count; i++) {
		char *rest = words.items[i + 1];

		if (strcmp(words.items[i], letter) != 0)
			continue;
		for (char *item; result == 0 && (item = strsep(&rest, ","));)
			result = kg_strings_add(list, item, err);
	}
	kg_strings_free(&words);
	return result;
}

static int add_hooks(const struct kg_shell *shell, const char *options, const char *source,
		     struct kg_requirements *requirements, struct kg_error *err)
{
	const struct kg_shell_variable *configured = kg_shell_get(shell, "HOOKS");
	struct kg_strings hooks = {0};
	struct kg_strings skipped = {0};
	int result = configured ? kg_strings_add_all(&hooks, &configured->values, err) : 0;

	if (result == 0)
		result = add_option_list(options, "-A", &hooks, err);
	if (result == 0)
		result = add_option_list(options, "-S", &skipped, err);
	for (size_t i = 0; result == 0 && i < hooks.count; i++) {
		if (!kg_strings_contain(&skipped, hooks.items[i]))
			result = require_hook(hooks.items[i], source, requirements, err);
	}
	kg_strings_free(&hooks);
	kg_strings_free(&skipped);
	return result;
}

int kg_mkinitcpio_requirements(const struct kg_root *root, const char *config, const char *options,
			       struct kg_requirements *requirements, struct kg_troubles *troubles,
			       struct kg_error *err)
{
	const char *source = config ? config : default_config;
	const struct kg_shell_variable *modules;
	struct kg_shell shell = {0};
	int result = kg_shell_read_file(root, source, &shell, troubles, err);

	if (result == 0 && !config)
		result = kg_shell_read_directory(root, "/etc/mkinitcpio.conf.d", ".conf", &shell,
						 troubles, err);
	modules = kg_shell_get(&shell, "MODULES");
	for (size_t i = 0; result == 0 && modules && i < modules->values.count; i++) {
		struct kg_strings words = {0};

		/* Old configurations have one string: MODULES="ext4 zfs". */
		result = kg_strings_add_words(&words, modules->values.items[i], err);
		for (size_t j = 0; result == 0 && j < words.count; j++)
			result = require_module(words.items[j], source, requirements, err);
		kg_strings_free(&words);
	}
	if (result == 0)
		result = add_hooks(&shell, options, source, requirements, err);
	kg_shell_free(&shell);
	return result;
}
