// SPDX-License-Identifier: GPL-2.0-or-later
/* One parser of tests/unit/parsers.h, which KG_FUZZ_PARSER names, fed by libFuzzer. */
#include "parsers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kg_error err = unit_no_error();

	if (KG_FUZZ_PARSER(kg_span_of(data, size), &err) < 0 && err.code <= 0)
		abort();
	return 0;
}
