// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/compression.h"

static const struct {
	unsigned char magic[kg_compression_magic_size];
	size_t size;
	enum kg_compression compression;
} magics[] = {
	{{0x1f, 0x8b}, 2, KG_COMPRESSION_GZIP},
	{{0x1f, 0x9e}, 2, KG_COMPRESSION_GZIP},
	{{0x42, 0x5a}, 2, KG_COMPRESSION_BZIP2},
	{{0x5d, 0x00}, 2, KG_COMPRESSION_LZMA},
	{{0xfd, 0x37}, 2, KG_COMPRESSION_XZ},
	{{0x89, 0x4c}, 2, KG_COMPRESSION_LZO},
	{{0x02, 0x21}, 2, KG_COMPRESSION_LZ4},
	{{0x28, 0xb5}, 2, KG_COMPRESSION_ZSTD},
};

static const char *const names[] = {
	[KG_COMPRESSION_NONE] = "none",   [KG_COMPRESSION_GZIP] = "gzip",
	[KG_COMPRESSION_BZIP2] = "bzip2", [KG_COMPRESSION_LZMA] = "lzma",
	[KG_COMPRESSION_XZ] = "xz",       [KG_COMPRESSION_LZO] = "lzo",
	[KG_COMPRESSION_LZ4] = "lz4",     [KG_COMPRESSION_ZSTD] = "zstd",
};

enum kg_compression kg_compression_sniff(struct kg_span head)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (kg_span_starts_with(head, magics[i].magic, magics[i].size))
			return magics[i].compression;
	}
	return KG_COMPRESSION_NONE;
}

const char *kg_compression_name(enum kg_compression compression)
{
	return names[compression];
}
