/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_GRUB_RUN_H
#define KERNEL_GUARD_SRC_PARSE_GRUB_RUN_H

#include "grub_words.h"

struct kg_grub_menu;

/* A menuentry or submenu command that has been met. */
struct kg_grub_item {
	char *title;
	char *id;
	uint32_t line;
	struct kg_span statement; /* in the text of its script */
	const struct kg_grub_script *script;
	uint32_t body;
	struct kg_grub_arguments parameters;
	bool conditional;
	bool selected; /* by the default */
	struct kg_grub_menu *submenu; /* NULL for an entry; empty until its body is followed */
	struct kg_grub_boot *boots;
	size_t boot_count;
	char *chainloads;
};

/* A zeroed one is a valid empty one. */
struct kg_grub_menu {
	struct kg_grub_item *items;
	size_t count;
	size_t capacity;
};

struct kg_grub_function {
	const char *name; /* in a script's text, not terminated */
	size_t length;
	const struct kg_grub_script *script;
	uint32_t body;
};

/* What follows the scripts of one configuration. */
struct kg_grub_run {
	const struct kg_grub_files *files; /* may be NULL */
	struct kg_grub_config *config;     /* where notes and names of files go */
	struct kg_grub_script **scripts;   /* the configuration's and those it sources */
	size_t script_count;
	size_t script_capacity;
	struct kg_grub_function *functions;
	size_t function_count;
	size_t function_capacity;
	struct kg_grub_state state;
	struct kg_grub_menu *menu; /* that entries are added to; NULL inside of an entry */
	const struct kg_grub_script *script;
	const struct kg_grub_arguments *parameters; /* $1 …, or NULL */
	uint32_t line;
	struct kg_span statement; /* the command that is followed */
	uint32_t steps;
	size_t item_count; /* of all menus */
	unsigned int depth;     /* of functions, sources and lists */
	unsigned int uncertain; /* conditions around this that are known only at boot */
	unsigned int function_uncertain; /* those around the call of this function */
	unsigned int loop_uncertain;     /* those around this loop */
	bool in_function;
	bool in_loop;
	bool in_item;            /* in the body of an entry or a submenu */
	bool leaving_loop;       /* break */
	bool leaving_function;
	bool quiet;      /* adds no notes: a second run over the same text */
	bool next_boot;  /* as after the boot that the environment block chooses */
	bool boots_once; /* the environment block does choose one */
};

/* Follows a list of statements. 0, or -1: EFBIG, ENOMEM. */
int kg_grub_run_list(struct kg_grub_run *run, uint32_t first, struct kg_error *err);

/*
 * Follows another script, as "source" does. What is wrong with it is a note. 0, or -1: EFBIG,
 * ENOMEM.
 */
int kg_grub_run_file(struct kg_grub_run *run, const char *path, struct kg_error *err);

/* Takes another script apart for the run, which owns it. NULL: as kg_grub_script_parse(). */
const struct kg_grub_script *kg_grub_run_add_script(struct kg_grub_run *run, struct kg_span text,
						    struct kg_error *err);

/* Takes count steps of those that are left. 0, or -1: EFBIG. */
int kg_grub_run_step(struct kg_grub_run *run, size_t count, struct kg_error *err);

/* Notes what is not followed, with the line that is. 0, or -1 with ENOMEM, EFBIG. */
int kg_grub_run_note(struct kg_grub_run *run, struct kg_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Follows one command, and sets the state's status. All readings have the same first word.
 * Functions are tried by kg_grub_run_list(). found is false where it is no command of GRUB's
 * that matters here.
 */
int kg_grub_run_command(struct kg_grub_run *run, const struct kg_grub_readings *readings,
			size_t skip, uint32_t body, bool *found, struct kg_error *err);

/* The commands of files kernels are loaded from: linux, initrd, chainloader, search, …. */
int kg_grub_run_loader(struct kg_grub_run *run, const struct kg_grub_readings *readings,
		       size_t skip, bool *found, struct kg_error *err);

/* menuentry and submenu, arguments behind that word. */
int kg_grub_run_menuentry(struct kg_grub_run *run, const struct kg_grub_arguments *arguments,
			  size_t skip, bool submenu, uint32_t body, struct kg_error *err);

/* Follows the bodies of a menu's items in the state after the configuration. */
int kg_grub_menu_follow(struct kg_grub_run *run, struct kg_grub_menu *menu, struct kg_error *err);

/*
 * Selects the items of a menu that a value of "default" stands for; NULL where it has none.
 * False where it means none, so that GRUB starts the first.
 */
bool kg_grub_menu_select(struct kg_grub_menu *menu, const char *wanted);

/* Releases it and leaves a valid empty one. */
void kg_grub_menu_free(struct kg_grub_menu *menu);

#endif
