// SPDX-License-Identifier: GPL-2.0-or-later
#include "release_path.h"

#include <ctype.h>
#include <string.h>

#include "kernel-guard/system/kept_name.h"

/* Cuts the last component off a path that has a "/". */
static bool cut(struct kg_span *path, struct kg_span *component)
{
	size_t at = path->size;

	while (at > 0 && path->data[at - 1] != '/')
		at--;
	if (at == 0)
		return false;
	*component = kg_span_of(path->data + at, path->size - at);
	path->size = at - 1;
	return component->size > 0;
}

static bool split(const char *path, struct kg_span *place, struct kg_span *token,
		  struct kg_span *directory, const char **name)
{
	struct kg_span rest = kg_span_of_string(path);
	struct kg_span file;

	if (!cut(&rest, &file) || !cut(&rest, directory) || !cut(&rest, token))
		return false;
	*name = path + strlen(path) - file.size;
	*place = rest;
	return true;
}

/* "6.12.9-arch1-1": digits and a dot. */
static bool is_release(struct kg_span text)
{
	return text.size > 2 && isdigit(text.data[0]) && memchr(text.data, '.', text.size);
}

/*
 * The last part that begins with a letter; of "arch1-1", where a number follows, without its own.
 */
struct kg_span kg_release_flavour(struct kg_span release)
{
	struct kg_span found = kg_span_of_string("linux");

	for (size_t at = 0; at < release.size; at++) {
		size_t end = at;

		if (!isalpha(release.data[at]) || (at > 0 && isalnum(release.data[at - 1])))
			continue;
		while (end < release.size && isalnum(release.data[end]))
			end++;
		found = kg_span_of(release.data + at, end - at);
		at = end;
	}
	if (found.data + found.size != release.data + release.size) {
		while (found.size > 0 && isdigit(found.data[found.size - 1]))
			found.size--;
	}
	return found;
}

bool kg_release_path_split(const char *path, struct kg_release_path *parts)
{
	struct kg_span release;

	if (!split(path, &parts->place, &parts->token, &release, &parts->name) ||
	    !is_release(release))
		return false;
	parts->flavour = kg_release_flavour(release);
	return true;
}

bool kg_kept_release_path_split(const char *path, struct kg_release_path *parts)
{
	struct kg_span above;

	return split(path, &parts->place, &parts->token, &parts->flavour, &parts->name) &&
	       cut(&parts->place, &above) && above.size == strlen(KG_KEPT_DIRECTORY) &&
	       memcmp(above.data, KG_KEPT_DIRECTORY, above.size) == 0;
}
