// SPDX-License-Identifier: GPL-2.0-or-later
#include "lzo1x.h"

#include <stdint.h>
#include <string.h>

struct unpacker {
	struct kg_span in;
	size_t taken;
	unsigned char *out;
	size_t size;
	size_t written;
	/* Literals copied behind the last instruction, 0 to 3, or 4 for a long run of them. */
	unsigned state;
	bool ended;
};

static bool take(struct unpacker *unpacker, size_t *byte)
{
	if (unpacker->taken >= unpacker->in.size)
		return false;
	*byte = unpacker->in.data[unpacker->taken++];
	return true;
}

/* A length that a field of the instruction has no room for goes on in bytes of its own. */
static bool take_length(struct unpacker *unpacker, size_t field, size_t largest, size_t *length)
{
	size_t byte = 0;

	*length = field;
	if (field != 0)
		return true;
	*length = largest;
	do {
		if (!take(unpacker, &byte))
			return false;
		*length += byte ? byte : 255;
	} while (byte == 0);
	return true;
}

static bool copy_literals(struct unpacker *unpacker, size_t count)
{
	if (count > unpacker->in.size - unpacker->taken ||
	    count > unpacker->size - unpacker->written)
		return false;
	memcpy(unpacker->out + unpacker->written, unpacker->in.data + unpacker->taken, count);
	unpacker->taken += count;
	unpacker->written += count;
	return true;
}

/* From so far behind as distance; source and target may overlap, byte by byte. */
static bool copy_match(struct unpacker *unpacker, size_t distance, size_t length, size_t literals)
{
	unsigned char *to = unpacker->out + unpacker->written;

	if (distance > unpacker->written || length > unpacker->size - unpacker->written)
		return false;
	for (size_t i = 0; i < length; i++)
		to[i] = *(to + i - distance);
	unpacker->written += length;
	unpacker->state = (unsigned)literals;
	return copy_literals(unpacker, literals);
}

static bool short_instruction(struct unpacker *unpacker, size_t code)
{
	size_t byte;
	size_t length;

	if (unpacker->state == 0) {
		unpacker->state = 4;
		return take_length(unpacker, code, 15, &length) &&
		       copy_literals(unpacker, length + 3);
	}
	if (!take(unpacker, &byte))
		return false;
	return unpacker->state == 4
		       ? copy_match(unpacker, (byte << 2) + (code >> 2) + 2049, 3, code & 3)
		       : copy_match(unpacker, (byte << 2) + (code >> 2) + 1, 2, code & 3);
}

/* Instructions with two bytes of distance behind their length. */
static bool long_instruction(struct unpacker *unpacker, size_t code)
{
	bool near = code >= 32;
	size_t largest = near ? 31 : 7;
	size_t length;
	size_t low;
	size_t high;
	size_t distance;

	if (!take_length(unpacker, code & largest, largest, &length) || !take(unpacker, &low) ||
	    !take(unpacker, &high))
		return false;
	distance = (high << 8 | low) >> 2;
	if (near)
		return copy_match(unpacker, distance + 1, length + 2, low & 3);
	distance += (code & 8) << 11;
	unpacker->ended = distance == 0;
	if (unpacker->ended)
		return length == 1;
	return copy_match(unpacker, distance + 16384, length + 2, low & 3);
}

static bool instruction(struct unpacker *unpacker)
{
	size_t code;
	size_t byte;

	if (!take(unpacker, &code))
		return false;
	if (code < 16)
		return short_instruction(unpacker, code);
	if (code < 64)
		return long_instruction(unpacker, code);
	return take(unpacker, &byte) &&
	       copy_match(unpacker, (byte << 3) + (code >> 2 & 7) + 1, (code >> 5) + 1, code & 3);
}

/* The first byte may be a run of literals that no instruction precedes. */
static bool first_literals(struct unpacker *unpacker)
{
	size_t count;

	if (unpacker->in.size == 0 || unpacker->in.data[0] <= 17)
		return true;
	count = (size_t)unpacker->in.data[unpacker->taken++] - 17;
	unpacker->state = count < 4 ? (unsigned)count : 4;
	return copy_literals(unpacker, count);
}

bool kg_lzo1x_unpack(struct kg_span block, unsigned char *data, size_t size)
{
	struct unpacker unpacker = {.in = block, .out = data, .size = size};

	if (!first_literals(&unpacker))
		return false;
	while (!unpacker.ended) {
		if (!instruction(&unpacker))
			return false;
	}
	return unpacker.taken == block.size && unpacker.written == size;
}
