// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "kernel-guard/parse/certificate.h"

enum {
	header_size = 4,
	/* Kernels have a handful. Each has to be checked, also what turns out to be none. */
	max_certificates = 256,
	max_refused = 1024,
};

/* How sure it is that the list is the one of trusted certificates. */
enum list_kind {
	NO_LIST,
	LIST_WITH_SIZE,        /* up to 5.17; that of revoked ones looks the same */
	LIST_WITH_MODULE_SIZE, /* from 5.18 */
};

struct search {
	struct kg_span image;
	const struct kg_signature_rules *rules;
	struct kg_certificates *certificates;
	size_t refused;
};

/* As x509_load_certificate_list() takes them apart: a SEQUENCE with two bytes of length. */
static size_t certificate_size(struct kg_span image, size_t at)
{
	struct kg_span header;
	size_t size;

	if (!kg_span_sub(image, at, header_size, &header) ||
	    !kg_span_starts_with(header, "\x30\x82", 2))
		return 0;
	size = header_size + (size_t)(header.data[2] << 8 | header.data[3]);
	return size <= image.size - at ? size : 0;
}

/* The same with a SEQUENCE inside whose header ends where the version stands. */
static bool begins_certificate(struct kg_span image, size_t at, size_t version)
{
	size_t size = certificate_size(image, at);
	size_t inner = at + header_size;
	size_t inner_size = 0;

	if (size <= 2 * header_size)
		return false;
	if (version - inner == header_size)
		inner_size = certificate_size(image, inner);
	else if (image.data[inner] == 0x30 && image.data[inner + 1] == 0x81)
		inner_size = header_size - 1U + image.data[inner + 2];
	return inner_size > 0 && inner_size < size - header_size;
}

/*
 * The next certificate from *at on, known by its beginning: a SEQUENCE in a SEQUENCE, version 3
 * and a serial number.
 */
static bool find_next(struct kg_span image, size_t *at)
{
	static const unsigned char version[] = {0xa0, 3, 2, 1, 2};
	/* The inner length is one byte or two. */
	static const size_t distances[] = {2 * header_size - 1, 2 * header_size};
	size_t start = *at;
	size_t from = start;
	struct kg_span rest;

	while (kg_span_sub(image, from, image.size - from, &rest)) {
		const unsigned char *hit =
			memmem(rest.data, rest.size, version, sizeof(version));
		size_t found;

		if (!hit)
			return false;
		found = (size_t)(hit - image.data);
		for (size_t i = 0; i < 2; i++) {
			if (found - start >= distances[i] &&
			    begins_certificate(image, found - distances[i], found)) {
				*at = found - distances[i];
				return true;
			}
		}
		from = found + 1;
	}
	return false;
}

/* The end of the certificates that lie one behind the other from at on. */
static size_t run_end(struct kg_span image, size_t at)
{
	size_t size;

	while ((size = certificate_size(image, at)) > 0)
		at += size;
	return at;
}

/* Whether one of the certificates from at to end begins size bytes before the end; *start. */
static bool begins_list(struct kg_span image, size_t at, size_t end, uint64_t size, size_t *start)
{
	while (at < end && end - at > size)
		at += certificate_size(image, at);
	*start = at;
	return at < end && end - at == size;
}

/*
 * Looks behind the end for the list's size, which is a number that is aligned; the image
 * itself need not be.
 */
static enum list_kind list_kind(struct kg_span image, size_t at, size_t end, size_t *start)
{
	for (size_t padding = 0; padding < 8; padding++) {
		uint64_t size;
		uint64_t module_size;

		if (kg_span_le64(image, end + padding, &size) &&
		    begins_list(image, at, end, size, start)) {
			if (kg_span_le64(image, end + padding + 8, &module_size) &&
			    module_size == certificate_size(image, *start))
				return LIST_WITH_MODULE_SIZE;
			return LIST_WITH_SIZE;
		}
		if (end + padding >= image.size || image.data[end + padding] != 0)
			break;
	}
	return NO_LIST;
}

/* The best list; false where there is none at all. */
static bool find_list(struct kg_span image, size_t *start, size_t *end)
{
	enum list_kind best = NO_LIST;

	for (size_t at = 0; best != LIST_WITH_MODULE_SIZE && find_next(image, &at);) {
		size_t this_end = run_end(image, at);
		size_t this_start;
		enum list_kind kind = list_kind(image, at, this_end, &this_start);

		if (kind > best) {
			best = kind;
			*start = this_start;
			*end = this_end;
		}
		at = this_end;
	}
	return best != NO_LIST;
}

static int add(struct search *search, size_t at, size_t size, struct kg_error *err)
{
	size_t count = search->certificates->count;
	struct kg_span der;

	if (!kg_span_sub(search->image, at, size, &der))
		return 0;
	if (kg_certificates_add(search->certificates, der, search->rules, err) < 0)
		return -1;
	if (search->certificates->count == count)
		search->refused++;
	if (search->certificates->count > max_certificates || search->refused > max_refused)
		return kg_fail(err, EFBIG, "holds more certificates than a kernel has");
	return 0;
}

static int add_list(struct search *search, size_t at, size_t end, struct kg_error *err)
{
	while (at < end) {
		size_t size = certificate_size(search->image, at);

		if (add(search, at, size, err) < 0)
			return -1;
		at += size;
	}
	return 0;
}

int kg_certificates_find(struct kg_span image, const struct kg_signature_rules *rules,
			 struct kg_certificates *certificates, struct kg_error *err)
{
	struct search search = {.image = image, .rules = rules, .certificates = certificates};
	size_t start;
	size_t end;

	if (find_list(image, &start, &end))
		return add_list(&search, start, end, err);
	for (size_t at = 0; find_next(image, &at);) {
		size_t count = certificates->count;

		if (add(&search, at, certificate_size(image, at), err) < 0)
			return -1;
		/* What only looks like one may hold a real one. */
		at += certificates->count > count ? certificate_size(image, at) : 1;
	}
	return 0;
}
