// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/pe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Offsets and sizes of the MS-DOS stub, the COFF file header and a section header. */
enum {
	dos_new_header = 0x3c,
	dos_size = 0x40,
	signature_size = 4,
	coff_size = 20,
	coff_machine = 0,
	coff_section_count = 2,
	coff_optional_size = 16,
	optional_magic_size = 2,
	section_size = 40,
	section_virtual_size = 8,
	section_raw_size = 16,
	section_raw_offset = 20,
	/* Where data directories are in the two forms of the optional header. */
	directories_pe32 = 96,
	directories_pe32_plus = 112,
	directory_size = 8,
	directory_certificates = 4,
};

static const uint16_t magic_pe32 = 0x10b;
static const uint16_t magic_pe32_plus = 0x20b;

bool kg_pe_has_magic(const struct kg_source *source)
{
	struct kg_error ignored;
	char magic[2];

	return source->size >= sizeof(magic) &&
	       kg_source_read(source, 0, magic, sizeof(magic), &ignored) == 0 &&
	       memcmp(magic, "MZ", sizeof(magic)) == 0;
}

/* Reads a header; one that is not wholly there is a file that is cut off. */
static int read_header(const struct kg_source *source, uint64_t offset, void *data, size_t size,
		       struct kg_error *err)
{
	if (offset > source->size || size > source->size - offset)
		return kg_fail(err, EBADMSG,
			       "is an EFI program that is cut off: it has %" PRIu64
			       " bytes, and a header of %zu at byte %" PRIu64,
			       source->size, size, offset);
	return kg_source_read(source, offset, data, size, err);
}

static uint64_t field(const unsigned char *header, size_t offset, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)header[offset + i] << (8 * i);
	return value;
}

static int read_section(const struct kg_source *source, const unsigned char *header,
			struct kg_pe_section *section, struct kg_error *err)
{
	uint64_t virtual_size = field(header, section_virtual_size, 4);
	uint64_t raw_size = field(header, section_raw_size, 4);
	uint64_t offset = field(header, section_raw_offset, 4);

	memcpy(section->name, header, kg_pe_name_size);
	section->name[kg_pe_name_size] = '\0';
	section->offset = offset;
	section->size = virtual_size < raw_size ? virtual_size : raw_size;
	if (raw_size > 0 && (offset > source->size || raw_size > source->size - offset))
		return kg_fail(err, EBADMSG,
			       "is an EFI program that is cut off: it ends at byte %" PRIu64
			       ", and section %s has %" PRIu64 " bytes at byte %" PRIu64,
			       source->size, section->name, raw_size, offset);
	return 0;
}

static int read_sections(const struct kg_source *source, uint64_t offset, size_t count,
			 struct kg_pe *pe, struct kg_error *err)
{
	unsigned char header[section_size];

	/* Before memory is taken for them. */
	if (offset > source->size || count * section_size > source->size - offset)
		return read_header(source, offset, NULL, count * section_size, err);
	if (count == 0)
		return 0;
	pe->sections = calloc(count, sizeof(*pe->sections));
	if (!pe->sections)
		return kg_fail_memory(err);
	for (size_t i = 0; i < count; i++, offset += section_size) {
		if (read_header(source, offset, header, sizeof(header), err) < 0 ||
		    read_section(source, header, &pe->sections[i], err) < 0)
			return -1;
		pe->section_count++;
	}
	return 0;
}

/*
 * "Optional Header Data Directories": unlike the others the certificate table's address is an
 * offset in the file.
 */
static int read_certificates(const struct kg_source *source, uint64_t optional, uint64_t size,
			     bool plus, struct kg_pe *pe, struct kg_error *err)
{
	uint64_t directories = plus ? directories_pe32_plus : directories_pe32;
	uint64_t end = directories + (directory_certificates + 1) * directory_size;
	unsigned char bytes[directory_size];
	uint64_t offset;

	if (size < end)
		return 0;
	if (read_header(source, optional + directories - 4, bytes, 4, err) < 0)
		return -1;
	if (field(bytes, 0, 4) <= directory_certificates)
		return 0;
	if (read_header(source, optional + end - directory_size, bytes, sizeof(bytes), err) < 0)
		return -1;
	offset = field(bytes, 0, 4);
	if (offset > 0 && offset <= source->size && field(bytes, 4, 4) <= source->size - offset)
		pe->certificates_size = field(bytes, 4, 4);
	return 0;
}

static int read_headers(const struct kg_source *source, struct kg_pe *pe, struct kg_error *err)
{
	unsigned char dos[dos_size];
	unsigned char coff[signature_size + coff_size + optional_magic_size];
	const unsigned char *fields = coff + signature_size;
	uint64_t offset;
	uint64_t magic;

	if (!kg_pe_has_magic(source))
		return kg_fail(err, EBADMSG, "is no EFI program");
	if (read_header(source, 0, dos, sizeof(dos), err) < 0)
		return -1;
	offset = field(dos, dos_new_header, 4);
	if (read_header(source, offset, coff, sizeof(coff), err) < 0)
		return -1;
	magic = field(coff, signature_size + coff_size, 2);
	if (memcmp(coff, "PE\0\0", signature_size) != 0 ||
	    (magic != magic_pe32 && magic != magic_pe32_plus))
		return kg_fail(err, EBADMSG, "is no EFI program: no PE header at byte %" PRIu64,
			       offset);
	pe->machine = (uint16_t)field(fields, coff_machine, 2);
	if (read_certificates(source, offset + signature_size + coff_size,
			      field(fields, coff_optional_size, 2), magic == magic_pe32_plus, pe,
			      err) < 0)
		return -1;
	return read_sections(source,
			     offset + signature_size + coff_size +
				     field(fields, coff_optional_size, 2),
			     (size_t)field(fields, coff_section_count, 2), pe, err);
}

int kg_pe_parse(const struct kg_source *source, struct kg_pe *pe, struct kg_error *err)
{
	struct kg_pe parsed = {0};

	if (read_headers(source, &parsed, err) < 0) {
		kg_pe_free(&parsed);
		return -1;
	}
	*pe = parsed;
	return 0;
}

void kg_pe_free(struct kg_pe *pe)
{
	free(pe->sections);
	*pe = (struct kg_pe){0};
}

static bool is_profile(const struct kg_pe_section *section)
{
	return strcmp(section->name, ".profile") == 0;
}

size_t kg_pe_profile_count(const struct kg_pe *pe)
{
	size_t count = 0;

	for (size_t i = 0; i < pe->section_count; i++)
		count += is_profile(&pe->sections[i]);
	return count ? count : 1;
}

/* Group 0 is the base, group n + 1 is profile n, which begins with its .profile. */
static const struct kg_pe_section *find_in_group(const struct kg_pe *pe, size_t group,
						 const char *name)
{
	size_t current = 0;

	for (size_t i = 0; i < pe->section_count; i++) {
		const struct kg_pe_section *section = &pe->sections[i];

		current += is_profile(section);
		if (current == group && strcmp(section->name, name) == 0)
			return section;
	}
	return NULL;
}

const struct kg_pe_section *kg_pe_section(const struct kg_pe *pe, size_t profile,
					  const char *name)
{
	const struct kg_pe_section *own = find_in_group(pe, profile + 1, name);

	return own ? own : find_in_group(pe, 0, name);
}
