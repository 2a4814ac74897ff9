// SPDX-License-Identifier: GPL-2.0-or-later
/* Images as the generators write them, compared with what other programs find. */
#include "cpio_fixture.h"
#include "kernel-guard/core/root.h"

/* Image and oracle: the segments as they were told, unpacked by the programs. */
static const char *names_by_programs(const char *path, const char *segments)
{
	struct kg_buffer names = {0};
	unsigned long long offset;
	unsigned long long size;
	char compression[10];
	int used;
	const char *text;

	for (;
	     sscanf(segments, "%llu %llu %9s %*u %*u\n%n", &offset, &size, compression, &used) == 3;
	     segments += used) {
		const char *unpack = strcmp(compression, "none") == 0
					     ? "cat"
					     : unit_text("%s -dcq", compression);
		struct kg_span part = unit_output(
			unit_text("tail -c +%llu %s | head -c %llu | %s | cpio -t --quiet",
				  offset + 1, path, size, unpack));

		cpio_put(&names, part.data, part.size);
	}
	text = cpio_text(&names);
	kg_buffer_free(&names);
	return text;
}

/* "segment path mode size" made "path". */
static const char *names_of_members(const char *members)
{
	struct kg_buffer names = {0};
	const char *text;

	while (*members) {
		size_t length = strcspn(members, "\n");
		const char *path = strchr(members, ' ') + 1;
		const char *size = memrchr(members, ' ', length);
		const char *mode = memrchr(members, ' ', (size_t)(size - members));

		cpio_put(&names, path, (size_t)(mode - path));
		cpio_put(&names, "\n", 1);
		members += length + 1;
	}
	text = cpio_text(&names);
	kg_buffer_free(&names);
	return text;
}

static void assert_real_image(const char *path, size_t segment_count)
{
	struct cpio_record record = {0};
	struct kg_source source;
	struct kg_file file;
	struct kg_error err;
	size_t lines = 0;
	const char *names;

	assert_ok(kg_file_open(path, &file, &err), err);
	source = kg_file_source(&file);
	assert_ok(cpio_walk_source(&source, &record, &err), err);
	names = names_of_members(cpio_text(&record.members));
	assert_string_equal(names, names_by_programs(path, cpio_text(&record.segments)));
	for (const char *c = names; *c; c++)
		lines += *c == '\n';
	printf("# %s: %zu members\n", path, lines);
	for (const char *c = cpio_text(&record.segments); *c; c++)
		segment_count -= *c == '\n';
	assert_int_equal(segment_count, 0);
	assert_true(lines > 100);
	cpio_record_free(&record);
	kg_file_close(&file);
}

static void real_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const char *series = unit_series[i];

		assert_real_image(unit_cache("tree/%s/boot/initramfs-linux.img", series), 2);
		assert_real_image(unit_cache("images/%s/dracut.img", series), 1);
	}
}

static void content_of_a_real_image(void **state)
{
	struct kg_span bytes = unit_read_file(unit_cache("tree/6.12/boot/initramfs-linux.img"));
	struct cpio_record record = {.want = "/virtio_blk.ko.xz"};
	struct kg_span module = unit_read_file(
		unit_text("%s/kernel/drivers/block/virtio_blk.ko.xz", unit_module_tree("6.12")));
	struct kg_error err;

	(void)state;
	assert_ok(cpio_walk(bytes, &record, &err), err);
	assert_int_equal(record.contents.size, module.size + 1);
	assert_memory_equal(record.contents.data, module.data, module.size);
	cpio_record_free(&record);
	/* In the compressed part. */
	record = (struct cpio_record){.want = "VERSION"};
	assert_ok(cpio_walk(bytes, &record, &err), err);
	assert_string_equal(cpio_text(&record.contents), "41|");
	cpio_record_free(&record);
}

static int failing_read(void *context, uint64_t offset, void *data, size_t size,
			struct kg_error *err)
{
	const struct kg_span *span = context;

	if (offset + size > span->size * 3 / 4)
		return kg_fail(err, EIO, "the disk is gone");
	memcpy(data, span->data + offset, size);
	return 0;
}

static void failure_of_the_source(void **state)
{
	struct kg_span span = unit_read_file(unit_cache("tree/6.12/boot/initramfs-linux.img"));
	struct kg_source source = {.size = span.size, .read = failing_read, .context = &span};
	struct cpio_record record = {0};
	struct kg_error err;

	(void)state;
	assert_int_equal(cpio_walk_source(&source, &record, &err), -1);
	assert_int_equal(err.code, EIO);
	assert_non_null(strstr(err.message, "the disk is gone"));
	cpio_record_free(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_images),
		cmocka_unit_test(content_of_a_real_image),
		cmocka_unit_test(failure_of_the_source),
	};

	return UNIT_RUN(tests);
}
