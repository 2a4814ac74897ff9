// SPDX-License-Identifier: GPL-2.0-or-later
#include "asn1.h"

#include <errno.h>

enum {
	max_message = 65535,
	long_tag = 0x1f,
	length_of_length = 0x80, /* and indefinite where no length follows */
	skipped = -1,
};

struct walk {
	struct kg_span bytes;
	size_t at;
	size_t end; /* of the innermost element whose length is given */
	bool matched;
	struct kg_asn1_value value;
	const struct kg_asn1_reader *reader;
};

static int take(struct walk *walk, const struct kg_asn1_rule *rule)
{
	if (rule->action == 0)
		return 0;
	return walk->reader->take(walk->reader->context, rule->action, &walk->value);
}

static void set_content(struct walk *walk, size_t start, size_t size)
{
	(void)kg_span_sub(walk->bytes, start, size, &walk->value.content);
}

/* A length of count bytes, which may not reach over the end. */
static int read_long_length(struct walk *walk, size_t count, size_t *length)
{
	size_t value = 0;

	if (count > walk->end - walk->at)
		return EBADMSG;
	for (size_t i = 0; i < count; i++)
		value = value << 8 | walk->bytes.data[walk->at++];
	*length = value;
	return value > walk->end - walk->at ? EBADMSG : 0;
}

/*
 * Goes over elements of any kind until the end mark of one of indefinite length, from at;
 * *length becomes what lies before walk->at then, the mark included.
 */
static int skip_indefinite(struct walk *walk, size_t *length)
{
	size_t start = walk->at;
	size_t open = 1;

	for (;;) {
		size_t size;
		uint8_t tag;

		if (walk->end - walk->at < 2)
			return EBADMSG;
		tag = walk->bytes.data[walk->at++];
		if (tag == 0) {
			if (walk->bytes.data[walk->at++] != 0)
				return EBADMSG;
			if (--open > 0)
				continue;
			*length = walk->at - start;
			return 0;
		}
		for (bool more = (tag & long_tag) == long_tag; more;) {
			if (walk->end - walk->at < 2)
				return EBADMSG;
			more = (walk->bytes.data[walk->at++] & 0x80) != 0;
		}
		size = walk->bytes.data[walk->at++];
		if (size == length_of_length) {
			if ((tag & kg_asn1_constructed) == 0)
				return EBADMSG;
			open++;
			continue;
		}
		if (size > length_of_length &&
		    (size - length_of_length > sizeof(size) - 1 ||
		     read_long_length(walk, size - length_of_length, &size) != 0))
			return EBADMSG;
		if (size > walk->end - walk->at)
			return EBADMSG;
		walk->at += size;
	}
}

/* A constructed tag in the grammar takes a primitive one as well, but not the reverse. */
static bool tag_fits(const struct kg_asn1_rule *rule, uint8_t tag)
{
	return rule->kind == KG_ASN1_ANY ||
	       ((rule->tag ^ tag) & ~(rule->tag & kg_asn1_constructed)) == 0;
}

/*
 * Tag and length of the next element. 0, skipped or an errno. An alternative of a choice
 * is skipped when one before it was read, and so it is, once anything was, at the end.
 */
static int read_header(struct walk *walk, const struct kg_asn1_rule *rule, bool optional,
		       bool alternative, size_t *length, bool *indefinite)
{
	size_t start = walk->at;
	uint8_t tag;

	if ((alternative && walk->matched) || (optional && walk->at == walk->end))
		return skipped;
	walk->matched = false;
	if (walk->end - walk->at < 2)
		return EBADMSG;
	tag = walk->bytes.data[walk->at];
	if ((tag & long_tag) == long_tag)
		return EBADMSG;
	if (!tag_fits(rule, tag))
		return optional ? skipped : EBADMSG;
	walk->matched = true;
	*length = walk->bytes.data[walk->at + 1];
	walk->at += 2;
	*indefinite = *length == length_of_length;
	if (*indefinite) {
		if ((tag & kg_asn1_constructed) == 0 || walk->end - walk->at < 2)
			return EBADMSG;
	} else if (*length > length_of_length) {
		if (*length - length_of_length > 2 ||
		    read_long_length(walk, *length - length_of_length, length) != 0)
			return EBADMSG;
	} else if (*length > walk->end - walk->at) {
		return EBADMSG;
	}
	walk->value.tag = tag;
	walk->value.header = walk->at - start;
	return 0;
}

static int read_rule(struct walk *walk, const struct kg_asn1_rule *rule, bool optional,
		     bool alternative);

/* 0 at the end of a sequence, skipped where a list goes on, or an errno. */
static int at_end_of(struct walk *walk, const struct kg_asn1_rule *rule, bool indefinite)
{
	if (!indefinite) {
		if (walk->at == walk->end)
			return 0;
		return rule->kind == KG_ASN1_LIST ? skipped : EBADMSG;
	}
	if (walk->end - walk->at < 2)
		return EBADMSG;
	if (walk->bytes.data[walk->at] != 0)
		return rule->kind == KG_ASN1_LIST ? skipped : EBADMSG;
	return walk->bytes.data[walk->at + 1] == 0 ? 0 : EBADMSG;
}

static int read_members(struct walk *walk, const struct kg_asn1_rule *rule, size_t length,
			bool indefinite)
{
	size_t header = walk->value.header;
	size_t outer_end = walk->end;
	size_t start = walk->at;
	int result;

	if (!indefinite)
		walk->end = start + length;
	do {
		for (size_t i = 0; i < rule->count; i++) {
			const struct kg_asn1_rule *member = &rule->rules[i];

			result = read_rule(walk, member, member->optional, false);
			if (result > 0)
				return result;
		}
		result = at_end_of(walk, rule, indefinite);
	} while (result == skipped);
	walk->end = outer_end;
	walk->value.header = header;
	set_content(walk, start, walk->at - start);
	if (result == 0 && indefinite)
		walk->at += 2;
	return result;
}

static int read_choice(struct walk *walk, const struct kg_asn1_rule *rule, bool optional)
{
	for (size_t i = 0; i < rule->count; i++) {
		int result = read_rule(walk, &rule->rules[i], true, i > 0);

		if (result > 0)
			return result;
	}
	/* Where nothing is left this still says that something before was read. */
	if (!optional && !walk->matched)
		return EBADMSG;
	return take(walk, rule);
}

static int read_rule(struct walk *walk, const struct kg_asn1_rule *rule, bool optional,
		     bool alternative)
{
	bool indefinite;
	size_t length;
	int result;

	if (rule->kind == KG_ASN1_CHOICE)
		return read_choice(walk, rule, optional);
	result = read_header(walk, rule, optional, alternative, &length, &indefinite);
	if (result != 0)
		return result;
	if (rule->kind == KG_ASN1_SEQUENCE || rule->kind == KG_ASN1_LIST) {
		result = read_members(walk, rule, length, indefinite);
		/* The kernel comes back from a subroutine here, which says so. */
		if (optional)
			walk->matched = true;
	} else {
		size_t start = walk->at;

		if (indefinite)
			result = skip_indefinite(walk, &length);
		else
			walk->at += length;
		set_content(walk, start, length);
	}
	return result == 0 ? take(walk, rule) : result;
}

int kg_asn1_read(const struct kg_asn1_rule *rule, struct kg_span bytes,
		 const struct kg_asn1_reader *reader)
{
	struct walk walk = {.bytes = bytes, .end = bytes.size, .reader = reader};
	int result;

	if (bytes.size > max_message)
		return EMSGSIZE;
	result = read_rule(&walk, rule, false, false);
	return result > 0 ? result : 0;
}
