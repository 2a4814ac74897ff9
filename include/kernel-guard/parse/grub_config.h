/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_GRUB_CONFIG_H
#define KERNEL_GUARD_PARSE_GRUB_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

/*
 * Reads GRUB's configuration: what its menu holds, what each entry starts, and which entry
 * starts when nobody chooses. Nothing is executed. Variables, functions, conditions and loops
 * over lists are followed; of a condition that is known only at boot both branches are taken as
 * possible, and a variable then has several values.
 *
 * Files are named in GRUB's way, "(DEVICE)/path", always with a device: as GRUB has it
 * ("hd0,gpt2", "lvm/vg-root"), what search looks for ("UUID=…", "LABEL=…", "FILE=/path"), "own"
 * for the file system that GRUB's own files lie on, where nothing else is set, "config" for the
 * directory of the configuration, or "?" where that is known only at boot.
 */

/* How an entry starts a kernel. */
struct kg_grub_boot {
	char *kernel;
	char *options; /* as the kernel gets them; "$NAME" for what is known only at boot */
	struct kg_strings initrds;
	bool uncertain; /* a path depends on what is known only at boot */
};

struct kg_grub_entry {
	char *id; /* of the submenus that lead to it and its own, joined by '>'; or titles */
	char *title;
	uint32_t line; /* of its menuentry; the first is 1 */
	/* The menuentry as it is written, with its block, for kg_grub_block_parse(). */
	struct kg_span statement;
	/* The ways in which it starts a kernel: more than one where that depends on the boot. */
	struct kg_grub_boot *boots;
	size_t boot_count;
	char *chainloads; /* the file that chainloader is given, or NULL */
	bool conditional; /* in the menu only where a condition known at boot holds */
	bool is_default;  /* may start when nobody chooses */
};

/* Something that the reader does not follow. */
struct kg_grub_note {
	uint32_t line;
	char *text; /* "blscfg adds entries that are not read" */
};

/* A zeroed one is a valid empty one. */
struct kg_grub_config {
	struct kg_grub_entry *entries; /* those of submenus where the submenu stands */
	size_t count;
	size_t capacity;
	struct kg_strings texts;       /* what is read, which statements point into */
	struct kg_strings configfiles; /* that take the place of this one, outside of entries */
	struct kg_grub_note *notes;
	size_t note_count;
	size_t note_capacity;
	bool default_unknown; /* it depends on what is known only at boot */
	/* The id, title or number that is to be the default and is no entry's, or NULL. */
	char *default_unmatched;
};

/* Where the reader gets other files from. */
struct kg_grub_files {
	/*
	 * Looks for a file that is sourced, tested for, or loaded as environment block. 1 with
	 * its bytes, which stay valid until the configuration is read; 0 where it is not there;
	 * -1 where that is not known. NULL: nothing is known of any file.
	 */
	int (*find)(void *context, const char *path, struct kg_span *text);
	void *context;
};

/*
 * Reads the text of a grub.cfg. 0, or -1: EBADMSG for a syntax error or a NUL byte; EFBIG over
 * 4 MiB, 1 MiB in a line, 64 levels, 10000 entries, 1024 variables, or where it takes more
 * than four million steps. The message names the line. ENOMEM. What is wrong with a file that
 * is sourced is a note. kg_grub_config_free() releases it.
 *
 * Where the environment block chooses an entry for one boot, that one and the one after it are
 * both default. Of an index that counts conditional entries all that it may mean are.
 *
 * Sources: GRUB 2.12, grub-core/script/execute.c and argv.c; grub-core/commands/menuentry.c,
 * test.c, search_wrap.c, loadenv.c; grub-core/normal/main.c (features, config_directory) and
 * menu.c (get_entry_number, grub_menu_execute_entry); grub-core/lib/cmdline.c.
 */
int kg_grub_config_read(struct kg_span text, const struct kg_grub_files *files,
			struct kg_grub_config *config, struct kg_error *err);

/* Releases it and leaves a valid empty one. */
void kg_grub_config_free(struct kg_grub_config *config);

/*
 * Splits "(DEVICE)/path" in two: *device, which the caller frees, and where the path begins
 * inside file. 0, or -1: EBADMSG for another form; ENOMEM.
 */
int kg_grub_path_split(const char *file, char **device, const char **path, struct kg_error *err);

#endif
