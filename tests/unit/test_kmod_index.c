// SPDX-License-Identifier: GPL-2.0-or-later
#include <libkmod.h>
#include <time.h>

#include "fixture.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/kmod_index.h"

static const char *const index_names[] = {
	"modules.dep.bin",     "modules.alias.bin",         "modules.symbols.bin",
	"modules.builtin.bin", "modules.builtin.alias.bin",
};

enum {
	index_count = sizeof(index_names) / sizeof(index_names[0]),
	node_prefix = 0x80,
	node_values = 0x40,
	node_children = 0x20,
};

static bool is_accepted(struct kg_span index)
{
	struct kg_error err = unit_no_error();
	int result = kg_kmod_index_check(index, &err);

	if (result == 0)
		return true;
	assert_failure(result, err, EBADMSG, NULL);
	return false;
}

static void assert_refused(const void *data, size_t size, const char *message)
{
	struct kg_span exact = unit_copy(kg_span_of(data, size));
	struct kg_error err = unit_no_error();

	assert_failure(kg_kmod_index_check(exact, &err), err, EBADMSG, message);
	unit_free(exact);
}

static void assert_accepted(const void *data, size_t size)
{
	struct kg_span exact = unit_copy(kg_span_of(data, size));
	struct kg_error err = unit_no_error();

	assert_ok(kg_kmod_index_check(exact, &err), err);
	unit_free(exact);
}

static void real_indexes(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		for (size_t j = 0; j < index_count; j++) {
			struct kg_span index = unit_read_file(unit_text(
				"%s/%s", unit_module_tree(unit_series[i]), index_names[j]));

			assert_accepted(index.data, index.size);
		}
	}
}

/* What depmod writes where there is no module at all. */
static void indexes_of_nothing(void **state)
{
	const char *tree = unit_text("%s/empty/lib/modules/1.0", unit_directory());

	(void)state;
	(void)unit_output(unit_text("mkdir -p %s && cd %s && touch modules.order modules.builtin "
				    "modules.builtin.modinfo && depmod -b %s/empty 1.0 2>&1",
				    tree, tree, unit_directory()));
	for (size_t i = 0; i < index_count; i++) {
		struct kg_span index = unit_read_file(unit_text("%s/%s", tree, index_names[i]));

		assert_accepted(index.data, index.size);
	}
}

/* Big-endian, as all of an index is. */
static void put_be32(struct kg_buffer *index, uint32_t value)
{
	struct kg_error err;
	const unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
					(unsigned char)(value >> 8), (unsigned char)value};

	assert_ok(kg_buffer_append(index, bytes, 4, &err), err);
}

static void put(struct kg_buffer *index, const void *data, size_t size)
{
	struct kg_error err;

	assert_ok(kg_buffer_append(index, data, size, &err), err);
}

static void put_header(struct kg_buffer *index, uint32_t root)
{
	index->size = 0;
	put_be32(index, 0xb007f457);
	put_be32(index, 0x00020001);
	put_be32(index, root);
}

#define FLAGS(flags) ((uint32_t)(flags) << 24)

static void headers(void **state)
{
	static const unsigned char good[] = {0xb0, 0x07, 0xf4, 0x57, 0, 2, 0, 1, 0xc0, 0, 0,   12,
					     'a',  0,    0,    0,    0, 1, 0, 0, 0,    5, 'v', 0};
	unsigned char bytes[sizeof(good)];

	(void)state;
	assert_accepted(good, sizeof(good));
	for (size_t size = 0; size < 12; size++)
		assert_refused(good, size, "is no module index");
	for (size_t size = 12; size < sizeof(good); size++)
		assert_refused(good, size, "is a damaged module index");
	memcpy(bytes, good, sizeof(good));
	bytes[3] = 0x56;
	assert_refused(bytes, sizeof(bytes), "is no module index");
	memcpy(bytes, good, sizeof(good));
	bytes[5] = 3;
	assert_refused(bytes, sizeof(bytes), "is a module index of unknown version 30001");
	bytes[5] = 2;
	bytes[7] = 9; /* the minor version is of no account */
	assert_accepted(bytes, sizeof(bytes));
	bytes[11] = sizeof(good);
	assert_refused(bytes, sizeof(bytes), "is a damaged module index");
	/* A root without parts, as of an empty index. */
	bytes[8] = 0;
	assert_accepted(bytes, sizeof(bytes));
	bytes[11]++;
	assert_refused(bytes, sizeof(bytes), "is a damaged module index");
	assert_refused("", 0, "is no module index");
}

