// SPDX-License-Identifier: GPL-2.0-or-later
#include "number_pair.h"

#include <errno.h>

#include "asn1.h"

struct reading {
	struct kg_number_pair *pair;
	size_t limit;
};

static bool fits(const struct reading *reading, unsigned int index, struct kg_span number)
{
	size_t limit = reading->limit;

	if (limit == 0)
		return index == 0 || number.size <= reading->pair->numbers[0].size;
	return number.size <= limit || (number.size == limit + 1 && number.data[0] == 0);
}

static int take_number(void *context, unsigned int action, const struct kg_asn1_value *value)
{
	struct reading *reading = context;

	if (value->content.size == 0 || !fits(reading, action - 1, value->content))
		return EINVAL;
	reading->pair->numbers[action - 1] = value->content;
	return 0;
}

int kg_number_pair_read(struct kg_span bytes, size_t limit, struct kg_number_pair *pair)
{
	static const struct kg_asn1_rule numbers[] = {
		{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_integer, .action = 1},
		{.kind = KG_ASN1_PRIMITIVE, .tag = kg_asn1_integer, .action = 2},
	};
	static const struct kg_asn1_rule sequence = {
		.kind = KG_ASN1_SEQUENCE, .tag = kg_asn1_sequence, KG_ASN1_RULES(numbers)};
	struct reading reading = {.pair = pair, .limit = limit};
	const struct kg_asn1_reader reader = {.context = &reading, .take = take_number};

	return kg_asn1_read(&sequence, bytes, &reader);
}

size_t kg_number_size(size_t bytes)
{
	enum { unit = 8 };

	return (bytes + unit - 1) / unit * unit;
}
