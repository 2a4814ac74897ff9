/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_BOOT_ENTRY_H
#define KERNEL_GUARD_PARSE_BOOT_ENTRY_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

/*
 * A type 1 boot entry (UAPI.1 Boot Loader Specification): the keys that matter
 * here. Strings are owned; NULL where a key is absent. The last of a repeated key
 * counts, but for initrd and options, which add up.
 */
struct kg_boot_entry {
	char *title;
	char *version;
	char *machine_id;
	char *sort_key;
	char *linux_path; /* key "linux" */
	char *efi;
	char *uki;
	char *options; /* joined by blanks */
	struct kg_strings initrds;
};

/*
 * Reads the text of one .conf file. Unknown keys are left out, as loaders do. 0, or
 * -1: ENOMEM; EBADMSG for a NUL byte inside; EFBIG over 1 MiB.
 */
int kg_boot_entry_parse(struct kg_span text, struct kg_boot_entry *entry, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_boot_entry_free(struct kg_boot_entry *entry);

/*
 * The value of the last line "key value" of a configuration in this form, such as
 * "default" in loader.conf (loader.conf(5)). The caller frees it. NULL where there
 * is none: err->code is then 0; or on ENOMEM.
 */
char *kg_boot_configuration_value(struct kg_span text, const char *key, struct kg_error *err);

/*
 * A value without quotes that stand at both its ends, as systemd-boot reads those of entries,
 * loader.conf and os-release (line_get_key_value() of its util.c, version 257). Points into the
 * same bytes.
 */
struct kg_span kg_boot_value_unquoted(struct kg_span value);

/*
 * Compares two versions as UAPI.10 Version Format Specification does: less than,
 * equal to, or greater than 0.
 */
int kg_version_compare(const char *left, const char *right);

#endif