static void children(void **state)
{
	struct kg_buffer index = {0};

	(void)state;
	/* A leaf at 12 and its parent at 22, whose children are 'a' to 'c'. */
	put_header(&index, FLAGS(node_children) | 22);
	put_be32(&index, 1);
	put_be32(&index, 7);
	put(&index, "v", 2);
	put(&index, "ac", 2);
	put_be32(&index, FLAGS(node_values) | 12);
	put_be32(&index, 0);
	put_be32(&index, 0);
	assert_accepted(index.data, index.size);
	assert_refused(index.data, index.size - 1, "is a damaged module index");
	/* The last is before the first, or no character. */
	memcpy(index.data + 22, "ca", 2);
	assert_refused(index.data, index.size, "is a damaged module index");
	memcpy(index.data + 22, "\x7e\x80", 2);
	assert_refused(index.data, index.size, "is a damaged module index");
	memcpy(index.data + 22, "ac", 2);
	/* The child is its own parent, or not in the file. */
	index.data[24] = node_children;
	index.data[27] = 22;
	assert_refused(index.data, index.size, "is a damaged module index");
	index.data[24] = node_values;
	index.data[27] = 37;
	assert_refused(index.data, index.size, "is a damaged module index");
	/* More values than there are. */
	index.data[27] = 12;
	index.data[15] = 99;
	assert_refused(index.data, index.size, "is a damaged module index");
	memset(index.data + 12, 0xff, 4);
	assert_refused(index.data, index.size, "is a damaged module index");
	kg_buffer_free(&index);
}

/* kmod 30 writes children before their parent, kmod 34 behind it. */
static void children_behind_their_parent(void **state)
{
	struct kg_buffer index = {0};

	(void)state;
	put_header(&index, FLAGS(node_children) | 12);
	put(&index, "ab", 2);
	put_be32(&index, FLAGS(node_values) | 22);
	put_be32(&index, FLAGS(node_children) | 32);
	put_be32(&index, 1);
	put_be32(&index, 7);
	put(&index, "v", 2);
	put(&index, "xx", 2);
	put_be32(&index, FLAGS(node_prefix) | 38);
	put(&index, "p", 2);
	assert_accepted(index.data, index.size);
	for (size_t size = 12; size < index.size; size++)
		assert_refused(index.data, size, "is a damaged module index");
	/* A loop over two nodes. */
	index.data[34] = node_children;
	index.data[37] = 12;
	assert_refused(index.data, index.size, "is a damaged module index");
	kg_buffer_free(&index);
}

/* As many nodes as levels, each the only child of the next. */
static void make_chain(struct kg_buffer *index, size_t levels)
{
	uint32_t child = 0;

	put_header(index, 0);
	for (size_t i = 0; i < levels; i++) {
		uint32_t at = (uint32_t)index->size;

		put(index, "aa", 2);
		put_be32(index, child);
		child = FLAGS(node_children) | at;
	}
	for (int i = 0; i < 4; i++)
		index->data[8 + i] = (unsigned char)(child >> (24 - 8 * i));
}

static void depth_is_limited(void **state)
{
	struct kg_buffer index = {0};

	(void)state;
	make_chain(&index, 4000);
	assert_accepted(index.data, index.size);
	make_chain(&index, 1000000);
	assert_refused(index.data, index.size, "is a damaged module index");
	kg_buffer_free(&index);
}

/* Many ways to one node with a long value: no tree, and it would take hours to look at. */
static void a_hostile_graph_ends_soon(void **state)
{
	struct kg_buffer index = {0};
	char value[500000];
	uint32_t child;
	time_t start = time(NULL);

	(void)state;
	memset(value, 'v', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	put_header(&index, 0);
	child = FLAGS(node_values) | (uint32_t)index.size;
	put_be32(&index, 1);
	put_be32(&index, 0);
	put(&index, value, sizeof(value));
	for (int level = 0; level < 100; level++) {
		uint32_t at = (uint32_t)index.size;

		put(&index, "\x01\x7f", 2);
		for (int i = 1; i <= 127; i++)
			put_be32(&index, child);
		child = FLAGS(node_children) | at;
	}
	for (int i = 0; i < 4; i++)
		index.data[8 + i] = (unsigned char)(child >> (24 - 8 * i));
	assert_refused(index.data, index.size, "is a damaged module index");
	assert_true(time(NULL) - start <= 5);
	kg_buffer_free(&index);
}

/* A tree of indexes that libkmod reads: those of the series, one of them replaced. */
static const char *index_tree(void)
{
	const char *tree = unit_text("%s/tree/lib/modules/1.0", unit_directory());

	if (access(tree, F_OK) < 0) {
		(void)unit_output(unit_text("mkdir -p %s", tree));
		for (size_t i = 0; i < index_count; i++)
			assert_int_equal(symlink(unit_text("%s/%s", unit_module_tree("6.12"),
							   index_names[i]),
						 unit_text("%s/%s", tree, index_names[i])),
					 0);
	}
	return tree;
}

static void look_up(struct kmod_ctx *ctx, const char *name)
{
	struct kmod_list *found = NULL;
	struct kmod_list *item;

	if (kmod_module_new_from_lookup(ctx, name, &found) < 0)
		return;
	kmod_list_foreach(item, found)
	{
		struct kmod_module *module = kmod_module_get_module(item);
		struct kmod_list *dependencies = kmod_module_get_dependencies(module);

		(void)kmod_module_get_path(module);
		kmod_module_unref_list(dependencies);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(found);
}

static void silence(void *data, int priority, const char *file, int line, const char *function,
		    const char *format, va_list args)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)args;
}

