// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/bzimage.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Offsets in the setup header, Documentation/arch/x86/boot.rst. */
enum {
	offset_setup_sects = 0x1f1,
	offset_syssize = 0x1f4,
	offset_magic = 0x202,
	offset_version = 0x206,
	offset_kernel_version = 0x20e,
	offset_payload_offset = 0x248,
	offset_payload_length = 0x24c,
	sector = 512,
	protocol_2_08 = 0x0208,
	/* No kernel image of any kind is smaller. */
	min_size = 4096,
};

static const uint32_t header_magic = 0x53726448; /* "HdrS" */

static int other_kind(struct kg_span bytes, struct kg_error *err)
{
	struct kg_span magic;

	if (kg_span_sub(bytes, 4, 4, &magic) && kg_span_starts_with(bytes, "MZ", 2) &&
	    kg_span_starts_with(magic, "zimg", 4))
		return kg_fail(err, ENOTSUP, "is an EFI zboot image, which is not read yet");
	if (kg_span_sub(bytes, 0x38, 4, &magic) && kg_span_starts_with(magic, "ARM\x64", 4))
		return kg_fail(err, ENOTSUP, "is an arm64 image, which is not read yet");
	if (kg_span_starts_with(bytes, "MZ", 2))
		return kg_fail(err, ENOTSUP,
			       "is an EFI program and no kernel: it has no section .linux");
	return kg_fail(err, EBADMSG, "is no kernel image");
}

/* "6.12.9-arch1-1 (builder@host) #1 SMP …": the first word is the release. */
static int read_release(struct kg_span bytes, struct kg_bzimage *image, struct kg_error *err)
{
	uint16_t offset;
	const char *text;
	size_t length;

	if (!kg_span_le16(bytes, offset_kernel_version, &offset) || offset == 0)
		return kg_fail(err, EBADMSG, "is a kernel image without a version string");
	text = kg_span_string(bytes, (uint64_t)offset + sector);
	length = text ? strcspn(text, " ") : 0;
	if (length == 0 || length >= sizeof(image->release))
		return kg_fail(err, EBADMSG, "is a kernel image with a damaged version string");
	for (size_t i = 0; i < length; i++) {
		if (!isgraph((unsigned char)text[i]) || text[i] == '/')
			return kg_fail(err, EBADMSG,
				       "is a kernel image with a damaged version string");
	}
	memcpy(image->release, text, length);
	image->release[length] = '\0';
	image->version = text;
	return 0;
}

/* Where in the image its payload is; of the image only the head has to be there. */
struct extent {
	uint64_t offset;
	uint64_t size;
};

static int find_payload(struct kg_span head, uint64_t size, struct extent *payload,
			struct kg_error *err)
{
	uint8_t setup_sects = 0;
	uint32_t syssize = 0;
	uint32_t offset = 0;
	uint32_t length = 0;
	uint64_t base;
	uint64_t end;

	(void)kg_span_u8(head, offset_setup_sects, &setup_sects);
	if (!kg_span_le32(head, offset_syssize, &syssize) ||
	    !kg_span_le32(head, offset_payload_offset, &offset) ||
	    !kg_span_le32(head, offset_payload_length, &length))
		return kg_fail(err, EBADMSG, "is a kernel image that is cut off");
	base = ((uint64_t)(setup_sects ? setup_sects : 4) + 1) * sector;
	/* syssize counts the protected-mode code in paragraphs of 16 bytes. */
	end = base + (uint64_t)syssize * 16;
	if (end > size || base + offset + length > size)
		return kg_fail(err, EBADMSG,
			       "is a kernel image that is cut off: %llu bytes of %llu",
			       (unsigned long long)size, (unsigned long long)end);
	*payload = (struct extent){.offset = base + offset, .size = length};
	return 0;
}

static int parse(struct kg_span head, uint64_t size, struct kg_bzimage *image,
		 struct extent *payload, struct kg_error *err)
{
	uint32_t magic;
	uint16_t version;

	if (size == 0)
		return kg_fail(err, EBADMSG, "is empty");
	if (size < min_size)
		return kg_fail(err, EBADMSG, "is no kernel image: it has only %llu bytes",
			       (unsigned long long)size);
	if (!kg_span_le32(head, offset_magic, &magic) || magic != header_magic)
		return other_kind(head, err);
	if (!kg_span_le16(head, offset_version, &version) || version < protocol_2_08)
		return kg_fail(err, ENOTSUP, "is a kernel image older than boot protocol 2.08");
	return read_release(head, image, err) < 0 ? -1 : find_payload(head, size, payload, err);
}

int kg_bzimage_parse(struct kg_span bytes, struct kg_bzimage *image, struct kg_error *err)
{
	struct kg_bzimage parsed = {0};
	struct extent payload;

	if (parse(bytes, bytes.size, &parsed, &payload, err) < 0)
		return -1;
	(void)kg_span_sub(bytes, payload.offset, payload.size, &parsed.payload);
	parsed.compression = kg_compression_sniff(parsed.payload);
	*image = parsed;
	return 0;
}

int kg_bzimage_parse_head(struct kg_span head, uint64_t size, struct kg_bzimage *image,
			  struct kg_error *err)
{
	struct kg_bzimage parsed = {0};
	struct extent ignored;

	if (parse(head, size, &parsed, &ignored, err) < 0)
		return -1;
	*image = parsed;
	return 0;
}

int kg_bzimage_unpack(const struct kg_bzimage *image, size_t limit, struct kg_buffer *out,
		      struct kg_error *err)
{
	struct kg_span payload = image->payload;
	uint32_t size = 0;

	/* All but gzip are followed by the unpacked size (scripts/Makefile.lib, size_append). */
	if (image->compression != KG_COMPRESSION_GZIP &&
	    image->compression != KG_COMPRESSION_NONE &&
	    !kg_span_sub(payload, 0, payload.size < 4 ? 0 : payload.size - 4, &payload))
		return kg_fail(err, EBADMSG, "is a kernel image that is cut off");
	if (payload.size != image->payload.size)
		(void)kg_span_le32(image->payload, payload.size, &size);
	if (kg_decompress_expected(payload, image->compression, size, limit, out, err) < 0)
		return kg_prefix(err, "its payload cannot be unpacked");
	return 0;
}
