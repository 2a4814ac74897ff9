// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/initrd_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	max_path = 4096,
	max_links = 40,
};

struct kg_initrd_tree_entry {
	const char *path;
	size_t length; /* without slashes at its end */
	size_t order;
	const struct kg_initrd_member *member;
};

int kg_initrd_tree_add(struct kg_initrd_tree *tree, const struct kg_initrd *initrd,
		       struct kg_error *err)
{
	for (size_t i = 0; i < initrd->member_count; i++) {
		const struct kg_initrd_member *member = &initrd->members[i];
		size_t length = strlen(member->path);

		while (length > 0 && member->path[length - 1] == '/')
			length--;
		if (kg_array_reserve(&tree->entries, &tree->capacity, tree->count,
				     sizeof(*tree->entries), err) < 0)
			return -1;
		tree->entries[tree->count] = (struct kg_initrd_tree_entry){
			.path = member->path,
			.length = length,
			.order = tree->count,
			.member = member,
		};
		tree->count++;
	}
	return 0;
}

static int compare_path(const struct kg_initrd_tree_entry *entry, const char *path, size_t length)
{
	size_t shorter = entry->length < length ? entry->length : length;
	int order = shorter ? memcmp(entry->path, path, shorter) : 0;

	return order ? order : (entry->length > length) - (entry->length < length);
}

static int compare(const void *left, const void *right)
{
	const struct kg_initrd_tree_entry *a = left;
	const struct kg_initrd_tree_entry *b = right;
	int order = compare_path(a, b->path, b->length);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

void kg_initrd_tree_sort(struct kg_initrd_tree *tree)
{
	if (tree->count)
		qsort(tree->entries, tree->count, sizeof(*tree->entries), compare);
}

/* Bisects for the last entry of the path, which is the one that counts. */
static const struct kg_initrd_member *find(const struct kg_initrd_tree *tree, const char *path,
					   size_t length)
{
	size_t low = 0;
	size_t high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_path(&tree->entries[middle], path, length) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || compare_path(&tree->entries[low - 1], path, length) != 0)
		return NULL;
	return tree->entries[low - 1].member;
}

const struct kg_initrd_member *kg_initrd_tree_find(const struct kg_initrd_tree *tree,
						   const char *path)
{
	return find(tree, path, strlen(path));
}

/* A path that is being followed: what is done, without links, and what is to be done. */
struct walk {
	char done[max_path + 1];
	size_t length;
	char rest[2 * max_path + 2];
	int links;
};

static int too_long(const char *path, struct kg_error *err)
{
	return kg_fail(err, ENAMETOOLONG, "%.200s is too long a path", path);
}

static void go_up(struct walk *walk)
{
	while (walk->length > 0 && walk->done[--walk->length] != '/')
		;
	walk->done[walk->length] = '\0';
}

/* Puts a link's text before what is left to be done. */
static int follow(struct walk *walk, const char *link, struct kg_error *err)
{
	size_t length = strlen(link);
	size_t rest = strlen(walk->rest);

	if (++walk->links > max_links)
		return kg_fail(err, ELOOP, "%s is one of more than %d links", walk->done,
			       max_links);
	if (length > max_path || rest > max_path)
		return too_long(link, err);
	memmove(walk->rest + length + 1, walk->rest, rest + 1);
	memcpy(walk->rest, link, length);
	walk->rest[length] = '/';
	go_up(walk);
	if (link[0] == '/')
		walk->done[walk->length = 0] = '\0';
	return 0;
}

/* Takes the first component of the rest. */
static int step(const struct kg_initrd_tree *tree, struct walk *walk, struct kg_error *err)
{
	const struct kg_initrd_member *member;
	size_t start = strspn(walk->rest, "/");
	size_t length = strcspn(walk->rest + start, "/");
	const char *name = walk->rest + start;
	bool dot = length == 0 || (length == 1 && name[0] == '.');
	bool up = length == 2 && name[0] == '.' && name[1] == '.';

	if (!dot && !up) {
		if (walk->length + length + 1 > max_path)
			return too_long(walk->done, err);
		if (walk->length)
			walk->done[walk->length++] = '/';
		memcpy(walk->done + walk->length, name, length);
		walk->length += length;
		walk->done[walk->length] = '\0';
	}
	memmove(walk->rest, name + length, strlen(name + length) + 1);
	if (up)
		go_up(walk);
	if (dot || up)
		return 0;
	member = find(tree, walk->done, walk->length);
	return member && S_ISLNK(member->mode) && member->link ? follow(walk, member->link, err)
							       : 0;
}

const struct kg_initrd_member *kg_initrd_tree_resolve(const struct kg_initrd_tree *tree,
						      const char *path, char **resolved,
						      struct kg_error *err)
{
	const struct kg_initrd_member *member;
	struct walk walk = {0};

	if (strlen(path) > max_path) {
		too_long(path, err);
		return NULL;
	}
	strcpy(walk.rest, path);
	while (walk.rest[strspn(walk.rest, "/")]) {
		if (step(tree, &walk, err) < 0)
			return NULL;
	}
	member = find(tree, walk.done, walk.length);
	if (!member) {
		kg_fail(err, ENOENT, "%s is not there", walk.done);
		return NULL;
	}
	*resolved = kg_copy_string(walk.done, err);
	return *resolved ? member : NULL;
}

bool kg_initrd_tree_has_name(const struct kg_initrd_tree *tree, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < tree->count; i++) {
		const struct kg_initrd_tree_entry *entry = &tree->entries[i];

		if (!S_ISDIR(entry->member->mode) && entry->length > length &&
		    entry->path[entry->length - length - 1] == '/' &&
		    memcmp(entry->path + entry->length - length, name, length) == 0)
			return true;
	}
	return false;
}

int kg_initrd_tree_each(const struct kg_initrd_tree *tree, const char *start,
			int (*each)(void *context, const struct kg_initrd_member *member,
				    struct kg_error *err),
			void *context, struct kg_error *err)
{
	size_t length = strlen(start);

	for (size_t i = 0; i < tree->count; i++) {
		if (strncmp(tree->entries[i].path, start, length) == 0 &&
		    each(context, tree->entries[i].member, err) < 0)
			return -1;
	}
	return 0;
}

const struct kg_program *kg_initrd_tree_program(const struct kg_initrd_tree *tree,
						const struct kg_initrd_member *member)
{
	if (member->program || member->size > 0 || member->nlink < 2)
		return member->program;
	/* Of hard links one carries the content (find_link() of init/initramfs.c). */
	for (size_t i = 0; i < tree->count; i++) {
		const struct kg_initrd_member *other = tree->entries[i].member;

		if (other->program && other->ino == member->ino &&
		    other->dev_major == member->dev_major && other->dev_minor == member->dev_minor)
			return other->program;
	}
	return NULL;
}

void kg_initrd_tree_free(struct kg_initrd_tree *tree)
{
	free(tree->entries);
	*tree = (struct kg_initrd_tree){0};
}
