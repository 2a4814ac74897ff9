// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kernel-guard/check/check.h"

static bool is_there(const struct kg_targets *targets, const char *entry)
{
	for (size_t i = 0; i < targets->count; i++) {
		if (strcmp(targets->items[i].entry, entry) == 0)
			return true;
	}
	return false;
}

/* The package base that a release had when the record was taken, or NULL. */
static const char *recorded_pkgbase(const struct kg_record *record, const char *release)
{
	for (size_t i = 0; release && i < record->tree_count; i++) {
		if (strcmp(record->trees[i].release, release) == 0)
			return record->trees[i].pkgbase;
	}
	return NULL;
}

/* Whether a kernel of this package base is installed, and no target boots it. */
static bool is_left_alone(const struct kg_system *system, const char *pkgbase)
{
	bool installed = false;

	for (size_t i = 0; pkgbase && i < system->tree_count; i++) {
		const struct kg_tree_slot *slot = system->trees[i];

		if (!slot->pkgbase || strcmp(slot->pkgbase, pkgbase) != 0 ||
		    !kg_system_is_installed(system, slot->release))
			continue;
		if (kg_system_is_booted_by_target(system, slot->release))
			return false;
		installed = true;
	}
	return installed;
}

/* Has the transaction taken a boot target whose kernel it has left? */
int kg_check_vanished_targets(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_record *record = check->record;

	for (size_t i = 0; record && i < record->target_count; i++) {
		const struct kg_record_target *target = &record->targets[i];
		const struct kg_finding_about about = {.subject = target->entry};
		const char *pkgbase = recorded_pkgbase(record, target->release);

		if (is_there(&check->system->targets, target->entry) ||
		    !is_left_alone(check->system, pkgbase))
			continue;
		if (kg_findings_add(check->findings, KG_FINDING_BOOT_TARGET_VANISHED, &about, err,
				    "the boot target %s was there before this transaction; %s is "
				    "still installed, and nothing boots it now",
				    target->entry, pkgbase) < 0)
			return -1;
	}
	return 0;
}
