// SPDX-License-Identifier: GPL-2.0-or-later
/* The cache file of ZFS: sound ones from tests/machine/zpool-cache.py, and damaged ones. */
#include "../../src/system/storage_walk.h"
#include "fixture.h"

static const char two_pools[] = "tests/machine/zpool-cache.py rpool=/dev/sda2,/dev/mapper/b data=/dev/sdc";

static const char *paths_of(struct kg_span cache, const char *pool)
{
	struct kg_strings paths = {0};
	struct kg_error err = unit_no_error();
	const char *text = "";

	assert_ok(kg_zpool_cache_paths(cache, pool, &paths, &err), err);
	for (size_t i = 0; i < paths.count; i++)
		text = unit_text("%s%s%s", text, i ? " " : "", paths.items[i]);
	kg_strings_free(&paths);
	return text;
}

static void pools(void **state)
{
	struct kg_span cache = unit_copy(unit_output(two_pools));

	(void)state;
	assert_string_equal(paths_of(cache, "rpool"), "/dev/sda2 /dev/mapper/b");
	assert_string_equal(paths_of(cache, "data"), "/dev/sdc");
	assert_string_equal(paths_of(cache, NULL), "/dev/sda2 /dev/mapper/b /dev/sdc");
	assert_string_equal(paths_of(cache, "rpoo"), "");
	assert_string_equal(paths_of(cache, ""), "");
	unit_free(cache);
}

/* What zpool 2.3 has written, captured by tests/full/stacks.t. */
static void a_real_one(void **state)
{
	struct kg_span cache = unit_copy(unit_output(
		"sed -n 's,^b etc/zfs/zpool.cache ,,p' tests/machine/corpus/real-zfs-on-luks | base64 -d"));

	(void)state;
	assert_string_equal(paths_of(cache, "rpool"), "/dev/mapper/cryptroot");
	unit_free(cache);
}

static void no_cache(void **state)
{
	struct kg_span cache = unit_copy(unit_output(two_pools));
	struct kg_strings paths = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	/* XDR, which is that of labels. */
	unit_writable(cache)[0] = 1;
	assert_failure(kg_zpool_cache_paths(cache, NULL, &paths, &err), err, EBADMSG,
		       "no packed nvlist in native encoding");
	assert_failure(kg_zpool_cache_paths(kg_span_of("", 0), NULL, &paths, &err), err, EBADMSG,
		       "no packed nvlist in native encoding");
	unit_free(cache);
	kg_strings_free(&paths);
}

/* Cut off anywhere it is damaged, and no byte behind the end is read. */
static void truncated(void **state)
{
	struct kg_span whole = unit_output(two_pools);

	(void)state;
	for (size_t size = 0; size < whole.size; size++) {
		struct kg_span cache = unit_copy(kg_span_of(whole.data, size));
		struct kg_strings paths = {0};
		struct kg_error err = unit_no_error();

		assert_failure(kg_zpool_cache_paths(cache, NULL, &paths, &err), err, EBADMSG, NULL);
		kg_strings_free(&paths);
		unit_free(cache);
	}
}

/* Any byte may be anything: an answer or an error, and never more than the input holds. */
static void changed(void **state)
{
	static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct kg_span whole = unit_output(two_pools);
	size_t damaged = 0;

	(void)state;
	for (size_t i = 0; i < whole.size * sizeof(values); i++) {
		struct kg_span cache = unit_copy(whole);
		struct kg_strings paths = {0};
		struct kg_error err = unit_no_error();

		unit_writable(cache)[i / sizeof(values)] = values[i % sizeof(values)];
		if (kg_zpool_cache_paths(cache, NULL, &paths, &err) < 0) {
			assert_int_equal(err.code, EBADMSG);
			damaged++;
		}
		assert_true(paths.count <= 4);
		kg_strings_free(&paths);
		unit_free(cache);
	}
	assert_true(damaged > 0 && damaged < whole.size * sizeof(values));
}

/* Lists in lists, deeper than any pool; arrays that claim four thousand million lists. */
static void deep(void **state)
{
	enum { levels = 1000, pair_size = 24 };
	static const unsigned char pair[pair_size] = {pair_size, 0,    0,    0,    2,  0, 0, 0,
						      0xff,	 0xff, 0xff, 0xff, 20, 0, 0, 0, 'a'};
	size_t size = 12 + levels * pair_size;
	unsigned char *bytes = unit_keep(calloc(1, size));
	struct kg_strings paths = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	bytes[1] = 1;
	for (size_t i = 0; i < levels; i++)
		memcpy(bytes + 12 + i * pair_size, pair, pair_size);
	assert_failure(kg_zpool_cache_paths(kg_span_of(bytes, size), NULL, &paths, &err), err, EBADMSG,
		       "damaged nvlist at offset 420");
	assert_int_equal(paths.count, 0);
}

/* An array of four thousand million empty lists ends where the bytes do. */
static void many_lists(void **state)
{
	static const unsigned char head[36] = {
		0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 24, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 20, 0, 0, 0, 'a',
	};
	size_t size = 1 << 20;
	unsigned char *bytes = unit_keep(calloc(1, size));
	struct kg_strings paths = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	memcpy(bytes, head, sizeof(head));
	assert_failure(kg_zpool_cache_paths(kg_span_of(bytes, size), NULL, &paths, &err), err, EBADMSG, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools),
		cmocka_unit_test(a_real_one),
		cmocka_unit_test(no_cache),
		cmocka_unit_test(truncated),
		cmocka_unit_test(changed),
		cmocka_unit_test(deep),
		cmocka_unit_test(many_lists),
	};

	return UNIT_RUN(tests);
}
