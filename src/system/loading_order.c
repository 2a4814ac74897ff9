// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/module_tree.h"

/* Modules that one line of modules.dep names at the most. */
enum { max_words = 4096 };

struct order {
	const struct kg_strings *files; /* sorted */
	bool *added;                    /* for each of them */
	struct kg_strings *paths;
	struct kg_error *err;
};

static int compare(const void *left, const void *right)
{
	const char *const *a = left;
	const char *const *b = right;

	return strcmp(*a, *b);
}

static int add(struct order *order, const char *path)
{
	char *const *found = bsearch(&path, order->files->items, order->files->count,
				     sizeof(*order->files->items), compare);

	if (!found || order->added[found - order->files->items])
		return 0;
	order->added[found - order->files->items] = true;
	return kg_strings_add(order->paths, path, order->err);
}

/* "MODULE: DEPENDENCY…", the one to be loaded first being the last (depmod(8)). */
static int add_line(struct order *order, char *line)
{
	char *words[max_words];
	size_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(line, ": ", &rest); word && count < max_words;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	while (count > 0) {
		if (add(order, words[--count]) < 0)
			return -1;
	}
	return 0;
}

static int add_lines(struct order *order, struct kg_span text)
{
	struct kg_span span;

	while (kg_span_next_line(&text, &span)) {
		char *line = kg_span_copy_string(span, order->err);
		int result = line ? add_line(order, line) : -1;

		free(line);
		if (result < 0)
			return -1;
	}
	return 0;
}

int kg_module_tree_loading_order(const struct kg_module_tree *tree, struct kg_strings *paths,
				 struct kg_error *err)
{
	struct order order = {.files = kg_module_tree_files(tree), .paths = paths, .err = err};
	struct kg_buffer text = {0};
	struct kg_error ignored;
	int result = 0;

	order.added = calloc(order.files->count + 1, sizeof(*order.added));
	if (!order.added)
		return kg_fail_memory(err);
	if (kg_module_tree_read(tree, "modules.dep", &text, &ignored) == 0)
		result = add_lines(&order, kg_buffer_span(&text));
	for (size_t i = 0; result == 0 && i < order.files->count; i++)
		result = add(&order, order.files->items[i]);
	free(order.added);
	kg_buffer_free(&text);
	return result;
}
