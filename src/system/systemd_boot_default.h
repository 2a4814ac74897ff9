/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_SYSTEM_SYSTEMD_BOOT_DEFAULT_H
#define KERNEL_GUARD_SRC_SYSTEM_SYSTEMD_BOOT_DEFAULT_H

#include "kernel-guard/parse/boot_entry.h"
#include "kernel-guard/system/target.h"

/* What a target is sorted by, besides itself. */
struct kg_candidate {
	struct kg_boot_entry entry;
	char *id;        /* the file's name */
	char *key;       /* what systemd-boot calls it: kg_candidate_key() */
	long tries_left; /* -1 where boots are not counted */
	const char *partition;
};

struct kg_candidates {
	struct kg_candidate *items;
	size_t count;
	size_t capacity;
};

/* What is to be the default, and who says so. */
struct kg_wanted_default {
	char *pattern; /* NULL where nobody does */
	char *source;
};

/*
 * The id that systemd-boot sorts and chooses by, of an entry's file name: in lower case and without
 * a counter of boots, "+LEFT[-DONE]" before the suffix, of which *tries_left is set
 * (boot_entry_parse_tries() of boot.c, versions 257.13 and 262; before 257.10 the counter was
 * part of it). The caller frees it; NULL with ENOMEM.
 */
char *kg_candidate_key(const char *name, long *tries_left, struct kg_error *err);

/* What the entry starts. */
const char *kg_entry_starts(const struct kg_boot_entry *entry);

/*
 * Paths of an entry are relative to the partition that holds the entry. The caller frees it; NULL
 * with ENOMEM.
 */
char *kg_candidate_path(const char *partition, const char *path, struct kg_error *err);

/*
 * Says what is wanted as default: pattern, copied, or NULL; "@saved" stands for the entry that was
 * booted last. 0, or -1 with ENOMEM.
 */
int kg_wanted_default_set(struct kg_wanted_default *wanted, const char *pattern, const char *source,
			  const struct kg_machine *machine, struct kg_error *err);

/*
 * Reads "default" of loader.conf, which is read from the ESP alone (loader.conf(5)). What cannot be
 * read is added to troubles. 0, or -1 with ENOMEM.
 */
int kg_wanted_default_read(const struct kg_root *root, const struct kg_boot_places *places,
			   const struct kg_machine *machine, struct kg_wanted_default *wanted,
			   struct kg_troubles *troubles, struct kg_error *err);

/*
 * Sets *chosen to the entry that starts when nobody chooses: what the first of those who want
 * one means, or the first of the menu (config_select_default_entry() of systemd's boot.c, version
 * 257); the count where all are hidden. What means none is added to targets. 0, or -1 with ENOMEM.
 */
int kg_candidates_choose(const struct kg_root *root, const struct kg_candidates *candidates,
			 const struct kg_wanted_default wanted[2], size_t *chosen,
			 struct kg_targets *targets, struct kg_error *err);

#endif
