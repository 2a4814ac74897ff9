// SPDX-License-Identifier: GPL-2.0-or-later
#include "oid.h"

#include <string.h>

static const struct {
	const char *bytes;
	size_t size;
} oids[] = {
	{NULL, 0},
#define X(name, bytes) {bytes, sizeof(bytes) - 1},
	KG_OIDS(X)
#undef X
};

enum kg_oid kg_oid_of(struct kg_span content)
{
	for (size_t i = 1; i < sizeof(oids) / sizeof(oids[0]); i++) {
		if (oids[i].size == content.size &&
		    memcmp(oids[i].bytes, content.data, content.size) == 0)
			return (enum kg_oid)i;
	}
	return KG_OID_UNKNOWN;
}
