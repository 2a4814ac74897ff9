// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel-guard/act/tree.h"
#include "kernel-guard/core/strings.h"
#include "tree_names.h"

/* Both lists are sorted in the same way. */
static int compare_listed(const struct kg_root *root, const char *tree, const char *kept,
			  const struct kg_strings *files, const struct kg_strings *kept_files,
			  bool *same, struct kg_error *err)
{
	size_t at = 0;
	int result = 0;

	*same = true;
	for (size_t i = 0; result == 0 && *same && i < files->count; i++) {
		char *left;
		char *right;

		if (kg_tree_leaves_out(files->items[i]))
			continue;
		if (at >= kept_files->count ||
		    strcmp(files->items[i], kept_files->items[at]) != 0) {
			*same = false;
			break;
		}
		left = kg_format(err, "%s/%s", tree, files->items[i]);
		right = kg_format(err, "%s/%s", kept, kept_files->items[at]);
		result = left && right ? kg_root_same_file(root, left, right, same, err) : -1;
		free(left);
		free(right);
		at++;
	}
	*same = *same && at == kept_files->count;
	return result;
}

int kg_tree_compare(const struct kg_root *root, const char *release, const char *name, bool *same,
		    struct kg_error *err)
{
	struct kg_strings files = {0};
	struct kg_strings kept_files = {0};
	char *tree = kg_format(err, "/usr/lib/modules/%s", release);
	char *kept = kg_format(err, "%s/%s", KG_KEPT_TREES, name);
	int result = tree && kept ? kg_root_walk(root, tree, &files, err) : -1;

	if (result == 0)
		result = kg_root_walk(root, kept, &kept_files, err);
	if (result == 0)
		result = compare_listed(root, tree, kept, &files, &kept_files, same, err);
	kg_strings_free(&files);
	kg_strings_free(&kept_files);
	free(tree);
	free(kept);
	return result;
}
