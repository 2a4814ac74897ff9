// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/cpio.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/core/buffer.h"

enum {
	header_size = 110,
	/* init/initramfs.c skips members with longer names or links (PATH_MAX). */
	max_name = 4096,
	field_size = 8,
};

/* Indexes of the 8-digit hexadecimal fields behind the magic. */
enum field {
	field_ino,
	field_mode,
	field_uid,
	field_gid,
	field_nlink,
	field_mtime,
	field_filesize,
	field_dev_major,
	field_dev_minor,
	field_rdev_major,
	field_rdev_minor,
	field_namesize,
	field_checksum,
	field_count,
};

struct header {
	uint32_t fields[field_count];
	bool has_sum; /* the "crc" format */
};

static int read_exactly(struct kg_byte_stream *stream, void *data, uint64_t size,
			const char *what, struct kg_error *err)
{
	uint64_t count;

	if (kg_byte_stream_take(stream, data, size, &count, err) < 0)
		return -1;
	if (count < size)
		return kg_fail(err, EBADMSG, "the cpio archive ends at byte %" PRIu64 " inside %s",
			       stream->position, what);
	return 0;
}

static uint64_t padding(uint64_t size)
{
	return (4 - size % 4) % 4;
}

static bool parse_field(const char *digits, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < field_size; i++) {
		char c = digits[i];
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			digit = (uint32_t)(c - 'A' + 10);
		else
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

static int parse_header(const char *text, uint64_t offset, struct header *header,
			struct kg_error *err)
{
	if (strncmp(text, "070707", 6) == 0)
		return kg_fail(err, EBADMSG,
			       "the cpio archive at byte %" PRIu64
			       " has the old format, which the kernel refuses (use -H newc)",
			       offset);
	header->has_sum = strncmp(text, "070702", 6) == 0;
	if (strncmp(text, "070701", 6) != 0 && !header->has_sum)
		return kg_fail(err, EBADMSG, "no cpio header at byte %" PRIu64, offset);
	for (int i = 0; i < field_count; i++) {
		if (!parse_field(text + 6 + i * field_size, &header->fields[i]))
			return kg_fail(err, EBADMSG, "damaged cpio header at byte %" PRIu64,
				       offset);
	}
	return 0;
}

/* The sum of bytes of the "crc" format, up to what is there already. */
static uint32_t add_bytes(uint32_t sum, const unsigned char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += data[i];
	return sum;
}

static int deliver(const struct kg_cpio_walk *walk, struct kg_byte_stream *stream,
		   const struct kg_cpio_member *member, uint32_t *sum, struct kg_error *err)
{
	struct kg_buffer content = {0};
	int result;

	if (member->size > kg_initramfs_max_content)
		return kg_fail(err, EFBIG, "%s has more than %d bytes", member->path,
			       kg_initramfs_max_content);
	result = kg_buffer_reserve(&content, (size_t)member->size, err);
	if (result == 0)
		result = read_exactly(stream, content.data, member->size, member->path, err);
	content.size = (size_t)member->size;
	if (result == 0 && sum)
		*sum = add_bytes(0, content.data, content.size);
	if (result == 0)
		result = walk->visitor->content(walk->visitor->context, member,
						kg_buffer_span(&content), err);
	kg_buffer_free(&content);
	return result;
}

/* Content that nobody asked for; sum may be NULL. */
static int pass_over(struct kg_byte_stream *stream, const struct kg_cpio_member *member,
		     uint32_t *sum, struct kg_error *err)
{
	unsigned char chunk[4096];

	if (!sum)
		return read_exactly(stream, NULL, member->size, member->path, err);
	for (uint64_t left = member->size; left > 0;) {
		size_t size = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);

		if (read_exactly(stream, chunk, size, member->path, err) < 0)
			return -1;
		*sum = add_bytes(*sum, chunk, size);
		left -= size;
	}
	return 0;
}

static const char *without_root(const char *path)
{
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return path;
}

