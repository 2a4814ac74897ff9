/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_CPIO_FIXTURE_H
#define KERNEL_GUARD_TESTS_UNIT_CPIO_FIXTURE_H

#include "fixture.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/initramfs.h"

/* One member, header and all. What is zero gets what cpio -H newc would write. */
struct cpio_member {
	const char *magic;
	const char *name;
	struct kg_span content;
	uint32_t mode;
	uint32_t nlink;
	uint32_t ino;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t checksum;
	bool unpadded; /* nothing behind the content */
};

enum { cpio_header_size = 110 };

static inline void cpio_put(struct kg_buffer *archive, const void *data, size_t size)
{
	struct kg_error err;

	assert_ok(kg_buffer_append(archive, data, size, &err), err);
}

static inline void cpio_put_zeros(struct kg_buffer *archive, size_t size)
{
	static const unsigned char zeros[4096];

	for (; size > sizeof(zeros); size -= sizeof(zeros))
		cpio_put(archive, zeros, sizeof(zeros));
	cpio_put(archive, zeros, size);
}

static inline void cpio_align(struct kg_buffer *archive, size_t alignment)
{
	cpio_put_zeros(archive, (alignment - archive->size % alignment) % alignment);
}

/* The thirteen fields behind the magic, as they are told. */
static inline void cpio_put_header(struct kg_buffer *archive, const char *magic,
				   const uint32_t fields[13])
{
	char header[cpio_header_size + 1];
	size_t used = 6;

	memcpy(header, magic, 6);
	for (int i = 0; i < 13; i++, used += 8)
		(void)snprintf(header + used, sizeof(header) - used, "%08X", fields[i]);
	cpio_put(archive, header, cpio_header_size);
}

static inline void cpio_add(struct kg_buffer *archive, const struct cpio_member *member)
{
	size_t start = archive->size;
	const uint32_t fields[13] = {
		member->ino ? member->ino : 1,
		member->mode ? member->mode : 0100644,
		0,
		0,
		member->nlink ? member->nlink : 1,
		0,
		(uint32_t)member->content.size,
		member->dev_major,
		member->dev_minor,
		0,
		0,
		(uint32_t)strlen(member->name) + 1,
		member->checksum,
	};

	cpio_put_header(archive, member->magic ? member->magic : "070701", fields);
	cpio_put(archive, member->name, strlen(member->name) + 1);
	cpio_put_zeros(archive, (4 - (archive->size - start) % 4) % 4);
	cpio_put(archive, member->content.data, member->content.size);
	if (!member->unpadded)
		cpio_put_zeros(archive, (4 - member->content.size % 4) % 4);
}

static inline void cpio_file(struct kg_buffer *archive, const char *name, const char *content)
{
	const struct cpio_member member = {.name = name, .content = kg_span_of_string(content)};

	cpio_add(archive, &member);
}

static inline void cpio_trailer(struct kg_buffer *archive)
{
	cpio_file(archive, "TRAILER!!!", "");
}

/* An archive of one file. */
static inline struct kg_span cpio_archive(const char *name, const char *content)
{
	struct kg_buffer archive = {0};

	cpio_file(&archive, name, content);
	cpio_trailer(&archive);
	unit_keep(archive.data);
	return kg_buffer_span(&archive);
}

/* What a walk has told, one line an item. */
struct cpio_record {
	struct kg_buffer members;   /* "segment path mode size" */
	struct kg_buffer segments;  /* "offset size compression unpacked-size members" */
	struct kg_buffer contents;  /* of the members that were asked for */
	struct kg_cpio_member last; /* without its path, which does not live on */
	const char *want;           /* ask for members whose names end so; NULL: none */
	const char *fail_at;        /* fail when this member, "segment" or "content" is told */
};

static inline void cpio_line(struct kg_buffer *buffer, const char *line)
{
	cpio_put(buffer, line, strlen(line));
}

static inline int cpio_record_segment(void *context, const struct kg_initramfs_segment *segment,
				      struct kg_error *err)
{
	struct cpio_record *record = context;
	char line[200];

	if (record->fail_at && strcmp(record->fail_at, "segment") == 0)
		return kg_fail(err, ECANCELED, "the segment");
	(void)snprintf(line, sizeof(line), "%llu %llu %s %llu %llu\n",
		       (unsigned long long)segment->offset, (unsigned long long)segment->size,
		       kg_compression_name(segment->compression),
		       (unsigned long long)segment->unpacked_size,
		       (unsigned long long)segment->member_count);
	cpio_line(&record->segments, line);
	return 0;
}

static inline int cpio_record_member(void *context, const struct kg_cpio_member *member,
				     bool *want_content, struct kg_error *err)
{
	struct cpio_record *record = context;
	size_t length = strlen(member->path);
	char line[5000];

	assert_false(*want_content);
	if (record->fail_at && strcmp(record->fail_at, member->path) == 0)
		return kg_fail(err, ECANCELED, "the member");
	(void)snprintf(line, sizeof(line), "%zu %s %o %llu\n", member->segment, member->path,
		       member->mode, (unsigned long long)member->size);
	cpio_line(&record->members, line);
	record->last = *member;
	record->last.path = NULL;
	*want_content = record->want && length >= strlen(record->want) &&
			strcmp(member->path + length - strlen(record->want), record->want) == 0;
	return 0;
}

static inline int cpio_record_content(void *context, const struct kg_cpio_member *member,
				      struct kg_span content, struct kg_error *err)
{
	struct cpio_record *record = context;

	if (record->fail_at && strcmp(record->fail_at, "content") == 0)
		return kg_fail(err, ECANCELED, "the content");
	assert_int_equal(content.size, member->size);
	cpio_put(&record->contents, content.data, content.size);
	cpio_put(&record->contents, "|", 1);
	return 0;
}

static inline int cpio_walk_source(const struct kg_source *source, struct cpio_record *record,
				   struct kg_error *err)
{
	const struct kg_initramfs_visitor visitor = {
		.context = record,
		.segment = cpio_record_segment,
		.member = cpio_record_member,
		.content = cpio_record_content,
	};

	*err = unit_no_error();
	return kg_initramfs_walk(source, &visitor, err);
}

/* Walks an exact-size copy. */
static inline int cpio_walk(struct kg_span image, struct cpio_record *record, struct kg_error *err)
{
	struct kg_span exact = unit_copy(image);
	struct kg_source source = kg_source_of_span(&exact);
	int result = cpio_walk_source(&source, record, err);

	unit_free(exact);
	return result;
}

/* A recorded text, kept. */
static inline const char *cpio_text(const struct kg_buffer *buffer)
{
	return unit_text("%.*s", (int)buffer->size, (const char *)buffer->data);
}

static inline void cpio_record_free(struct cpio_record *record)
{
	kg_buffer_free(&record->members);
	kg_buffer_free(&record->segments);
	kg_buffer_free(&record->contents);
}

#endif
