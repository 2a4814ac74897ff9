/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_GRUB_SCRIPT_H
#define KERNEL_GUARD_SRC_PARSE_GRUB_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/* No node: the end of a list, or a part that a node does not have. */
enum { KG_GRUB_NONE = UINT32_MAX };

enum kg_grub_piece_kind {
	KG_GRUB_TEXT,            /* outside of quotes */
	KG_GRUB_QUOTED_TEXT,     /* in quotes or behind a backslash; may be empty */
	KG_GRUB_VARIABLE,        /* text is the name; its value is split at blanks */
	KG_GRUB_QUOTED_VARIABLE, /* in double quotes */
};

/* A part of a word. The text points into the script's. */
struct kg_grub_piece {
	enum kg_grub_piece_kind kind;
	const char *text;
	size_t length;
};

struct kg_grub_word {
	uint32_t first; /* of its pieces */
	uint32_t count;
};

enum kg_grub_node_kind {
	KG_GRUB_COMMAND,  /* body: the block behind the words */
	KG_GRUB_IF,       /* body: then; otherwise: else, or the IF of elif */
	KG_GRUB_WHILE,    /* until: ends when the condition is true */
	KG_GRUB_FOR,      /* the first word is the variable's name */
	KG_GRUB_FUNCTION, /* the first word is its name */
};

/* One statement. condition, body and otherwise are the first nodes of lists. */
struct kg_grub_node {
	enum kg_grub_node_kind kind;
	bool until;
	uint32_t line; /* the first is 1 */
	/* Of a command: where it begins in the text, and where its words or its block end. */
	size_t start;
	size_t end;
	uint32_t first_word;
	uint32_t word_count;
	uint32_t condition;
	uint32_t body;
	uint32_t otherwise;
	uint32_t next;
};

/* A script in GRUB's language, taken apart. A zeroed one is a valid empty one but for first. */
struct kg_grub_script {
	char *text;
	size_t size;
	struct kg_grub_piece *pieces;
	size_t piece_count;
	size_t piece_capacity;
	struct kg_grub_word *words;
	size_t word_count;
	size_t word_capacity;
	struct kg_grub_node *nodes;
	size_t node_count;
	size_t node_capacity;
	uint32_t first; /* statement, or KG_GRUB_NONE */
};

/*
 * Takes the text of a script apart; it is copied. 0, or -1: EBADMSG where GRUB finds a syntax
 * error, or for a NUL byte; EFBIG over 4 MiB, 1 MiB in a line, 64 levels or a million words.
 * The message names the line. ENOMEM. kg_grub_script_free() releases it.
 *
 * Source: GRUB 2.12, grub-core/script/yylex.l and parser.y.
 */
int kg_grub_script_parse(struct kg_span text, struct kg_grub_script *script, struct kg_error *err);

/*
 * Only copies the text, as GRUB reads it: without carriage returns, and with a newline at its
 * end. 0, or -1: EBADMSG, EFBIG and ENOMEM of kg_grub_script_parse().
 */
int kg_grub_script_copy(struct kg_span text, struct kg_grub_script *script, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_grub_script_free(struct kg_grub_script *script);

#endif
