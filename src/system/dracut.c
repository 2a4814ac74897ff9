// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/dracut.h"

#include "kernel-guard/system/mkinitcpio.h"
#include "kernel-guard/system/shell_files.h"

static int add_words(const struct kg_shell *shell, const char *name, struct kg_strings *words,
		     struct kg_error *err)
{
	const char *value = kg_shell_value(shell, name);

	return value ? kg_strings_add_words(words, value, err) : 0;
}

static int require(const struct kg_shell *shell, const char *name,
		   const struct kg_strings *omitted, struct kg_requirements *requirements,
		   struct kg_error *err)
{
	struct kg_strings words = {0};
	int result = add_words(shell, name, &words, err);

	for (size_t i = 0; result == 0 && i < words.count; i++) {
		/* "=path" stands for a whole directory, of which any may be missing. */
		if (words.items[i][0] == '=' || kg_strings_contain(omitted, words.items[i]))
			continue;
		result = kg_requirements_add(requirements, words.items[i],
					     "add_drivers, force_drivers or filesystems in "
					     "dracut.conf",
					     err);
	}
	kg_strings_free(&words);
	return result;
}

/* dracut modules that are asked for, and need one kernel module each. */
static int require_modules_of(const struct kg_shell *shell, const char *name,
			      struct kg_requirements *requirements, struct kg_error *err)
{
	struct kg_strings words = {0};
	int result = add_words(shell, name, &words, err);

	for (size_t i = 0; result == 0 && i < words.count; i++) {
		const char *module = kg_module_of_hook(words.items[i]);

		if (module)
			result = kg_requirements_add(requirements, module,
						     "add_dracutmodules in dracut.conf", err);
	}
	kg_strings_free(&words);
	return result;
}

int kg_dracut_requirements(const struct kg_root *root, struct kg_requirements *requirements,
			   struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_shell shell = {0};
	struct kg_strings omitted = {0};
	int result = kg_shell_read_file(root, "/etc/dracut.conf", &shell, troubles, err);

	if (result == 0)
		result = kg_shell_read_directory(root, "/usr/lib/dracut/dracut.conf.d", ".conf",
						 &shell, troubles, err);
	if (result == 0)
		result = kg_shell_read_directory(root, "/etc/dracut.conf.d", ".conf", &shell,
						 troubles, err);
	if (result == 0)
		result = add_words(&shell, "omit_drivers", &omitted, err);
	if (result == 0)
		result = require(&shell, "add_drivers", &omitted, requirements, err);
	if (result == 0)
		result = require(&shell, "force_drivers", &omitted, requirements, err);
	if (result == 0)
		result = require(&shell, "filesystems", &omitted, requirements, err);
	if (result == 0)
		result = require_modules_of(&shell, "add_dracutmodules", requirements, err);
	if (result == 0)
		result = require_modules_of(&shell, "force_add_dracutmodules", requirements, err);
	kg_strings_free(&omitted);
	kg_shell_free(&shell);
	return result;
}
