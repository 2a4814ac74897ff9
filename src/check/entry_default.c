// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"

/* The entry of this loader that starts instead, or NULL. */
static const char *started_instead(const struct kg_check *check, enum kg_target_loader loader)
{
	const struct kg_targets *targets = &check->system->targets;

	for (size_t i = 0; i < targets->count; i++) {
		if (targets->items[i].loader == loader && targets->items[i].is_default)
			return targets->items[i].entry;
	}
	return NULL;
}

/* An entry whose id the text is but for its suffix, as it is often written; or NULL. */
static const char *find_similar(const struct kg_check *check, const char *wanted)
{
	const struct kg_targets *targets = &check->system->targets;
	size_t length = strlen(wanted);

	for (size_t i = 0; length > 0 && i < targets->count; i++) {
		const char *entry = targets->items[i].entry;

		if (targets->items[i].loader == KG_LOADER_SYSTEMD_BOOT &&
		    strncmp(entry, wanted, length) == 0 && entry[length] == '.')
			return entry;
	}
	return NULL;
}

static char *remedy_for(const struct kg_check *check, const struct kg_unmatched_default *unmatched,
			struct kg_error *err)
{
	const char *similar = find_similar(check, unmatched->wanted);

	if (unmatched->loader == KG_LOADER_GRUB)
		return kg_format(err,
				 "set GRUB_DEFAULT in /etc/default/grub to an entry's id or number "
				 "(or, with GRUB_DEFAULT=saved, run grub-set-default), then "
				 "grub-mkconfig -o %s",
				 unmatched->source);
	if (similar)
		return kg_format(err, "bootctl set-default %s, or 'default %s' in loader.conf",
				 similar, similar);
	return kg_format(err, "see the ids with bootctl list, then: bootctl set-default ID, or "
			      "'default ID' in loader.conf");
}

static int report(const struct kg_check *check, const struct kg_unmatched_default *unmatched,
		  struct kg_error *err)
{
	const char *instead = started_instead(check, unmatched->loader);
	char *remedy = remedy_for(check, unmatched, err);
	const struct kg_finding_about about = {.subject = unmatched->source, .remedy = remedy};
	int result = -1;

	if (remedy)
		result = kg_findings_add(
			check->findings, KG_FINDING_ENTRY_DEFAULT_UNMATCHED, &about, err,
			"%s makes '%s' the default, which no entry of %s that can "
			"start matches: %s starts instead",
			unmatched->source, unmatched->wanted,
			kg_target_loader_name(unmatched->loader), instead ? instead : "the first");
	free(remedy);
	return result;
}

/* Does the default that was chosen mean an entry? */
int kg_check_entry_default(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_targets *targets = &check->system->targets;
	int result = 0;

	for (size_t i = 0; result == 0 && i < targets->unmatched_count; i++)
		result = report(check, &targets->unmatched[i], err);
	return result;
}
