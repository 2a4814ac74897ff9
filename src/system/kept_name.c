// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/kept_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"
#include "release_path.h"

size_t kg_kept_number(size_t count, bool apart)
{
	return apart ? count + kg_fallback_max : count;
}

size_t kg_kept_count(size_t number)
{
	return number > kg_fallback_max ? number - kg_fallback_max : number;
}

/* "+LEFT" or "+LEFT-DONE" behind a name, by which boots are counted (UAPI.1). */
static size_t without_counter(const char *name, size_t stem)
{
	size_t at = stem;

	while (at > 0 && strchr("0123456789-", name[at - 1]))
		at--;
	return at > 1 && at < stem && name[at - 1] == '+' ? at - 1 : stem;
}

/* How a file is marked by what its name ends with. */
struct kind {
	const char *suffix;
	char mark; /* systemd-boot sorts "-" before what ends a name, and ".old" behind */
};

static const struct kind *kind_of(const char *name)
{
	static const struct kind kinds[] = {{".img", '.'}, {".efi", '-'}, {"", '.'}};
	const struct kind *kind = kinds;

	while (!kg_ends_with(name, kind->suffix))
		kind++;
	return kind;
}

/* The name of a file in the directory of kept files beside it; takes over path. */
static char *apart_name(char *path, struct kg_error *err)
{
	const char *base = path ? kg_base_name(path) : NULL;
	char *apart = NULL;

	if (path)
		apart = kg_format(err, "%.*s" KG_KEPT_DIRECTORY "/%s", (int)(base - path), path,
				  base);

	free(path);
	return apart;
}

/* "-6.12.9-arch1-1" at the end of a unified image's stem, or where that ends. */
static size_t without_release(const char *name, size_t stem)
{
	for (size_t at = 1; at + 1 < stem; at++) {
		if (name[at] == '-' && isdigit((unsigned char)name[at + 1]))
			return memchr(name + at, '.', stem - at) ? at : stem;
	}
	return stem;
}

static char *marked_name(const char *name, size_t count, struct kg_error *err)
{
	const struct kind *kind = kind_of(name);
	size_t stem = strlen(name) - strlen(kind->suffix);
	struct kg_span flavour = {0};
	char number[24] = "";
	size_t end;

	if (kind->mark == '-') {
		const char *base = kg_base_name(name);
		size_t path = (size_t)(base - name);

		stem = without_counter(name, stem);
		end = path + without_release(base, stem - path);
		if (end < stem)
			flavour = kg_release_flavour(
				kg_span_of(name + end + 1, stem - end - 1));
		stem = end;
	}
	if (count > 1)
		(void)snprintf(number, sizeof(number), ".%zu", count);
	return kg_format(err, "%.*s%s%.*s%cold%s%s", (int)stem, name, flavour.size ? "-" : "",
			 (int)flavour.size, flavour.size ? (const char *)flavour.data : "",
			 kind->mark, number, kind->suffix);
}

static char *name_of_count(const char *name, size_t count, struct kg_error *err)
{
	struct kg_release_path parts;
	char *marked;
	char *path;

	if (!kg_release_path_split(name, &parts))
		return marked_name(name, count, err);
	marked = marked_name(parts.name, count, err);
	if (!marked)
		return NULL;
	path = kg_format(err, "%.*s/" KG_KEPT_DIRECTORY "/%.*s/%.*s/%s", (int)parts.place.size,
			 (const char *)parts.place.data, (int)parts.token.size,
			 (const char *)parts.token.data, (int)parts.flavour.size,
			 (const char *)parts.flavour.data, marked);
	free(marked);
	return path;
}

char *kg_kept_name(const char *name, size_t number, struct kg_error *err)
{
	char *path = name_of_count(name, kg_kept_count(number), err);

	return number > kg_fallback_max ? apart_name(path, err) : path;
}

/* Where the stem ends that the mark is behind, or 0 where there is none. */
static size_t unmarked_length(const char *name)
{
	const struct kind *kind = kind_of(name);
	const char mark[] = {kind->mark, 'o', 'l', 'd'};
	size_t stem = strlen(name) - strlen(kind->suffix);
	size_t end = stem;

	while (end > 0 && strchr("0123456789", name[end - 1]))
		end--;
	end = end > 0 && end < stem && name[end - 1] == '.' ? end - 1 : stem;
	if (end <= sizeof(mark) || memcmp(name + end - sizeof(mark), mark, sizeof(mark)) != 0)
		return 0;
	return end - sizeof(mark);
}

/* Whether the directory that ends there, with its "/", is that of kept files. */
static bool is_apart(const char *path, size_t end)
{
	static const char directory[] = "/" KG_KEPT_DIRECTORY "/";
	size_t length = strlen(directory);

	return end >= length && strncmp(path + end - length, directory, length) == 0;
}

static char *unmarked_name(const char *name, struct kg_error *err)
{
	size_t base = (size_t)(kg_base_name(name) - name);
	size_t stem = unmarked_length(name);
	size_t above = base;

	if (stem <= base)
		return kg_copy_string(name, err);
	if (is_apart(name, base))
		above -= strlen(KG_KEPT_DIRECTORY "/");
	return kg_format(err, "%.*s%.*s%s", (int)above, name, (int)(stem - base), name + base,
			 kind_of(name)->suffix);
}

char *kg_original_name(const char *name, const char *release, struct kg_error *err)
{
	struct kg_release_path parts;
	char *plain = unmarked_name(name, err);
	char *original;

	if (!plain || !kg_kept_release_path_split(plain, &parts))
		return plain;
	original = kg_format(err, "%.*s/%.*s/%s/%s", (int)parts.place.size,
			     (const char *)parts.place.data, (int)parts.token.size,
			     (const char *)parts.token.data, release, parts.name);
	free(plain);
	return original;
}

bool kg_has_release_directory(const char *path)
{
	struct kg_release_path ignored;

	return kg_release_path_split(path, &ignored);
}

bool kg_is_kept_name(const char *path)
{
	static const char *const others[] = {".old", "-old", ".bak", ".save", ".orig"};
	const char *name = kg_base_name(path);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (kg_ends_with(name, others[i]))
			return true;
	}
	return unmarked_length(name) > 0;
}
