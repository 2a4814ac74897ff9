/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_GRUB_BLOCK_H
#define KERNEL_GUARD_PARSE_GRUB_BLOCK_H

#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

/* A menuentry as it is written. The spans point into the text. */
struct kg_grub_block {
	struct kg_strings words;    /* between "menuentry" and "{", quotes and all */
	size_t title;               /* index of the title in words; count where there is none */
	char *title_text;           /* without its quotes */
	char *id;                   /* of --id or $menuentry_id_option, else the title */
	struct kg_span body;        /* between the braces */
};

/*
 * Finds the menuentry of this id in the text of a grub.cfg, also inside submenus, to be
 * copied: what its words and its body mean is not asked. GRUB's rules of quoting are
 * followed (GRUB 2.12, grub-core/script/yylex.l). 0, or -1: ENOENT where there is none;
 * EBADMSG where its brace is not closed; ENOMEM. kg_grub_block_free() releases it.
 */
int kg_grub_block_find(struct kg_span text, const char *id, struct kg_grub_block *block,
		       struct kg_error *err);

/*
 * Whether words[index] is an option of menuentry that names the id; *count is how many words
 * it takes.
 */
bool kg_grub_block_is_id(const struct kg_strings *words, size_t index, size_t *count);

/* Releases it; a zeroed one is left alone. */
void kg_grub_block_free(struct kg_grub_block *block);

#endif
