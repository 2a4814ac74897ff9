// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/shell_files.h"

#include <errno.h>
#include <stdlib.h>

enum { max_file = 1 << 20 };

/* Turns the unread statements from number first on into troubles. */
static int report_unread(const struct kg_shell *shell, size_t first, struct kg_troubles *troubles,
			 struct kg_error *err)
{
	for (size_t i = first; i < shell->unread_count; i++) {
		const struct kg_shell_unread *unread = &shell->unread[i];
		struct kg_error reason;
		char *place = kg_format(err, "%s:%zu", unread->file, unread->line);
		int result;

		if (!place)
			return -1;
		kg_fail(&reason, ENOTSUP, "%s", unread->text);
		result = kg_troubles_add(troubles, KG_TROUBLE_STATEMENT, place, &reason, err);
		free(place);
		if (result < 0)
			return -1;
	}
	return 0;
}

int kg_shell_read_file(const struct kg_root *root, const char *path, struct kg_shell *shell,
		       struct kg_troubles *troubles, struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_error reason;
	size_t unread = shell->unread_count;
	int result = kg_root_read_file(root, path, max_file, &text, &reason);

	if (result == 0)
		result = kg_shell_read(shell, path, kg_buffer_span(&text), &reason);
	kg_buffer_free(&text);
	if (result == 0)
		return report_unread(shell, unread, troubles, err);
	if (reason.code == ENOENT)
		return 0;
	return kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, path, &reason, err);
}

int kg_shell_read_directory(const struct kg_root *root, const char *directory, const char *suffix,
			    struct kg_shell *shell, struct kg_troubles *troubles,
			    struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error reason;
	int result = 0;

	if (kg_root_list(root, directory, &names, &reason) < 0)
		return reason.code == ENOENT
			       ? 0
			       : kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE, directory,
						 &reason, err);
	for (size_t i = 0; i < names.count && result == 0; i++) {
		char *path;

		if (!kg_ends_with(names.items[i], suffix))
			continue;
		path = kg_format(err, "%s/%s", directory, names.items[i]);
		result = path ? kg_shell_read_file(root, path, shell, troubles, err) : -1;
		free(path);
	}
	kg_strings_free(&names);
	return result;
}
