/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_GRUB_BLOCK_H
#define KERNEL_GUARD_PARSE_GRUB_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"

enum kg_grub_spot_kind {
	KG_GRUB_FILE_NAME,   /* the last component of a file that linux or initrd is given */
	KG_GRUB_SAVES_ENTRY, /* "savedefault", with its line where nothing else is in it */
};

/* A place in the body that is another in a copy of the entry. */
struct kg_grub_spot {
	enum kg_grub_spot_kind kind;
	struct kg_span text;
};

/* A menuentry as it is written. The spans point into the text. */
struct kg_grub_block {
	char *text;              /* as GRUB reads it: without carriage returns */
	struct kg_strings words; /* between "menuentry" and "{", quotes and all */
	size_t title;            /* index of the title in words; count where there is none */
	struct kg_span body;     /* between the braces */
	struct kg_grub_spot *spots; /* in the order of the body, none within another */
	size_t spot_count;
	size_t spot_capacity;
};

/*
 * Takes a menuentry command apart, from its first word to its closing brace, so that it can be
 * written again with other files. What its words mean is not asked: a file whose last component
 * is not written in one piece has no spot. 0, or -1: EBADMSG for another statement; EBADMSG,
 * EFBIG and ENOMEM of kg_grub_config_read(). kg_grub_block_free() releases it.
 *
 * Source: GRUB 2.12, grub-core/script/yylex.l and grub-core/commands/menuentry.c; savedefault
 * is a function of util/grub.d/00_header.in.
 */
int kg_grub_block_parse(struct kg_span statement, struct kg_grub_block *block,
			struct kg_error *err);

/*
 * Whether words[index] is an option of menuentry that names the id; *count is how many words
 * it takes.
 */
bool kg_grub_block_is_id(const struct kg_strings *words, size_t index, size_t *count);

/* Releases it; a zeroed one is left alone. */
void kg_grub_block_free(struct kg_grub_block *block);

#endif
