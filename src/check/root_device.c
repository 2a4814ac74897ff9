// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"

/* The last root= of the options, without quotes, or NULL. The caller frees it. */
static int read_root(const char *options, char **root, struct kg_error *err)
{
	struct kg_strings words = {0};
	int result = kg_strings_add_words(&words, options, err);
	const char *found = NULL;

	*root = NULL;
	for (size_t i = 0; result == 0 && i < words.count; i++) {
		const char *word = words.items[i] + (words.items[i][0] == '"' ? 1 : 0);

		if (strncmp(word, "root=", strlen("root=")) == 0)
			found = word + strlen("root=");
	}
	if (found && !kg_copy_optional(root, found, err))
		result = -1;
	kg_strings_free(&words);
	if (*root) {
		char *to = *root;

		for (const char *from = *root; *from; from++) {
			if (*from != '"')
				*to++ = *from;
		}
		*to = '\0';
	}
	return result;
}

static int report(const struct kg_check *check, const char *root, struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	char *remedy = kg_format(err,
				 "see with lsblk -o NAME,UUID,PARTUUID,LABEL,MOUNTPOINTS what / is "
				 "on, and correct root= in %s",
				 target->source);
	const struct kg_finding_about about = {.subject = target->source, .remedy = remedy};
	int result = -1;

	if (remedy)
		result = kg_findings_add_severity(
			check->findings, KG_FINDING_ROOT_ABSENT,
			target->is_default ? KG_SEVERITY_ERROR : KG_SEVERITY_WARNING, &about, err,
			"%s starts the kernel with root=%s, and this machine has no such device: "
			"it would not find its root filesystem",
			target->entry, root);
	free(remedy);
	return result;
}

/* Is the device that root= names on this machine? */
int kg_check_root_device(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	char *root;
	int result;

	if (!target->options || target->foreign)
		return 0;
	result = read_root(target->options, &root, err);
	if (result == 0 && root &&
	    kg_block_devices_root(&check->system->devices, root) == KG_ROOT_ABSENT)
		result = report(check, root, err);
	free(root);
	return result;
}
