// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "storage_walk.h"

/*
 * A packed nvlist in native encoding (nvs_native_* of module/nvpair/nvpair.c and
 * include/sys/nvpair.h, OpenZFS 2.3), which fnvlist_pack() writes. Four bytes: the encoding,
 * 0; 1 for little-endian; two of zero. Version and flags, four bytes each. Pairs: size,
 * u16 size of the name with its NUL, u16 of zero, number of elements, type, name; the value
 * begins at the next multiple of 8 in the pair. A list that is a value follows behind its
 * pair, the lists of an array one after the other; each ends with four bytes of zero.
 */
enum {
	encoding_native = 0,
	little_endian = 1,
	type_string = 9,
	type_nvlist = 19,
	type_nvlist_array = 20,
	pair_header = 16,
	max_depth = 16, /* root, mirror or raidz, replacing, disk: real ones have five */
	max_pairs = 100000,
};

struct reader {
	struct kg_span data;
	size_t offset;
	size_t pairs;
	struct kg_strings *paths;
	struct kg_error *err;
};

static int damaged(struct reader *reader)
{
	return kg_fail(reader->err, EBADMSG, "damaged nvlist at offset %zu", reader->offset);
}

struct pair {
	struct kg_span name;
	struct kg_span value;
	uint32_t type;
	uint32_t count;
};

/* The next pair; *end stands for the end of the list. */
static int read_pair(struct reader *reader, struct pair *pair, bool *end)
{
	struct kg_span bytes;
	uint32_t size;
	uint16_t name_size;
	size_t value;

	if (++reader->pairs > max_pairs || !kg_span_le32(reader->data, reader->offset, &size))
		return damaged(reader);
	*end = size == 0;
	if (*end) {
		reader->offset += sizeof(size);
		return 0;
	}
	if (!kg_span_sub(reader->data, reader->offset, size, &bytes) ||
	    !kg_span_le16(bytes, 4, &name_size) || !kg_span_le32(bytes, 8, &pair->count) ||
	    !kg_span_le32(bytes, 12, &pair->type) || name_size == 0 ||
	    !kg_span_sub(bytes, pair_header, name_size - 1U, &pair->name))
		return damaged(reader);
	value = (pair_header + (size_t)name_size + 7) & ~(size_t)7;
	if (value > bytes.size || !kg_span_sub(bytes, value, bytes.size - value, &pair->value))
		return damaged(reader);
	reader->offset += size;
	return 0;
}

static bool is_named(const struct pair *pair, const char *name)
{
	return pair->name.size == strlen(name) &&
	       kg_span_starts_with(pair->name, name, pair->name.size);
}

static int add_path(struct reader *reader, const struct pair *pair)
{
	const char *path = kg_span_string(pair->value, 0);

	return path ? kg_strings_add_unique(reader->paths, path, reader->err) : damaged(reader);
}

static int read_list(struct reader *reader, const char *pool, bool wanted, int depth);

/* The value of a pair, as far as devices may be in it; a pool lives without its cache devices. */
static int read_value(struct reader *reader, const struct pair *pair, bool wanted, int depth)
{
	uint32_t lists = pair->type == type_nvlist ? 1 : 0;

	if (pair->type == type_string && is_named(pair, "path") && wanted)
		return add_path(reader, pair);
	if (pair->type == type_nvlist_array)
		lists = pair->count;
	wanted = wanted && !is_named(pair, "l2cache") && !is_named(pair, "spares");
	for (uint32_t i = 0; i < lists; i++) {
		if (read_list(reader, NULL, wanted, depth + 1) < 0)
			return -1;
	}
	return 0;
}

/* pool not NULL: only the pair of that name is wanted. */
static int read_list(struct reader *reader, const char *pool, bool wanted, int depth)
{
	if (depth > max_depth)
		return damaged(reader);
	for (;;) {
		struct pair pair;
		bool end;

		if (read_pair(reader, &pair, &end) < 0)
			return -1;
		if (end)
			return 0;
		if (read_value(reader, &pair, wanted && (!pool || is_named(&pair, pool)),
			       depth) < 0)
			return -1;
	}
}

int kg_zpool_cache_paths(struct kg_span cache, const char *pool, struct kg_strings *paths,
			 struct kg_error *err)
{
	struct reader reader = {.data = cache, .offset = 12, .paths = paths, .err = err};

	if (cache.size < 12 || cache.data[0] != encoding_native || cache.data[1] != little_endian)
		return kg_fail(err, EBADMSG, "no packed nvlist in native encoding");
	return read_list(&reader, pool, true, 0);
}
