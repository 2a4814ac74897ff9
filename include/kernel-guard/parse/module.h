/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_MODULE_H
#define KERNEL_GUARD_PARSE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/export.h"
#include "kernel-guard/parse/module_elf.h"

/* Why simplify_symbols() looks at a symbol. */
enum kg_module_symbol_kind {
	KG_MODULE_SYMBOL_UNDEFINED,     /* to be found in the kernel or a loaded module */
	KG_MODULE_SYMBOL_COMMON,        /* refused */
	KG_MODULE_SYMBOL_NO_SECTION,    /* its section does not exist */
};

/* A symbol that is not simply defined by the module. */
struct kg_module_symbol {
	const char *name; /* "" where the file does not hold it */
	enum kg_module_symbol_kind kind;
	bool weak;
	size_t index; /* in the symbol table */
};

/* What __versions (or __version_ext_crcs) says of one imported symbol. */
struct kg_module_version {
	const char *name;
	uint64_t crc;
};

/*
 * A loadable module: the facts that load_module() of kernel/module/main.c decides by, as
 * the kernel of the given rules reads them. The strings point into the borrowed bytes.
 */
struct kg_module {
	struct kg_module_elf elf;
	const char *name;         /* of struct module, as /proc/modules shows it */
	const char *modinfo_name; /* the name= tag, or else the same as name */
	const char *license;      /* the first license= tag; NULL where there is none */
	const char *vermagic;     /* the first vermagic= tag; NULL where there is none */
	bool in_tree;             /* has an intree= tag */
	bool livepatch;           /* has a livepatch= tag */
	struct kg_module_symbol *symbols; /* in the order of the symbol table */
	size_t symbol_count;
	size_t symbol_capacity;
	struct kg_module_version *versions;
	size_t version_count;
	size_t version_capacity;
	bool has_versions;      /* __versions: decides how vermagic is compared */
	bool extended_versions; /* versions come from __version_ext_*, which wins */
	const char **import_namespaces;
	size_t import_namespace_count;
	size_t import_namespace_capacity;
	const char **firmware; /* the firmware= tags, paths below /usr/lib/firmware */
	size_t firmware_count;
	size_t firmware_capacity;
	struct kg_export_table exports; /* sorted */
	bool exports_without_crcs;      /* an export table that has no __kcrctab */
	bool exports_without_flags;     /* a __ksymtab that has no __kflagstab */
};

/*
 * Unpacks a file that is compressed as modules may be (gzip, xz, zstd: kernel/module/
 * decompress.c and kmod) to *storage; otherwise *image is the file itself. *image points
 * into file or *storage. 0, or -1: EBADMSG, ENOTSUP, EFBIG over 256 MiB.
 */
int kg_module_unpack(struct kg_span file, struct kg_buffer *storage, struct kg_span *image,
		     struct kg_error *err);

/*
 * Reads an uncompressed module without its signature. 0, or -1: EBADMSG where the kernel
 * would find no module in it (it would answer ENOEXEC), ENOMEM. The bytes must outlive
 * *module; kg_module_free() releases the rest.
 */
int kg_module_parse(struct kg_span bytes, const struct kg_loader_rules *rules,
		    struct kg_module *module, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_module_free(struct kg_module *module);

/*
 * The name a file name stands for: the last path component without ".ko" and a
 * compression suffix, "-" turned into "_" (scripts/Makefile.lib, name-fix). The
 * caller frees it. NULL, and err: EINVAL where the name is no module's.
 */
char *kg_module_name_of_path(const char *path, struct kg_error *err);

/* Whether a path ends as a module's file does: .ko, .ko.gz, .ko.xz, .ko.zst. */
bool kg_is_module_path(const char *path);

/* Whether two module names are the same, "-" and "_" being one. */
bool kg_module_name_equal(const char *left, const char *right);

#endif
