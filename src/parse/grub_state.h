/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_GRUB_STATE_H
#define KERNEL_GUARD_SRC_PARSE_GRUB_STATE_H

#include "kernel-guard/parse/grub_config.h"

/* Whether something holds, where that may be known only at boot. */
enum kg_grub_answer { KG_GRUB_NO, KG_GRUB_YES, KG_GRUB_MAYBE };

/* What a variable may hold: one of the texts, or anything where unknown is set. */
struct kg_grub_value {
	struct kg_strings texts;
	bool unknown;
};

struct kg_grub_variable {
	char *name;
	struct kg_grub_value value;
	bool exported; /* submenus see it */
};

/* What may be so at one point of the script. A zeroed one is a valid empty one. */
struct kg_grub_state {
	struct kg_grub_variable *variables;
	size_t count;
	size_t capacity;
	struct kg_grub_boot *boots; /* the kernels that may have been loaded */
	size_t boot_count;
	size_t boot_capacity;
	char *chainloads;
	enum kg_grub_answer status; /* of the last command */
	bool environment_unknown; /* variables that nothing sets may have a value */
};

/* Releases it and leaves a valid empty one. */
void kg_grub_state_free(struct kg_grub_state *state);

/* Makes *to a copy; without what is loaded, and of exported variables only, for a submenu. */
int kg_grub_state_copy(const struct kg_grub_state *from, bool exported_only,
		       struct kg_grub_state *to, struct kg_error *err);

/* Makes of *state what is so after either of two branches; other is left as it is. */
int kg_grub_state_merge(struct kg_grub_state *state, const struct kg_grub_state *other,
			struct kg_error *err);

/* The value of a variable. One that is not set has no texts. Valid until the state changes. */
const struct kg_grub_value *kg_grub_state_get(const struct kg_grub_state *state, const char *name,
					      size_t length);

/* The variable of this name, made where it is not there. NULL: ENOMEM, EFBIG over 1024. */
struct kg_grub_variable *kg_grub_state_obtain(struct kg_grub_state *state, const char *name,
					      struct kg_error *err);

/* Sets a variable to one text, or to anything for NULL. 0, or -1 as kg_grub_state_obtain(). */
int kg_grub_state_set(struct kg_grub_state *state, const char *name, const char *text,
		      struct kg_error *err);

/* Adds a text that the value may be; beyond 8 of them it may be anything. 0, or -1: ENOMEM. */
int kg_grub_value_add(struct kg_grub_value *value, const char *text, struct kg_error *err);

/* Releases a boot and leaves a zeroed one. */
void kg_grub_boot_free(struct kg_grub_boot *boot);

/* Adds a copy of a boot unless it is there; beyond 8 the first is uncertain. 0, -1: ENOMEM. */
int kg_grub_state_add_boot(struct kg_grub_state *state, const struct kg_grub_boot *boot,
			   struct kg_error *err);

/* Forgets what was loaded. */
void kg_grub_state_unload(struct kg_grub_state *state);

#endif
