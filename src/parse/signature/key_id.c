// SPDX-License-Identifier: GPL-2.0-or-later
#include "x509.h"

static unsigned char byte_at(const struct kg_key_id *id, size_t index)
{
	return index < id->first.size ? id->first.data[index]
				      : id->second.data[index - id->first.size];
}

static size_t size_of(const struct kg_key_id *id)
{
	return id->first.size + id->second.size;
}

bool kg_key_id_equal(const struct kg_key_id *left, const struct kg_key_id *right)
{
	if (!left->present || !right->present || size_of(left) != size_of(right))
		return false;
	for (size_t i = 0; i < size_of(left); i++) {
		if (byte_at(left, i) != byte_at(right, i))
			return false;
	}
	return true;
}

bool kg_key_id_is_empty(const struct kg_key_id *id)
{
	return size_of(id) == 0;
}
