/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_GRUB_WORDS_H
#define KERNEL_GUARD_SRC_PARSE_GRUB_WORDS_H

#include "grub_script.h"
#include "grub_state.h"

struct kg_grub_argument {
	char *text;   /* with "$NAME" for what is not known */
	bool unknown; /* a part of it is known only at boot */
};

/* A zeroed list is a valid empty one. */
struct kg_grub_arguments {
	struct kg_grub_argument *items;
	size_t count;
	size_t capacity;
};

enum { KG_GRUB_MAX_READINGS = 8 };

/* What the words of one command may be: at least one reading. */
struct kg_grub_readings {
	struct kg_grub_arguments items[KG_GRUB_MAX_READINGS];
	size_t count;
};

/*
 * Expands words, with the parameters of the function or entry around them. Where variables
 * have several values there is one reading for each combination; where there are more than
 * KG_GRUB_MAX_READINGS, those variables are taken as unknown. 0, or -1 with ENOMEM.
 */
int kg_grub_expand(const struct kg_grub_script *script, uint32_t first, uint32_t count,
		   const struct kg_grub_state *state, const struct kg_grub_arguments *parameters,
		   struct kg_grub_readings *readings, struct kg_error *err);

/* Releases them and leaves none. */
void kg_grub_readings_free(struct kg_grub_readings *readings);
void kg_grub_arguments_free(struct kg_grub_arguments *arguments);

/* Adds a copy of text. 0, or -1 with ENOMEM. */
int kg_grub_arguments_add(struct kg_grub_arguments *arguments, const char *text, bool unknown,
			  struct kg_error *err);

/*
 * What the test command says to its arguments, without the "[" in front and with the "]" at the
 * end or without (grub-core/commands/test.c). files may be NULL. Nothing but ENOMEM fails.
 */
enum kg_grub_answer kg_grub_test(const struct kg_grub_argument *arguments, size_t count,
				 const struct kg_grub_files *files);

/*
 * GRUB's strtoul() with base 0: decimal, 0x or 0 in front; what follows the digits is left
 * alone. False where there is no digit, or too many.
 */
bool kg_grub_number(const char *text, uint64_t *number);

#endif
