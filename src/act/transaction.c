// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/transaction.h"

#include <errno.h>
#include <string.h>

#include "kernel-guard/act/record_json.h"

/* In the directory of the database (lib/libalpm/handle.c of pacman 7.1), whose place is fixed. */
static const char lock[] = "/var/lib/pacman/db.lck";

/* Whose record is there. */
enum record {
	RECORD_NONE,
	RECORD_THIS_BOOT,
	RECORD_OTHER_BOOT,
	RECORD_UNKNOWN,
};

static enum record compare_boots(const char *recorded, const char *running)
{
	if (!recorded || !*recorded || !running || !*running)
		return RECORD_UNKNOWN;
	return strcmp(recorded, running) == 0 ? RECORD_THIS_BOOT : RECORD_OTHER_BOOT;
}

static enum record find_record(const struct kg_system *system)
{
	struct kg_record record;
	struct kg_error why;
	enum record found;

	if (kg_record_load(&system->root, &record, &why) < 0)
		return why.code == ENOENT ? RECORD_NONE : RECORD_UNKNOWN;
	found = compare_boots(record.boot_id, system->machine.boot_id);
	kg_record_free(&record);
	return found;
}

bool kg_transaction_is_at_work(const struct kg_system *system)
{
	enum record record;

	if (!kg_root_has_file(&system->root, lock))
		return false;
	record = find_record(system);
	return record == RECORD_THIS_BOOT || record == RECORD_UNKNOWN;
}

bool kg_transaction_was_interrupted(const struct kg_system *system)
{
	return find_record(system) == RECORD_OTHER_BOOT;
}