static int visit(struct kg_cpio_walk *walk, struct kg_byte_stream *stream, const char *name,
		 const struct header *header, struct kg_error *err)
{
	struct kg_cpio_member member = {
		.path = without_root(name),
		.mode = header->fields[field_mode],
		.nlink = header->fields[field_nlink],
		.ino = header->fields[field_ino],
		.dev_major = header->fields[field_dev_major],
		.dev_minor = header->fields[field_dev_minor],
		.size = header->fields[field_filesize],
		.segment = walk->segment,
	};
	/* do_copy() of init/initramfs.c (since Linux 5.18) adds up regular files alone. */
	bool summed = header->has_sum && S_ISREG(member.mode);
	bool want_content = false;
	uint32_t sum = 0;
	int result;

	if (++walk->members > kg_initramfs_max_members)
		return kg_fail(err, EFBIG, "has more than %d members", kg_initramfs_max_members);
	if (walk->visitor->member(walk->visitor->context, &member, &want_content, err) < 0)
		return -1;
	result = want_content ? deliver(walk, stream, &member, summed ? &sum : NULL, err)
			      : pass_over(stream, &member, summed ? &sum : NULL, err);
	if (result == 0 && summed && sum != header->fields[field_checksum])
		return kg_fail(err, EBADMSG,
			       "%s, which ends at byte %" PRIu64 ", has a wrong checksum",
			       member.path, stream->position);
	return result;
}

/* What do_header() of init/initramfs.c passes over: nothing comes of it. */
static bool is_skipped(const struct header *header)
{
	uint32_t mode = header->fields[field_mode];
	uint32_t size = header->fields[field_filesize];

	return S_ISLNK(mode) ? size > max_name : !S_ISREG(mode) && size > 0;
}

/* What follows the header of one member; *trailer where it is the archive's last. */
static int walk_body(struct kg_cpio_walk *walk, struct kg_byte_stream *stream,
		     const struct header *header, bool *trailer, struct kg_error *err)
{
	uint64_t name_size = header->fields[field_namesize];
	uint64_t name_padding = padding(header_size + name_size);
	uint64_t body_size = header->fields[field_filesize];
	uint64_t count;
	char name[max_name];

	if (name_size == 0 || name_size > max_name || is_skipped(header))
		return read_exactly(stream, NULL,
				    name_size + name_padding + body_size + padding(body_size),
				    "a member", err);
	if (read_exactly(stream, name, name_size, "a member's name", err) < 0 ||
	    read_exactly(stream, NULL, name_padding, "a member's name", err) < 0)
		return -1;
	if (name[name_size - 1] != '\0')
		return kg_fail(err, EBADMSG,
			       "a member's name that ends before byte %" PRIu64 " has no NUL",
			       stream->position);
	*trailer = strcmp(name, "TRAILER!!!") == 0;
	if (*trailer ? read_exactly(stream, NULL, body_size, "the trailer", err) < 0
		     : visit(walk, stream, name, header, err) < 0)
		return -1;
	/* The padding of an archive's very last member may be missing. */
	if (kg_byte_stream_take(stream, NULL, padding(body_size), &count, err) < 0)
		return -1;
	walk->cut = count < padding(body_size);
	return 0;
}

static int walk_member(struct kg_cpio_walk *walk, struct kg_byte_stream *stream, bool *trailer,
		       struct kg_error *err)
{
	uint64_t offset = stream->position;
	struct header header;
	char text[header_size];

	if (read_exactly(stream, text, sizeof(text), "a header", err) < 0 ||
	    parse_header(text, offset, &header, err) < 0)
		return -1;
	return walk_body(walk, stream, &header, trailer, err);
}

int kg_cpio_walk_archive(struct kg_cpio_walk *walk, struct kg_byte_stream *stream,
			 enum kg_cpio_stop *stop, struct kg_error *err)
{
	bool trailer = false;

	while (!trailer) {
		int byte;

		if (kg_byte_stream_peek(stream, &byte, err) < 0)
			return -1;
		if (byte == '\0') {
			if (kg_byte_stream_skip_zeros(stream, err) < 0)
				return -1;
		} else if (byte != kg_byte_stream_end && stream->position % 4 != 0) {
			return kg_fail(err, EBADMSG, "broken padding at byte %" PRIu64,
				       stream->position);
		} else if (byte == '0') {
			if (walk_member(walk, stream, &trailer, err) < 0)
				return -1;
		} else {
			*stop = byte == kg_byte_stream_end ? KG_CPIO_END : KG_CPIO_FOREIGN;
			return 0;
		}
	}
	*stop = KG_CPIO_TRAILER;
	return 0;
}