/* Everything that libkmod does with an index. */
static void use_with_libkmod(bool dump)
{
	static const char *const lookups[] = {
		"virtio_blk",
		"ext4",
		"dm_crypt",
		"no_such_module",
		"pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00",
		"fs-ext4",
		"symbol:dm_table_event",
		"crypto-xts(aes)",
		"acpi*:PNP0A03:*",
	};
	static const enum kmod_index indexes[] = {
		KMOD_INDEX_MODULES_DEP, KMOD_INDEX_MODULES_ALIAS, KMOD_INDEX_MODULES_SYMBOL,
		KMOD_INDEX_MODULES_BUILTIN_ALIAS, KMOD_INDEX_MODULES_BUILTIN};
	const char *no_config = NULL;
	struct kmod_ctx *ctx = kmod_new(index_tree(), &no_config);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert_non_null(ctx);
	kmod_set_log_fn(ctx, silence, NULL);
	if (kmod_load_resources(ctx) >= 0) {
		for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++)
			look_up(ctx, lookups[i]);
		for (size_t i = 0; dump && i < sizeof(indexes) / sizeof(indexes[0]); i++)
			(void)kmod_dump_index(ctx, indexes[i], null);
	}
	kmod_unref(ctx);
	(void)close(null);
}

static void replace_index(const char *name, struct kg_span bytes)
{
	const char *path = unit_text("%s/%s", index_tree(), name);

	assert_int_equal(unlink(path), 0);
	unit_write_file(path, bytes);
}

static void restore_index(const char *name)
{
	const char *path = unit_text("%s/%s", index_tree(), name);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(unit_text("%s/%s", unit_module_tree("6.12"), name), path), 0);
}

/* libkmod maps the file and follows its offsets: it is shown only what was accepted. */
static void accepted_ones_do_not_crash_libkmod(void **state)
{
	enum { mutations = 200 };
	uint64_t seed = 11;

	(void)state;
	use_with_libkmod(true);
	for (size_t i = 0; i < index_count; i++) {
		struct kg_span good = unit_read_file(
			unit_text("%s/%s", unit_module_tree("6.12"), index_names[i]));
		size_t accepted = 0;

		for (int j = 0; j < mutations; j++) {
			struct kg_span bytes = unit_copy(good);
			/* Nodes near the root are met by every lookup. */
			size_t range = j % 2 ? good.size : good.size < 4096 ? good.size : 4096;
			size_t at = good.size - 1 - unit_random(&seed) % range;
			unsigned char *byte = unit_writable(bytes) + at;

			*byte = (unsigned char)(j % 3 ? *byte ^ 1U << unit_random(&seed) % 8
						      : unit_random(&seed) >> 32);
			if (is_accepted(bytes)) {
				accepted++;
				replace_index(index_names[i], bytes);
				use_with_libkmod(j % 20 == 0);
			}
			unit_free(bytes);
		}
		restore_index(index_names[i]);
		printf("# %s: %d mutations, %zu accepted\n", index_names[i], (int)mutations,
		       accepted);
		assert_true(accepted > 0 && accepted < mutations);
	}
}

static void truncated_ones_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < index_count; i++) {
		struct kg_span good =
			unit_read_file(unit_text("%s/%s", unit_module_tree("6.1"), index_names[i]));
		uint32_t root =
			(uint32_t)good.data[9] << 16 | (uint32_t)good.data[10] << 8 | good.data[11];

		/* The root is the last node: without it there is nothing. */
		assert_true(root < good.size);
		for (size_t size = 0; size < good.size; size += size < 64 ? 1 : good.size / 40)
			assert_refused(good.data, size, NULL);
		assert_refused(good.data, root, NULL);
		assert_refused(good.data, good.size - 1, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_indexes),
		cmocka_unit_test(indexes_of_nothing),
		cmocka_unit_test(headers),
		cmocka_unit_test(children),
		cmocka_unit_test(children_behind_their_parent),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(a_hostile_graph_ends_soon),
		cmocka_unit_test(accepted_ones_do_not_crash_libkmod),
		cmocka_unit_test(truncated_ones_are_refused),
	};

	return UNIT_RUN(tests);
}
