// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/transaction.h"

#include <sys/stat.h>

#include "kernel-guard/act/state.h"

static const char record[] = "/var/lib/kernel-guard/" KG_STATE_RECORD;

/* In the directory of the database (lib/libalpm/handle.c of pacman 7.1), whose place is fixed. */
static const char lock[] = "/var/lib/pacman/db.lck";

/*
 * Whether there is a record, and *old whether it was taken before this boot. Of a machine that does
 * not run, such as one seen from a live system, none is.
 */
static bool find_record(const struct kg_system *system, bool *old)
{
	struct kg_error ignored;
	struct kg_file file;
	struct stat status;
	bool found;

	if (system->machine.boot_time == 0 ||
	    kg_root_open_file(&system->root, record, &file, &ignored) < 0)
		return false;
	found = fstat(file.fd, &status) == 0;
	*old = found && status.st_mtim.tv_sec >= 0 &&
	       (uint64_t)status.st_mtim.tv_sec < system->machine.boot_time;
	kg_file_close(&file);
	return found;
}

bool kg_transaction_is_at_work(const struct kg_system *system)
{
	bool old;

	return kg_root_has_file(&system->root, lock) && find_record(system, &old) && !old;
}

bool kg_transaction_was_interrupted(const struct kg_system *system)
{
	bool old;

	return find_record(system, &old) && old;
}
