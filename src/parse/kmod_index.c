// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/kmod_index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum {
	max_depth = 4096, /* of the tree: longer than any alias */
	version_major_shift = 16,
};

static const uint32_t index_magic = 0xb007f457;
static const uint32_t index_version_major = 2;

/* A node's offset carries in its upper bits which parts the node has. */
static const uint32_t node_prefix = 0x80000000;
static const uint32_t node_values = 0x40000000;
static const uint32_t node_children = 0x20000000;
static const uint32_t node_offset_mask = 0x0fffffff;

struct check {
	struct kg_span index;
	uint64_t visits;
	uint64_t used; /* bytes of nodes; more than there are: no tree */
};

static bool read_be32(struct kg_span index, uint64_t *at, uint32_t *value)
{
	uint32_t little;

	if (!kg_span_le32(index, *at, &little))
		return false;
	*value = __builtin_bswap32(little);
	*at += 4;
	return true;
}

static bool skip_string(struct kg_span index, uint64_t *at)
{
	const char *text = kg_span_string(index, *at);

	if (!text)
		return false;
	*at += strlen(text) + 1;
	return true;
}

static bool check_node(struct check *check, uint32_t node, int depth);

/*
 * kmod 30 writes children before their parent, kmod 34 behind it. What is no tree is
 * found by the number of visits, and a loop by its depth.
 */
static bool check_children(struct check *check, uint64_t *at, int depth)
{
	uint8_t first;
	uint8_t last;

	if (!kg_span_u8(check->index, *at, &first) || !kg_span_u8(check->index, *at + 1, &last) ||
	    first > last || last > 127)
		return false;
	*at += 2;
	for (int i = first; i <= last; i++) {
		uint32_t child;

		if (!read_be32(check->index, at, &child))
			return false;
		if ((child & node_offset_mask) == 0)
			continue;
		if (!check_node(check, child, depth + 1))
			return false;
	}
	return true;
}

static bool check_values(struct kg_span index, uint64_t *at)
{
	uint32_t count;
	uint32_t priority;

	if (!read_be32(index, at, &count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!read_be32(index, at, &priority) || !skip_string(index, at))
			return false;
	}
	return true;
}

static bool check_node(struct check *check, uint32_t node, int depth)
{
	struct kg_span index = check->index;
	const uint64_t start = node & node_offset_mask;
	uint64_t at = start;

	/* Of an empty index the root, which has no parts, is where the file ends. */
	if (depth > max_depth || ++check->visits > index.size || at > index.size)
		return false;
	if (node & node_prefix && !skip_string(index, &at))
		return false;
	if (node & node_children && !check_children(check, &at, depth))
		return false;
	if (node & node_values && !check_values(index, &at))
		return false;
	check->used += at - start;
	return check->used <= index.size;
}

int kg_kmod_index_check(struct kg_span index, struct kg_error *err)
{
	struct check check = {.index = index};
	uint64_t at = 0;
	uint32_t magic;
	uint32_t version;
	uint32_t root;

	if (!read_be32(index, &at, &magic) || !read_be32(index, &at, &version) ||
	    !read_be32(index, &at, &root) || magic != index_magic)
		return kg_fail(err, EBADMSG, "is no module index");
	if (version >> version_major_shift != index_version_major)
		return kg_fail(err, EBADMSG, "is a module index of unknown version %" PRIx32,
			       version);
	if (!check_node(&check, root, 0))
		return kg_fail(err, EBADMSG, "is a damaged module index");
	return 0;
}
