/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_GRUB_LEXER_H
#define KERNEL_GUARD_SRC_PARSE_GRUB_LEXER_H

#include "grub_script.h"

enum kg_grub_token_kind {
	KG_GRUB_END,
	KG_GRUB_NEWLINE,
	KG_GRUB_SEMICOLON,
	KG_GRUB_OPENING, /* { */
	KG_GRUB_CLOSING, /* } */
	KG_GRUB_WORD,
};

struct kg_grub_token {
	enum kg_grub_token_kind kind;
	uint32_t line;            /* where it begins */
	size_t start;             /* the same as an offset in the text */
	size_t end;               /* behind its last byte */
	struct kg_grub_word word; /* of KG_GRUB_WORD */
	/* Where the word is one piece outside of quotes, that piece: it may be a reserved word. */
	struct kg_span plain;
};

/* Reads the tokens of script->text, whose pieces it adds to the script. */
struct kg_grub_lexer {
	struct kg_grub_script *script;
	size_t at;
	uint32_t line;
};

/*
 * Reads the next token; behind the last one there are only KG_GRUB_END. 0, or -1: EBADMSG for
 * what GRUB has no token for, and quotes that do not end; EFBIG over a million pieces; ENOMEM.
 */
int kg_grub_lexer_next(struct kg_grub_lexer *lexer, struct kg_grub_token *token,
		       struct kg_error *err);

#endif
