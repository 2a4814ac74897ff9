// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/stray_modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/module.h"

static const char kernel_directory[] = "kernel/";

/* The names of modules.order, "kernel/fs/ext4/ext4.ko", sorted. */
static int read_order(const struct kg_module_tree *tree, struct kg_strings *order,
		      struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_error ignored;
	struct kg_span rest;
	struct kg_span span;
	int result = 0;

	if (kg_module_tree_read(tree, "modules.order", &text, &ignored) < 0)
		return 0;
	rest = kg_buffer_span(&text);
	while (result == 0 && kg_span_next_line(&rest, &span)) {
		char *line = kg_span_copy_string(span, err);

		result = kg_strings_take(order, line, err);
	}
	kg_buffer_free(&text);
	kg_strings_sort(order);
	return result;
}

/* modules.order names files before they are compressed. */
static int is_listed(const struct kg_strings *order, const char *path, bool *listed,
		     struct kg_error *err)
{
	char *plain = kg_copy_string(path, err);
	char *suffix = plain ? strstr(strrchr(plain, '/') ? strrchr(plain, '/') : plain, ".ko.")
			     : NULL;

	if (!plain)
		return -1;
	if (suffix)
		suffix[strlen(".ko")] = '\0';
	*listed = kg_strings_contain_sorted(order, plain);
	free(plain);
	return 0;
}

/* What cannot be read is left to those who judge the kernel's own modules. */
static int is_in_tree(const struct kg_module_tree *tree, const char *path, bool *in_tree,
		      struct kg_error *err)
{
	static const struct kg_loader_rules no_rules;
	struct kg_buffer file = {0};
	struct kg_buffer storage = {0};
	struct kg_module module = {0};
	struct kg_error why = {0};
	struct kg_span image;

	*in_tree = true;
	if (kg_module_tree_read(tree, path, &file, &why) == 0 &&
	    kg_module_unpack(kg_buffer_span(&file), &storage, &image, &why) == 0 &&
	    kg_module_parse(image, &no_rules, &module, &why) == 0)
		*in_tree = module.in_tree;
	kg_module_free(&module);
	kg_buffer_free(&storage);
	kg_buffer_free(&file);
	if (why.code != ENOMEM)
		return 0;
	*err = why;
	return -1;
}

static int add_stray(const struct kg_module_tree *tree, const struct kg_strings *order,
		     const char *path, struct kg_strings *strays, struct kg_error *err)
{
	bool known;

	if (is_listed(order, path, &known, err) < 0)
		return -1;
	if (!known && is_in_tree(tree, path, &known, err) < 0)
		return -1;
	return known ? 0 : kg_strings_add(strays, path, err);
}

int kg_stray_modules_find(const struct kg_module_tree *tree, struct kg_strings *strays,
			  struct kg_error *err)
{
	const struct kg_strings *files = kg_module_tree_files(tree);
	struct kg_strings order = {0};
	int result = read_order(tree, &order, err);

	for (size_t i = 0; result == 0 && order.count > 0 && i < files->count; i++) {
		if (strncmp(files->items[i], kernel_directory, strlen(kernel_directory)) == 0)
			result = add_stray(tree, &order, files->items[i], strays, err);
	}
	kg_strings_free(&order);
	kg_strings_sort(strays);
	return result;
}
