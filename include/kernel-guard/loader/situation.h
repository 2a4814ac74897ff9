/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_LOADER_SITUATION_H
#define KERNEL_GUARD_LOADER_SITUATION_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/machine.h"

/* security/lockdown/lockdown.c. */
enum kg_lockdown {
	KG_LOCKDOWN_NONE,
	KG_LOCKDOWN_INTEGRITY,
	KG_LOCKDOWN_CONFIDENTIALITY,
};

/*
 * What decides about modules beside the kernel itself: how it is started. A zeroed one is
 * that of a kernel started without any of this.
 */
struct kg_load_situation {
	struct kg_strings blacklist; /* module_blacklist=, compared with modinfo's name */
	bool modules_disabled;       /* nomodule, sysctl.kernel.modules_disabled=1 */
	bool signatures_enforced;    /* module.sig_enforce */
	enum kg_lockdown lockdown;
	bool may_trust_more; /* the machine may have keys of its own: MOK, db */
};

/*
 * Adds what a kernel command line says (Documentation/admin-guide/kernel-parameters.rst;
 * lib/cmdline.c, next_arg(): words with quotes, up to "--", in whose names "-" and "_"
 * are one): the last module_blacklist= counts, module.sig_enforce cannot be taken back,
 * lockdown= can only rise. 0, or -1 with ENOMEM.
 */
int kg_load_situation_add_command_line(struct kg_load_situation *situation, const char *text,
				       struct kg_error *err);

/*
 * The level that a word names: "none", "integrity", "confidentiality". False where it
 * names none.
 */
bool kg_lockdown_of_name(const char *name, enum kg_lockdown *lockdown);

/*
 * The level in force, as /sys/kernel/security/lockdown shows it: "none [integrity]
 * confidentiality". False where no word stands in brackets.
 */
bool kg_lockdown_of_state(const char *state, enum kg_lockdown *lockdown);

/*
 * Adds what the machine says of itself: lockdown and enforcement as they are in force, and
 * its kernel command line unless another one is known, in command_line. 0, or -1 with
 * ENOMEM.
 */
int kg_load_situation_add_machine(struct kg_load_situation *situation,
				  const struct kg_machine *machine, const char *command_line,
				  struct kg_error *err);

/* Releases it and leaves a zeroed one. */
void kg_load_situation_free(struct kg_load_situation *situation);

#endif
