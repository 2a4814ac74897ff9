// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds files to a fuzz driver without libFuzzer: each as it is, cut at lengths spread over
 * it, and with single bytes changed, four times as often with KG_FULL in the environment. What
 * fails ends the program.
 * usage: fuzz_NAME FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	max_size = 1 << 20,
	variants = 64,
	sampled = 16,
};

static size_t runs;

/* A copy of its exact size, so that the sanitizer sees the end. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(1);
	if (size)
		memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	runs++;
}

static void feed_variants(uint8_t *data, size_t size)
{
	size_t count = getenv("KG_FULL") ? variants : sampled;

	for (size_t i = 0; i < count && size > 0; i++) {
		/* Numbers from Knuth's multiplicative hashing: spread, and the same each time. */
		size_t at = (i * UINT64_C(2654435761) + i) % size;
		uint8_t old = data[at];

		feed(data, at);
		data[at] = (uint8_t)(old ^ (1U << i % 8));
		feed(data, size);
		data[at] = (uint8_t)(i % 2 ? 0 : 0xff);
		feed(data, size);
		data[at] = old;
	}
}

int main(int argc, char **argv)
{
	static uint8_t data[max_size];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		size_t size;

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, sizeof(data), file);
		(void)fclose(file);
		feed(data, size);
		feed_variants(data, size);
	}
	(void)printf("%zu runs\n", runs);
	return 0;
}
