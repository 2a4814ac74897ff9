// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel-guard/system/storage.h"

/* Where a parameter's value begins with this, or is there at all, the module is needed. */
static const struct {
	const char *name;
	const char *value; /* what the value begins with */
	const char *module;
	const char *unless; /* "rd.luks": turned off by rd.luks=0 */
} implied[] = {
	{"cryptdevice", "", "dm_crypt", NULL},
	{"rd.luks.uuid", "", "dm_crypt", "rd.luks"},
	{"rd.luks.name", "", "dm_crypt", "rd.luks"},
	{"luks.uuid", "", "dm_crypt", "luks"},
	{"luks.name", "", "dm_crypt", "luks"},
	{"rd.lvm.vg", "", "dm_mod", "rd.lvm"},
	{"rd.lvm.lv", "", "dm_mod", "rd.lvm"},
	{"rd.md.uuid", "", "md_mod", "rd.md"},
	{"roothash", "", "dm_verity", "systemd.verity"},
	{"zfs", "", "zfs", NULL},
	{"root", "ZFS=", "zfs", NULL},
	{"root", "zfs:", "zfs", NULL},
	{"root", "zfs=", "zfs", NULL},
	{"root", "/dev/mapper/", "dm_mod", NULL},
	{"root", "/dev/dm-", "dm_mod", NULL},
	{"root", "/dev/md", "md_mod", NULL},
	{"root", "/dev/bcache", "bcache", NULL},
	{"root", "/dev/nvme", "nvme_core", NULL},
	{"root", "/dev/vd", "virtio_blk", NULL},
	{"root", "/dev/mmcblk", "mmc_block", NULL},
	{"root", "/dev/sd", "sd_mod", NULL},
	{"resume", "/dev/mapper/", "dm_mod", NULL},
	{"resume", "/dev/md", "md_mod", NULL},
};

/* The value of "name=value"; NULL where the word is another. Quotes may enclose it. */
static const char *value_of(const char *word, const char *name)
{
	size_t length = strlen(name);

	if (*word == '"')
		word++;
	if (strncmp(word, name, length) != 0 || word[length] != '=')
		return NULL;
	word += length + 1;
	return *word == '"' ? word + 1 : word;
}

static bool is_off(const char *value)
{
	return strcmp(value, "0") == 0 || strcasecmp(value, "no") == 0 ||
	       strcasecmp(value, "off") == 0 || strcasecmp(value, "false") == 0;
}

/* The last one counts, as with root=. */
static const char *last_value(const struct kg_strings *words, const char *name)
{
	const char *last = NULL;

	for (size_t i = 0; i < words->count; i++) {
		const char *value = value_of(words->items[i], name);

		last = value ? value : last;
	}
	return last;
}

static int require(const char *module, const char *parameter, const char *source,
		   struct kg_requirements *requirements, struct kg_error *err)
{
	char *reason = kg_format(err, "%s= in %s", parameter, source);
	int result = reason ? kg_requirements_add(requirements, module, reason, err) : -1;

	free(reason);
	return result;
}

/* Of "ext4" the module, of a list nothing: any of them may be the root's. */
static int require_filesystem(const char *type, const char *source,
			      const struct kg_module_tree *tree,
			      struct kg_requirements *requirements, struct kg_error *err)
{
	size_t length = strcspn(type, ",\"");
	struct kg_strings names = {0};
	bool builtin = false;
	char *alias;
	int result;

	/* "auto" and "none" are no file systems; network ones need more than a module. */
	if (length == 0 || type[length] == ',' || !tree || strncmp(type, "auto", length) == 0 ||
	    strncmp(type, "none", length) == 0)
		return 0;
	alias = kg_format(err, "fs-%.*s", (int)length, type);
	if (!alias)
		return -1;
	result = kg_module_tree_candidates(tree, alias, &names, &builtin, err);
	if (result == 0 && names.count == 0 && !builtin)
		result = kg_module_tree_candidates(tree, alias + strlen("fs-"), &names, &builtin,
						   err);
	if (result == 0 && !builtin)
		result = require(names.count > 0 ? names.items[0] : alias + strlen("fs-"),
				 "rootfstype", source, requirements, err);
	kg_strings_free(&names);
	free(alias);
	return result;
}

static int add_implied(const struct kg_strings *words, const char *source,
		       struct kg_requirements *requirements, struct kg_error *err)
{
	for (size_t i = 0; i < sizeof(implied) / sizeof(implied[0]); i++) {
		const char *value = last_value(words, implied[i].name);
		const char *off = implied[i].unless ? last_value(words, implied[i].unless) : NULL;

		if (!value || strncmp(value, implied[i].value, strlen(implied[i].value)) != 0 ||
		    is_off(value) || (off && is_off(off)))
			continue;
		if (require(implied[i].module, implied[i].name, source, requirements, err) < 0)
			return -1;
	}
	return 0;
}

int kg_command_line_requirements(const char *command_line, const char *source,
				 const struct kg_module_tree *tree,
				 struct kg_requirements *requirements, struct kg_error *err)
{
	struct kg_strings words = {0};
	const char *type;
	int result = kg_strings_add_words(&words, command_line, err);

	if (result == 0)
		result = add_implied(&words, source, requirements, err);
	type = result == 0 ? last_value(&words, "rootfstype") : NULL;
	if (type)
		result = require_filesystem(type, source, tree, requirements, err);
	kg_strings_free(&words);
	return result;
}
