// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The entries of a grub.cfg, taken apart as they are written and put together again: the same
 * reader has to find the same entry in what comes of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/grub_block.h"
#include "kernel-guard/parse/grub_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct kg_buffer *out, const void *text, size_t size)
{
	struct kg_error err;

	if (kg_buffer_append(out, text, size, &err) < 0)
		abort();
}

static void check_spots(const struct kg_grub_block *block)
{
	const unsigned char *at = block->body.data;
	const unsigned char *end = at + block->body.size;

	for (size_t i = 0; i < block->spot_count; i++) {
		struct kg_span spot = block->spots[i].text;

		if (spot.size == 0 || spot.data < at || spot.data + spot.size > end)
			abort();
		at = spot.data + spot.size;
	}
}

/* The same words and the same body, without a trace of where they stood. */
static void check_again(const struct kg_grub_block *block)
{
	struct kg_grub_block again = {0};
	struct kg_buffer text = {0};
	struct kg_error err;

	add(&text, "menuentry", 9);
	for (size_t i = 0; i < block->words.count; i++) {
		add(&text, " ", 1);
		add(&text, block->words.items[i], strlen(block->words.items[i]));
	}
	add(&text, " {", 2);
	add(&text, block->body.data, block->body.size);
	add(&text, "}\n", 2);
	if (kg_grub_block_parse(kg_buffer_span(&text), &again, &err) < 0 ||
	    again.words.count != block->words.count || again.title != block->title ||
	    again.body.size != block->body.size || again.spot_count != block->spot_count ||
	    memcmp(again.body.data, block->body.data, block->body.size) != 0)
		abort();
	kg_grub_block_free(&again);
	kg_buffer_free(&text);
}

static void check(struct kg_span statement, int written)
{
	struct kg_grub_block block = {0};
	struct kg_error err = {.code = -1};

	if (kg_grub_block_parse(statement, &block, &err) < 0) {
		/* A command is called so by a variable or in quotes: no words that can be kept. */
		if (err.code <= 0 || (written && statement.size >= 10 &&
				      memcmp(statement.data, "menuentry ", 10) == 0))
			abort();
		return;
	}
	check_spots(&block);
	check_again(&block);
	kg_grub_block_free(&block);
}

static int find(void *context, const char *path, struct kg_span *text)
{
	*text = *(const struct kg_span *)context;
	return strcmp(path, "(config)/custom.cfg") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kg_span text = {data, size};
	const struct kg_grub_files files = {.find = find, .context = &text};
	struct kg_grub_config config = {0};
	struct kg_error err;

	check(text, 0);
	if (kg_grub_config_read(text, &files, &config, &err) < 0)
		return 0;
	/* A loop may make thousands of one. */
	for (size_t i = 0; i < config.count && i < 64; i++)
		check(config.entries[i].statement, 1);
	kg_grub_config_free(&config);
	return 0;
}
