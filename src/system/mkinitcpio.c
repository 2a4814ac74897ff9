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

/* Hooks and dracut modules whose whole purpose is one kernel module. */
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
	{"crypt", "dm_crypt"},
	{"lvm", "dm_mod"},
	{"lvm2", "dm_mod"},
	{"sd-lvm2", "dm_mod"},
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

const char *kg_module_of_hook(const char *hook)
{
	for (size_t i = 0; i < sizeof(hook_modules) / sizeof(hook_modules[0]); i++) {
		if (strcmp(hook_modules[i].hook, hook) == 0)
			return hook_modules[i].module;
	}
	return NULL;
}

static int require_hook(const char *hook, const char *source,
			struct kg_requirements *requirements, struct kg_error *err)
{
	const char *module = kg_module_of_hook(hook);
	char *reason = module ? kg_format(err, "the hook %s in %s", hook, source) : NULL;
	int result = 0;

	if (module)
		result = reason ? kg_requirements_add(requirements, module, reason, err) : -1;
	free(reason);
	return result;
}

/* The comma-separated argument of each occurrence of an option in a preset's options. */
static int add_option_list(const char *options, const char *name, struct kg_strings *list,
			   struct kg_error *err)
{
	struct kg_strings words = {0};
	int result = options ? kg_strings_add_words(&words, options, err) : 0;

	for (size_t i = 0; result == 0 && i + 1 < words.count; i++) {
		char *rest = words.items[i + 1];

		if (strcmp(words.items[i], name) != 0)
			continue;
		for (char *item; result == 0 && (item = strsep(&rest, ","));)
			result = kg_strings_add(list, item, err);
	}
	kg_strings_free(&words);
	return result;
}

/* The words of an array, or of one string as old configurations have: MODULES="ext4 zfs". */
static int add_configured(const struct kg_shell *shell, const char *name, struct kg_strings *words,
			  struct kg_error *err)
{
	const struct kg_shell_variable *variable = kg_shell_get(shell, name);

	for (size_t i = 0; variable && i < variable->values.count; i++) {
		if (kg_strings_add_words(words, variable->values.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int add_modules(const struct kg_shell *shell, const char *source,
		       struct kg_requirements *requirements, struct kg_error *err)
{
	struct kg_strings modules = {0};
	int result = add_configured(shell, "MODULES", &modules, err);

	for (size_t i = 0; result == 0 && i < modules.count; i++)
		result = require_module(modules.items[i], source, requirements, err);
	kg_strings_free(&modules);
	return result;
}

/* mkinitcpio(8): options that add hooks to a preset's image or leave them out. */
static const struct {
	const char *name;
	bool skips;
} hook_options[] = {
	{"-A", false},
	{"--addhooks", false},
	{"-S", true},
	{"--skiphooks", true},
};

static int add_hooks(const struct kg_shell *shell, const char *options, const char *source,
		     struct kg_requirements *requirements, struct kg_error *err)
{
	struct kg_strings hooks = {0};
	struct kg_strings skipped = {0};
	int result = add_configured(shell, "HOOKS", &hooks, err);

	for (size_t i = 0; result == 0 && i < sizeof(hook_options) / sizeof(hook_options[0]); i++)
		result = add_option_list(options, hook_options[i].name,
					 hook_options[i].skips ? &skipped : &hooks, err);
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
	struct kg_shell shell = {0};
	int result = kg_shell_read_file(root, source, &shell, troubles, err);

	if (result == 0 && !config)
		result = kg_shell_read_directory(root, "/etc/mkinitcpio.conf.d", ".conf", &shell,
						 troubles, err);
	if (result == 0)
		result = add_modules(&shell, source, requirements, err);
	if (result == 0)
		result = add_hooks(&shell, options, source, requirements, err);
	kg_shell_free(&shell);
	return result;
}
